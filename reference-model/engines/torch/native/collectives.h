// What several processes ("ranks") that train together share: a store of keys, and operations in which all of them take part. Gloo
// (`c10d.cpp`) and NCCL (`nccl.cpp`) stand behind the same interface; who waits, and for how long, is decided in `process-group.cpp`.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

using Milliseconds = std::chrono::milliseconds;

/** Texts by key, kept by one process for all. */
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  virtual void set(const std::string& key, const std::string& value) = 0;
  virtual bool has(const std::string& key) = 0;
  /** Of a key that is there. */
  virtual std::string get(const std::string& key) = 0;
  /** Sets a key that is not there yet. @returns what the key holds then */
  virtual std::string setFirst(const std::string& key, const std::string& value) = 0;
  virtual int port() const = 0;
};

struct StorePlace {
  std::string host;
  /** 0 lets the server choose. */
  int port;
  /** Begins every key, so that jobs that share a store do not meet. */
  std::string prefix;
  Milliseconds timeout;
};

/** @param isServer whether this process keeps the store; else it connects to the one that does */
std::unique_ptr<KeyStore> openKeyStore(const StorePlace& place, bool isServer);

/** An operation that was begun. */
class Work {
 public:
  virtual ~Work() = default;
  /**
   * Waits for its end on the device, for so long at most.
   * @returns whether it has ended @throws when it failed
   */
  virtual bool waitFor(Milliseconds time) = 0;
  /** Lets what this thread computes from here on see the result; on a CPU after `waitFor` only. */
  virtual void join() = 0;
};

/** All ranks call the same operations in the same order. Tensors are contiguous, and stay the caller's until the operation has ended. */
class Collectives {
 public:
  virtual ~Collectives() = default;
  /** Replaces the values by their sums over all ranks. */
  virtual std::unique_ptr<Work> sum(const at::Tensor& values) = 0;
  /** [ranks, n]: on each rank, the row of its number becomes the sum of that row over all ranks. */
  virtual std::unique_ptr<Work> sumShares(const at::Tensor& values) = 0;
  /** Replaces the values by those of one rank. */
  virtual std::unique_ptr<Work> broadcast(const at::Tensor& values, int from) = 0;
  /** Fills `all` with the `own` of every rank, in their order. */
  virtual std::unique_ptr<Work> allGather(const at::Tensor& all, const at::Tensor& own) = 0;
  /** Whether `join` suffices before the result is used on the device. */
  virtual bool isQueued() const = 0;
};

struct GroupPlace {
  int rank;
  int count;
  Milliseconds timeout;
};

/** @param network an interface, `host:ADDRESS`, or nothing for the address of this machine's name */
std::unique_ptr<Collectives> glooCollectives(KeyStore& store, const GroupPlace& place, const std::string& network);

/**
 * On the current CUDA device.
 * @param library path or name of libnccl
 * @param check called while it waits for others; throws when one of them has failed
 */
std::unique_ptr<Collectives> ncclCollectives(
    KeyStore& store, const GroupPlace& place, const std::string& library, std::function<void()> check);
