// The tensors that JavaScript knows, by number. A handle is freed when JavaScript says so (the end of a scope or an explicit
// dispose), never by its garbage collector, which does not feel how much memory stands behind a number. Handle 0 is "no tensor".
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

class HandleTable {
 public:
  std::uint32_t add(at::Tensor tensor) {
    if (free_.empty()) {
      tensors_.push_back(std::move(tensor));
      return static_cast<std::uint32_t>(tensors_.size() - 1);
    }
    const std::uint32_t handle = free_.back();
    free_.pop_back();
    tensors_[handle] = std::move(tensor);
    return handle;
  }

  const at::Tensor& get(std::uint32_t handle) const {
    TORCH_CHECK(handle < tensors_.size() && tensors_[handle].defined(), "there is no tensor with handle ", handle);
    return tensors_[handle];
  }

  void release(std::uint32_t handle) {
    if (handle >= tensors_.size() || !tensors_[handle].defined()) return;
    tensors_[handle] = at::Tensor();
    free_.push_back(handle);
  }

  std::size_t live() const { return tensors_.size() - 1 - free_.size(); }

 private:
  std::vector<at::Tensor> tensors_ = std::vector<at::Tensor>(1);
  std::vector<std::uint32_t> free_;
};

inline HandleTable& handles() {
  static HandleTable table;
  return table;
}
