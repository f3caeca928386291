// NCCL by its C interface (nccl.h, 2.14 and later; the functions, types and numbers that are used here have not changed since). It is loaded
// at run time: the library is there wherever libtorch has CUDA, and neither its headers nor CUDA's are needed to build.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

class Nccl {
 public:
  /** As nccl.h declares it: passed by value. */
  struct UniqueId {
    char bytes[128];
  };
  /** `ncclConfig_t` as it was in version 2.14, which later versions take for what it says it is. */
  struct Config {
    std::size_t size = sizeof(Config);
    unsigned int magic = 0xcafebeef;
    unsigned int version = 21400;
    /** With 0 no call waits for other ranks: it says "in progress", and the communicator tells when it is not any more. */
    int blocking = 0;
  };
  using Communicator = void*;
  using Stream = void*;

  static constexpr int kSuccess = 0;
  static constexpr int kInProgress = 7;
  static constexpr int kSum = 0;

  /** @param library path or name */
  explicit Nccl(const std::string& library);

  /** @throws for a result that is an error */
  void require(int result) const { TORCH_CHECK(result == kSuccess || result == kInProgress, "NCCL: ", errorText(result)); }

  /** The number of a type. */
  static int typeOf(at::ScalarType type);

  int (*getUniqueId)(UniqueId*);
  int (*initRank)(Communicator*, int count, UniqueId, int rank, Config*);
  int (*allReduce)(const void* from, void* to, std::size_t length, int type, int operation, Communicator, Stream);
  int (*reduceScatter)(const void* from, void* to, std::size_t lengthOfRow, int type, int operation, Communicator, Stream);
  int (*broadcast)(const void* from, void* to, std::size_t length, int type, int root, Communicator, Stream);
  int (*allGather)(const void* from, void* to, std::size_t lengthOfRow, int type, Communicator, Stream);
  int (*asyncError)(Communicator, int*);
  int (*finalize)(Communicator);
  int (*destroy)(Communicator);
  int (*abort)(Communicator);
  const char* (*errorText)(int);
};
