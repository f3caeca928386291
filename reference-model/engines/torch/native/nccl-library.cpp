// The functions of NCCL by name.
#include "nccl-library.h"

#include <dlfcn.h>

namespace {

template <class Function>
void find(void* library, Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  TORCH_CHECK(function != nullptr, "this NCCL has no ", name, "; 2.14 or later is needed");
}

}  // namespace

Nccl::Nccl(const std::string& name) {
  void* const library = dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL);
  TORCH_CHECK(library != nullptr, "NCCL cannot be loaded: ", dlerror());
  find(library, getUniqueId, "ncclGetUniqueId");
  find(library, initRank, "ncclCommInitRankConfig");
  find(library, allReduce, "ncclAllReduce");
  find(library, reduceScatter, "ncclReduceScatter");
  find(library, broadcast, "ncclBroadcast");
  find(library, allGather, "ncclAllGather");
  find(library, asyncError, "ncclCommGetAsyncError");
  find(library, finalize, "ncclCommFinalize");
  find(library, destroy, "ncclCommDestroy");
  find(library, abort, "ncclCommAbort");
  find(library, errorText, "ncclGetErrorString");
}

int Nccl::typeOf(at::ScalarType type) {
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
