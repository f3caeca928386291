// The group of ranks that this process belongs to, if any: who waits for whom, and what is said of a rank that failed or hangs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "collectives.h"

/** The group cannot go on. The first line is the number of the rank to blame, the rest what is wrong with it. */
class GroupError : public std::runtime_error {
 public:
  GroupError(int rank, const std::string& problem) : std::runtime_error(std::to_string(rank) + "\n" + problem) {}
  explicit GroupError(const std::string& posted) : std::runtime_error(posted) {}
};

/**
 * A thread with its own connection to the store. It shows that the process lives and how far it has come, watches that the next rank does,
 * and hears of failures while the main thread computes or waits.
 */
class Watch {
 public:
  Watch(std::unique_ptr<KeyStore> store, int rank, int count);
  ~Watch();

  /** Counts an operation of all ranks that this one has come to. */
  void advance() { progress_++; }
  std::uint64_t progress() const { return progress_; }

  /** What a rank has posted, of itself or of one that it blames; empty while none has. */
  std::string failure();
  /** Whether the store is gone, or has not answered for so long. */
  bool isStoreLost(Milliseconds time);

 private:
  void run();
  std::string lookAround(std::uint64_t beat);

  std::unique_ptr<KeyStore> store_;
  const int rank_, count_;
  /** Whom this one watches: the next in a ring that has not left. */
  int neighbour_;
  std::string neighbourBeat_;
  int unchangedBeats_ = 0;
  std::atomic<std::uint64_t> progress_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::string failure_;
  bool lost_ = false;
  std::chrono::steady_clock::time_point answered_ = std::chrono::steady_clock::now();
  std::thread thread_;
};

class ProcessGroup {
 public:
  ProcessGroup(StorePlace store, bool hostsStore, GroupPlace place);
  ~ProcessGroup();

  int rank() const { return place_.rank; }
  int count() const { return place_.count; }
  KeyStore& store() { return *store_; }
  /** Whether operations are ordered among those of the device, so that nobody need wait for them on the host. */
  bool isQueued() const { return collectives_->isQueued(); }

  /** After every rank has been seen in the store: meets the others. */
  void connect(const std::string& network, const std::string& ncclLibrary);

  /** Begins an operation of all ranks. */
  std::unique_ptr<Work> sum(const at::Tensor& values);
  std::unique_ptr<Work> sumShares(const at::Tensor& values);
  std::unique_ptr<Work> broadcast(const at::Tensor& values, int from);
  std::unique_ptr<Work> allGather(const at::Tensor& all, const at::Tensor& own);

  /** Waits on this thread until it has ended. @throws GroupError that names who is to blame */
  void await(Work& work);
  /** As `await` where results are used through memory; where they are used on the same device, in its order only. */
  void use(Work& work);

  /** @throws GroupError when a rank has failed */
  void check();
  /** Tells all others; the first who does is believed. */
  void fail(int rank, const std::string& problem);

 private:
  /** Counts an operation that is begun. */
  Collectives& connected();
  [[noreturn]] void blame(const std::string& problem);

  const StorePlace storePlace_;
  const GroupPlace place_;
  std::unique_ptr<KeyStore> store_;
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<Collectives> collectives_;
  bool failed_ = false;
};

/** Never destroyed at exit, when its threads may be gone. @throws when this process has joined none */
ProcessGroup& processGroup();
void setProcessGroup(std::unique_ptr<ProcessGroup> group);
bool hasProcessGroup();
