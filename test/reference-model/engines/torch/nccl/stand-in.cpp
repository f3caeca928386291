// Stands in for libnccl where there is no GPU: the functions that the addon calls, on CPU tensors of the processes of one machine, which meet
// in a file that they map. Like NCCL without blocking, a call says "in progress" and goes on by itself; a call before the last one has ended,
// or against the rules of nccl.h, is refused. What is called is written to $NCCL_STAND_IN_LOG followed by the rank, a line each.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

namespace {

enum Result { kSuccess = 0, kSystemError = 2, kInvalidArgument = 4, kInvalidUsage = 5, kInProgress = 7 };
constexpr int kSum = 0;
constexpr std::size_t kSlotBytes = 64 << 20;
constexpr int kMostRanks = 8;

std::size_t bytesOf(int type) {
  constexpr std::size_t sizes[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2};
  return type >= 0 && type < 10 ? sizes[type] : 0;
}

/** What all ranks map, before their slots. */
struct Meeting {
  std::atomic<int> arrived;
  std::atomic<int> generation;
};

struct Communicator {
  int rank, count;
  Meeting* meeting = nullptr;
  char* slots = nullptr;
  std::atomic<int> state{kInProgress};
  bool finalized = false;
  FILE* log = nullptr;

  char* slot(int of) const { return slots + kSlotBytes * static_cast<std::size_t>(of); }

  void meet() const {
    const int generation = meeting->generation;
    if (++meeting->arrived == count) {
      meeting->arrived = 0;
      meeting->generation++;
      return;
    }
    while (meeting->generation == generation) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }

  /** Goes on by itself; the caller asks for the state. */
  int begin(const std::string& call, std::function<void()> work) {
    std::fprintf(log, "%s\n", call.c_str());
    std::fflush(log);
    if (state != kSuccess || finalized) return kInvalidUsage;
    state = kInProgress;
    std::thread([this, work] {
      work();
      state = kSuccess;
    }).detach();
    return kInProgress;
  }
};

template <class Number>
void addUp(const Communicator& own, void* to, std::size_t first, std::size_t length) {
  Number* sums = static_cast<Number*>(to);
  for (std::size_t i = 0; i < length; i++) {
    Number sum = 0;
    for (int rank = 0; rank < own.count; rank++) sum += reinterpret_cast<const Number*>(own.slot(rank))[first + i];
    sums[i] = sum;
  }
}

void addUp(const Communicator& own, int type, void* to, std::size_t first, std::size_t length) {
  if (type == 7) addUp<float>(own, to, first, length);
  else addUp<double>(own, to, first, length);
}

bool canAdd(int type, int operation) { return (type == 7 || type == 8) && operation == kSum; }
bool fits(std::size_t length, int type) { return bytesOf(type) > 0 && length * bytesOf(type) <= kSlotBytes; }

std::string line(const char* name, std::size_t length, int type) {
  return std::string(name) + ' ' + std::to_string(length) + ' ' + std::to_string(type);
}

}  // namespace

extern "C" {

struct ncclUniqueId {
  char internal[128];
};

/** Up to `blocking`, after which later versions have added. */
struct ncclConfig_t {
  std::size_t size;
  unsigned int magic;
  unsigned int version;
  int blocking;
};

int ncclGetUniqueId(ncclUniqueId* id) {
  std::memset(id->internal, 0, sizeof id->internal);
  std::snprintf(id->internal, sizeof id->internal, "%s/nccl-stand-in-XXXXXX", std::getenv("NCCL_STAND_IN_FOLDER"));
  const int file = mkstemp(id->internal);
  if (file < 0 || ftruncate(file, sizeof(Meeting) + kSlotBytes * kMostRanks) != 0) return kSystemError;
  close(file);
  return kSuccess;
}

int ncclCommInitRankConfig(Communicator** made, int count, ncclUniqueId id, int rank, ncclConfig_t* config) {
  if (config->size < sizeof(ncclConfig_t) || config->magic != 0xcafebeef) return kInvalidArgument;
  if (config->version < 21400 || config->blocking != 0) return kInvalidArgument;
  if (count > kMostRanks || rank < 0 || rank >= count) return kInvalidArgument;
  const int file = open(id.internal, O_RDWR);
  const std::size_t bytes = sizeof(Meeting) + kSlotBytes * kMostRanks;
  void* shared = file < 0 ? MAP_FAILED : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (shared == MAP_FAILED) return kSystemError;
  close(file);
  auto* own = new Communicator{rank, count};
  own->meeting = static_cast<Meeting*>(shared);
  own->slots = static_cast<char*>(shared) + sizeof(Meeting);
  own->log = std::fopen((std::getenv("NCCL_STAND_IN_LOG") + std::to_string(rank)).c_str(), "w");
  *made = own;
  own->state = kSuccess;
  return own->begin("ncclCommInitRankConfig", [own] { own->meet(); });
}

int ncclCommGetAsyncError(Communicator* own, int* state) {
  *state = own->state;
  return kSuccess;
}

int ncclAllReduce(const void* from, void* to, std::size_t length, int type, int operation, Communicator* own, void*) {
  if (!canAdd(type, operation) || !fits(length, type)) return kInvalidArgument;
  return own->begin(line("ncclAllReduce", length, type), [=] {
    std::memcpy(own->slot(own->rank), from, length * bytesOf(type));
    own->meet();
    addUp(*own, type, to, 0, length);
    own->meet();
  });
}

int ncclReduceScatter(
    const void* from, void* to, std::size_t length, int type, int operation, Communicator* own, void*) {
  const std::size_t all = length * static_cast<std::size_t>(own->count), first = length * static_cast<std::size_t>(own->rank);
  if (!canAdd(type, operation) || !fits(all, type)) return kInvalidArgument;
  // In place, as nccl.h defines it.
  if (to != static_cast<const char*>(from) + first * bytesOf(type)) return kInvalidArgument;
  return own->begin(line("ncclReduceScatter", length, type), [=] {
    std::memcpy(own->slot(own->rank), from, all * bytesOf(type));
    own->meet();
    addUp(*own, type, to, first, length);
    own->meet();
  });
}

int ncclBroadcast(const void* from, void* to, std::size_t length, int type, int root, Communicator* own, void*) {
  if (!fits(length, type) || root < 0 || root >= own->count) return kInvalidArgument;
  return own->begin(line("ncclBroadcast", length, type), [=] {
    if (own->rank == root) std::memcpy(own->slot(root), from, length * bytesOf(type));
    own->meet();
    std::memcpy(to, own->slot(root), length * bytesOf(type));
    own->meet();
  });
}

int ncclAllGather(const void* from, void* to, std::size_t length, int type, Communicator* own, void*) {
  if (!fits(length, type)) return kInvalidArgument;
  return own->begin(line("ncclAllGather", length, type), [=] {
    const std::size_t bytes = length * bytesOf(type);
    std::memcpy(own->slot(own->rank), from, bytes);
    own->meet();
    for (int rank = 0; rank < own->count; rank++) std::memcpy(static_cast<char*>(to) + bytes * rank, own->slot(rank), bytes);
    own->meet();
  });
}

int ncclCommFinalize(Communicator* own) {
  const int result = own->begin("ncclCommFinalize", [own] { own->meet(); });
  own->finalized = true;
  return result;
}

int ncclCommDestroy(Communicator* own) {
  std::fprintf(own->log, "ncclCommDestroy\n");
  std::fclose(own->log);
  return own->finalized && own->state == kSuccess ? kSuccess : kInvalidUsage;
}

int ncclCommAbort(Communicator* own) {
  std::fprintf(own->log, "ncclCommAbort\n");
  std::fflush(own->log);
  return kSuccess;
}

const char* ncclGetErrorString(int) { return "refused by the stand-in"; }
}
