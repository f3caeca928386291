// Store and Gloo by PyTorch's c10d. The only unit that needs its headers, which take the compiler a minute.
#define USE_C10D_GLOO
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sum.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "collectives.h"

namespace {

class C10dStore : public KeyStore {
 public:
  C10dStore(const StorePlace& place, bool isServer) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(place.port);
    options.isServer = isServer;
    options.waitWorkers = false;
    options.timeout = place.timeout;
    tcp_ = c10::make_intrusive<c10d::TCPStore>(place.host, options);
    store_ = c10::make_intrusive<c10d::PrefixStore>(place.prefix, tcp_);
  }

  void set(const std::string& key, const std::string& value) override { store_->set(key, value); }
  bool has(const std::string& key) override { return store_->check({key}); }
  std::string get(const std::string& key) override { return store_->get_to_str(key); }
  std::string setFirst(const std::string& key, const std::string& value) override {
    return store_->compareSet(key, "", value);
  }
  int port() const override { return tcp_->getPort(); }

  const c10::intrusive_ptr<c10d::Store>& store() const { return store_; }

 private:
  c10::intrusive_ptr<c10d::TCPStore> tcp_;
  c10::intrusive_ptr<c10d::Store> store_;
};

class GlooWork : public Work {
 public:
  explicit GlooWork(c10::intrusive_ptr<c10d::Work> work) : work_(std::move(work)) {}

  bool waitFor(Milliseconds time) override {
    try {
      work_->wait(time);
      return true;
    } catch (const std::exception&) {
      // Also thrown when the time is over, and then the operation may end before it is asked whether it has.
      if (!work_->isCompleted()) return false;
      if (work_->isSuccess()) return true;
      throw;
    }
  }

  void join() override {}

 private:
  c10::intrusive_ptr<c10d::Work> work_;
};

/** Values of all ranks for this one, which it adds up itself, in the order of ranks. */
class GlooSharesWork : public GlooWork {
 public:
  GlooSharesWork(c10::intrusive_ptr<c10d::Work> work, at::Tensor received, at::Tensor own)
      : GlooWork(std::move(work)), received_(std::move(received)), own_(std::move(own)) {}

  void join() override {
    at::sum_out(own_, received_, 0);
    received_ = at::Tensor();
  }

 private:
  at::Tensor received_;
  at::Tensor own_;
};

class GlooCollectives : public Collectives {
 public:
  GlooCollectives(const C10dStore& store, const GroupPlace& place, const std::string& network) {
    using Gloo = c10d::ProcessGroupGloo;
    const auto options = Gloo::Options::create(place.timeout);
    const std::string host = "host:";
    if (network.empty()) {
      options->devices.push_back(Gloo::createDefaultDevice());
    } else if (network.compare(0, host.size(), host) == 0) {
      options->devices.push_back(Gloo::createDeviceForHostname(network.substr(host.size())));
    } else {
      options->devices.push_back(Gloo::createDeviceForInterface(network));
    }
    group_ = c10::make_intrusive<Gloo>(store.store(), place.rank, place.count, options);
    rank_ = place.rank;
  }

  std::unique_ptr<Work> sum(const at::Tensor& values) override {
    std::vector<at::Tensor> tensors{values};
    return std::make_unique<GlooWork>(group_->allreduce(tensors));
  }

  // Gloo's reduce-scatter in c10d is a sum of everything, of which the rest is thrown away. An exchange sends half of that.
  std::unique_ptr<Work> sumShares(const at::Tensor& values) override {
    at::Tensor received = at::empty_like(values), sent = values;
    std::vector<std::int64_t> equalReceived, equalSent;
    auto work = group_->alltoall_base(received, sent, equalReceived, equalSent);
    return std::make_unique<GlooSharesWork>(std::move(work), std::move(received), values.select(0, rank_));
  }

  std::unique_ptr<Work> broadcast(const at::Tensor& values, int from) override {
    std::vector<at::Tensor> tensors{values};
    c10d::BroadcastOptions options;
    options.rootRank = from;
    return std::make_unique<GlooWork>(group_->broadcast(tensors, options));
  }

  std::unique_ptr<Work> allGather(const at::Tensor& all, const at::Tensor& own) override {
    at::Tensor output = all, input = own;
    return std::make_unique<GlooWork>(group_->_allgather_base(output, input));
  }

  bool isQueued() const override { return false; }

 private:
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  int rank_;
};

}  // namespace

std::unique_ptr<KeyStore> openKeyStore(const StorePlace& place, bool isServer) {
  return std::make_unique<C10dStore>(place, isServer);
}

std::unique_ptr<Collectives> glooCollectives(KeyStore& store, const GroupPlace& place, const std::string& network) {
  return std::make_unique<GlooCollectives>(static_cast<const C10dStore&>(store), place, network);
}
