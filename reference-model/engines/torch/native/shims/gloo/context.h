// What c10d's header names of Gloo, whose own headers are not part of PyTorch's packages: its code is, in libtorch_cpu. No object of
// these classes is made here, so only names and the order of virtual functions matter.
#pragma once

#include <chrono>

namespace gloo {
class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};
}  // namespace gloo
