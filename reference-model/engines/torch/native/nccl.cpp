// NCCL by its C interface, which has been the same since version 2.0 (nccl.h). It is loaded at run time: the library is there wherever
// libtorch has CUDA, and neither its headers nor CUDA's are needed to build. Operations run on a stream of their own beside the
// computation; events order the two, through libtorch's interface for any device.
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include <cstring>
#include <thread>

#include "collectives.h"

namespace {

/** As nccl.h declares it: passed by value. */
struct UniqueId {
  char bytes[128];
};

using Communicator = void*;
using Stream = void*;

constexpr int kSuccess = 0;
constexpr int kInProgress = 7;
constexpr int kSum = 0;

int typeOfNccl(at::ScalarType type) {
  switch (type) {
    case at::kInt:
      return 2;
    case at::kLong:
      return 4;
    case at::kHalf:
      return 6;
    case at::kFloat:
      return 7;
    case at::kDouble:
      return 8;
    case at::kBFloat16:
      return 9;
    default:
      TORCH_CHECK(false, "NCCL takes no values of type ", type);
  }
}

class Nccl {
 public:
  explicit Nccl(const std::string& library) : handle_(dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
    TORCH_CHECK(handle_ != nullptr, "NCCL cannot be loaded: ", dlerror());
    find(getUniqueId, "ncclGetUniqueId");
    find(initRank, "ncclCommInitRank");
    find(allReduce, "ncclAllReduce");
    find(allGather, "ncclAllGather");
    find(asyncError, "ncclCommGetAsyncError");
    find(abort, "ncclCommAbort");
    find(errorText, "ncclGetErrorString");
  }

  void require(int result) const { TORCH_CHECK(result == kSuccess, "NCCL: ", errorText(result)); }

  int (*getUniqueId)(UniqueId*);
  int (*initRank)(Communicator*, int count, UniqueId, int rank);
  int (*allReduce)(const void* from, void* to, std::size_t length, int type, int operation, Communicator, Stream);
  int (*allGather)(const void* from, void* to, std::size_t length, int type, Communicator, Stream);
  int (*asyncError)(Communicator, int*);
  int (*abort)(Communicator);
  const char* (*errorText)(int);

 private:
  template <class Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    TORCH_CHECK(function != nullptr, "this NCCL has no ", name);
  }

  void* const handle_;
};

const c10::impl::VirtualGuardImpl& cuda() {
  static const c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
  return guard;
}

class NcclWork : public Work {
 public:
  NcclWork(const Nccl& nccl, Communicator communicator, c10::Event done)
      : nccl_(nccl), communicator_(communicator), done_(std::move(done)) {}

  bool waitFor(Milliseconds time) override {
    const auto until = std::chrono::steady_clock::now() + time;
    for (auto pause = std::chrono::microseconds(20); !done_.query(); pause = std::min(pause * 2, kLongestPause)) {
      int error = kSuccess;
      nccl_.require(nccl_.asyncError(communicator_, &error));
      if (error != kInProgress) nccl_.require(error);
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(pause);
    }
    return true;
  }

  void join() override { done_.block(cuda().getStream(cuda().getDevice())); }

 private:
  static constexpr std::chrono::microseconds kLongestPause{1000};

  const Nccl& nccl_;
  const Communicator communicator_;
  const c10::Event done_;
};

class NcclCollectives : public Collectives {
 public:
  NcclCollectives(KeyStore& store, const GroupPlace& place, const std::string& library)
      : nccl_(library), stream_(cuda().getStreamFromGlobalPool(cuda().getDevice(), /*isHighPriority=*/true)) {
    nccl_.require(nccl_.initRank(&communicator_, place.count, exchangeId(store, place), place.rank));
  }

  // Waits for nothing: operations under way may be for ranks that are gone.
  ~NcclCollectives() override { nccl_.abort(communicator_); }

  std::unique_ptr<Work> sum(const at::Tensor& values) override {
    return begin([&] {
      void* data = values.data_ptr();
      return nccl_.allReduce(
          data, data, static_cast<std::size_t>(values.numel()), typeOfNccl(values.scalar_type()), kSum, communicator_,
          stream_.native_handle());
    });
  }

  std::unique_ptr<Work> allGather(const at::Tensor& all, const at::Tensor& own) override {
    return begin([&] {
      return nccl_.allGather(
          own.data_ptr(), all.data_ptr(), static_cast<std::size_t>(own.numel()), typeOfNccl(own.scalar_type()),
          communicator_, stream_.native_handle());
    });
  }

  bool isQueued() const override { return true; }

 private:
  UniqueId exchangeId(KeyStore& store, const GroupPlace& place) const {
    const char* key = "nccl";
    UniqueId id;
    if (place.rank == 0) {
      nccl_.require(nccl_.getUniqueId(&id));
      store.set(key, std::string(id.bytes, sizeof id.bytes));
      return id;
    }
    const auto until = std::chrono::steady_clock::now() + place.timeout;
    while (!store.has(key)) {
      TORCH_CHECK(std::chrono::steady_clock::now() < until, "rank 0 did not send NCCL's id");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    const std::string text = store.get(key);
    TORCH_CHECK(text.size() == sizeof id.bytes, "NCCL's id has ", text.size(), " bytes");
    std::memcpy(id.bytes, text.data(), sizeof id.bytes);
    return id;
  }

  /** Runs an operation behind all that was computed before, beside what is computed from here on. */
  template <class Operation>
  std::unique_ptr<Work> begin(Operation operation) {
    const c10::Device device = cuda().getDevice();
    c10::Event computed(c10::DeviceType::CUDA);
    computed.record(cuda().getStream(device));
    computed.block(stream_);
    nccl_.require(operation());
    c10::Event done(c10::DeviceType::CUDA);
    done.record(stream_);
    return std::make_unique<NcclWork>(nccl_, communicator_, std::move(done));
  }

  const Nccl nccl_;
  const c10::Stream stream_;
  Communicator communicator_ = nullptr;
};

}  // namespace

std::unique_ptr<Collectives> ncclCollectives(KeyStore& store, const GroupPlace& place, const std::string& library) {
  return std::make_unique<NcclCollectives>(store, place, library);
}
