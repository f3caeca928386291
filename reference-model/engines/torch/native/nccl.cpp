// Operations of NCCL run on a stream of their own beside the computation; events order the two, through libtorch's interface for any device.
// The communicator blocks nobody: whoever waits looks whether another rank has failed. Without CUDA, operations end when NCCL returns, which
// only a stand-in of it does.
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>
#include <thread>

#include "collectives.h"
#include "nccl-library.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/** How long a communicator may take to end in order. */
constexpr Milliseconds kFarewell = 5000ms;

const c10::impl::VirtualGuardImpl& cuda() {
  static const c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
  return guard;
}

/** The stream of what this thread computes. */
c10::Stream computation() { return cuda().getStream(cuda().getDevice()); }

std::optional<c10::Stream> ownStream() {
  if (!c10::impl::hasDeviceGuardImpl(c10::DeviceType::CUDA)) return std::nullopt;
  return cuda().getStreamFromGlobalPool(cuda().getDevice(), /*isHighPriority=*/true);
}

/** Waits until a communicator has done what it was told, or failed, for so long at most. @returns its state */
template <class Check>
int stateOf(const Nccl& nccl, Nccl::Communicator communicator, int result, Milliseconds time, Check check) {
  const auto until = Clock::now() + time;
  auto looked = Clock::now();
  for (auto pause = 20us; result == Nccl::kInProgress && Clock::now() < until; pause = std::min<decltype(pause)>(pause * 2, 1000us)) {
    std::this_thread::sleep_for(pause);
    const int asked = nccl.asyncError(communicator, &result);
    if (asked != Nccl::kSuccess) return asked;
    if (Clock::now() - looked < 100ms) continue;
    check();
    looked = Clock::now();
  }
  return result;
}

class NcclWork : public Work {
 public:
  NcclWork(const Nccl& nccl, Nccl::Communicator communicator, std::optional<c10::Event> done)
      : nccl_(nccl), communicator_(communicator), done_(std::move(done)) {}

  bool waitFor(Milliseconds time) override {
    const auto until = Clock::now() + time;
    for (auto pause = 20us;; pause = std::min<decltype(pause)>(pause * 2, 1000us)) {
      int error = Nccl::kSuccess;
      nccl_.require(nccl_.asyncError(communicator_, &error));
      nccl_.require(error);
      if (!done_ || done_->query()) return true;
      if (Clock::now() > until) return false;
      std::this_thread::sleep_for(pause);
    }
  }

  void join() override {
    if (done_) done_->block(computation());
  }

 private:
  const Nccl& nccl_;
  const Nccl::Communicator communicator_;
  const std::optional<c10::Event> done_;
};

class NcclCollectives : public Collectives {
 public:
  NcclCollectives(KeyStore& store, const GroupPlace& place, const std::string& library, std::function<void()> check)
      : nccl_(library), place_(place), check_(std::move(check)), stream_(ownStream()) {
    Nccl::Config config;
    const Nccl::UniqueId id = exchangeId(store);
    try {
      settle(nccl_.initRank(&communicator_, place.count, id, place.rank, &config), "the communicator was not made");
    } catch (const std::exception&) {
      if (communicator_ != nullptr) nccl_.abort(communicator_);
      throw;
    }
  }

  // Others may still read what this rank has sent, so that it ends together with them where they come to that.
  ~NcclCollectives() override {
    const int state = stateOf(nccl_, communicator_, nccl_.finalize(communicator_), kFarewell, [] {});
    if (state == Nccl::kSuccess) nccl_.destroy(communicator_);
    else nccl_.abort(communicator_);
  }

  std::unique_ptr<Work> sum(const at::Tensor& values) override {
    return begin([&](Nccl::Stream stream) {
      void* data = values.data_ptr();
      return nccl_.allReduce(data, data, lengthOf(values), typeOf(values), Nccl::kSum, communicator_, stream);
    });
  }

  std::unique_ptr<Work> sumShares(const at::Tensor& values) override {
    return begin([&](Nccl::Stream stream) {
      // In place: the result lies where the row of this rank does.
      const at::Tensor own = values.select(0, place_.rank);
      return nccl_.reduceScatter(
          values.data_ptr(), own.data_ptr(), lengthOf(own), typeOf(values), Nccl::kSum, communicator_, stream);
    });
  }

  std::unique_ptr<Work> broadcast(const at::Tensor& values, int from) override {
    return begin([&](Nccl::Stream stream) {
      void* data = values.data_ptr();
      return nccl_.broadcast(data, data, lengthOf(values), typeOf(values), from, communicator_, stream);
    });
  }

  std::unique_ptr<Work> allGather(const at::Tensor& all, const at::Tensor& own) override {
    return begin([&](Nccl::Stream stream) {
      return nccl_.allGather(own.data_ptr(), all.data_ptr(), lengthOf(own), typeOf(own), communicator_, stream);
    });
  }

  bool isQueued() const override { return stream_.has_value(); }

 private:
  static std::size_t lengthOf(const at::Tensor& values) { return static_cast<std::size_t>(values.numel()); }
  static int typeOf(const at::Tensor& values) { return Nccl::typeOf(values.scalar_type()); }

  Nccl::UniqueId exchangeId(KeyStore& store) const {
    const char* key = "nccl";
    Nccl::UniqueId id;
    if (place_.rank == 0) {
      nccl_.require(nccl_.getUniqueId(&id));
      store.set(key, std::string(id.bytes, sizeof id.bytes));
      return id;
    }
    const auto until = Clock::now() + place_.timeout;
    while (!store.has(key)) {
      check_();
      TORCH_CHECK(Clock::now() < until, "rank 0 did not send NCCL's id");
      std::this_thread::sleep_for(20ms);
    }
    const std::string text = store.get(key);
    TORCH_CHECK(text.size() == sizeof id.bytes, "NCCL's id has ", text.size(), " bytes");
    std::memcpy(id.bytes, text.data(), sizeof id.bytes);
    return id;
  }

  /** Waits on the host until NCCL has taken what it was told; the first operations still meet other ranks there. */
  void settle(int result, const char* problem) const {
    const int state = stateOf(nccl_, communicator_, result, place_.timeout, check_);
    TORCH_CHECK(state != Nccl::kInProgress, problem, " in time");
    nccl_.require(state);
  }

  /** Runs an operation behind all that was computed before, beside what is computed from here on. */
  template <class Operation>
  std::unique_ptr<Work> begin(Operation operation) {
    if (stream_) {
      c10::Event computed(c10::DeviceType::CUDA);
      computed.record(computation());
      computed.block(*stream_);
    }
    settle(operation(stream_ ? stream_->native_handle() : nullptr), "an operation was not begun");
    std::optional<c10::Event> done;
    if (stream_) {
      done.emplace(c10::DeviceType::CUDA);
      done->record(*stream_);
    }
    return std::make_unique<NcclWork>(nccl_, communicator_, std::move(done));
  }

  const Nccl nccl_;
  const GroupPlace place_;
  const std::function<void()> check_;
  const std::optional<c10::Stream> stream_;
  Nccl::Communicator communicator_ = nullptr;
};

}  // namespace

std::unique_ptr<Collectives> ncclCollectives(
    KeyStore& store, const GroupPlace& place, const std::string& library, std::function<void()> check) {
  return std::make_unique<NcclCollectives>(store, place, library, std::move(check));
}
