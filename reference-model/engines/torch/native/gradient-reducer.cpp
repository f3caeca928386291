// Buckets hold parameters from the last to the first, about the order in which their gradients come to exist; they are reduced in that
// order on every rank, whatever came first there.
#include "gradient-reducer.h"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

using at::Tensor;

namespace {

/** Told by libtorch after it has added to the gradient of a leaf. */
class GradientHook : public torch::autograd::PostAccumulateGradHook {
 public:
  GradientHook(GradientReducer& reducer, std::size_t index) : reducer_(reducer), index_(index) {}
  void operator()(const Tensor&) override { reducer_.gradientExists(index_); }

 private:
  GradientReducer& reducer_;
  const std::size_t index_;
};

}  // namespace

GradientReducer::GradientReducer(std::vector<Tensor> parameters, std::int64_t bucketBytes)
    : parameters_(std::move(parameters)), slots_(parameters_.size()) {
  TORCH_CHECK(!parameters_.empty(), "there are no parameters whose gradients could be reduced");
  const std::int64_t most = std::max<std::int64_t>(1, bucketBytes / parameters_.front().element_size());
  buckets_.emplace_back();
  for (std::size_t index = parameters_.size(); index-- > 0;) {
    const std::int64_t length = parameters_[index].numel();
    if (buckets_.back().length > 0 && buckets_.back().length + length > most) buckets_.emplace_back();
    Bucket& bucket = buckets_.back();
    slots_[index] = {buckets_.size() - 1, bucket.length, false, false};
    bucket.members.push_back(index);
    bucket.length += length;
  }
  // The last place of the last bucket is the loss.
  buckets_.back().length += 1;
  for (Bucket& bucket : buckets_) {
    bucket.values = at::empty({bucket.length}, parameters_.front().options().requires_grad(false));
    bucket.missing = bucket.members.size();
  }
  for (std::size_t index = 0; index < parameters_.size(); index++) {
    torch::autograd::impl::set_post_acc_grad_hooks(parameters_[index], std::make_unique<GradientHook>(*this, index));
  }
}

GradientReducer::~GradientReducer() {
  for (const Tensor& parameter : parameters_) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

void GradientReducer::note(Moment::Kind kind, std::size_t index) {
  moments_.push_back({kind, static_cast<std::int64_t>(index), std::chrono::steady_clock::now()});
}

void GradientReducer::arm(const std::vector<std::int64_t>& late) {
  const std::lock_guard<std::mutex> lock(mutex_);
  armed_ = true;
  moments_.clear();
  for (Slot& slot : slots_) slot.late = false;
  for (const std::int64_t index : late) slots_.at(static_cast<std::size_t>(index)).late = true;
}

void GradientReducer::gradientExists(std::size_t index) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!armed_) return;
  note(Moment::kGradient, index);
  Slot& slot = slots_[index];
  if (slot.late) return;
  TORCH_CHECK(!slot.ready, "a gradient came after it had been reduced");
  take(index);
  // The last bucket waits for the loss as well.
  reduceReady();
}

/** Copies a gradient, or zeros for none, to its place in the bucket. */
void GradientReducer::take(std::size_t index) {
  const at::NoGradGuard noGradients;
  Slot& slot = slots_[index];
  Bucket& bucket = buckets_[slot.bucket];
  const Tensor& gradient = parameters_[index].grad();
  Tensor place = bucket.values.narrow(0, slot.offset, parameters_[index].numel());
  if (gradient.defined()) place.copy_(gradient.reshape({-1}));
  else place.zero_();
  slot.ready = true;
  bucket.missing -= 1;
}

void GradientReducer::reduceReady() {
  for (; next_ + 1 < buckets_.size() && buckets_[next_].missing == 0; next_++) {
    note(Moment::kReduction, next_);
    buckets_[next_].work = processGroup().sum(buckets_[next_].values);
  }
}

Tensor GradientReducer::finish(const Tensor& loss) {
  const at::NoGradGuard noGradients;
  const std::lock_guard<std::mutex> lock(mutex_);
  // A rank without examples arms nothing.
  if (!armed_) moments_.clear();
  for (std::size_t index = 0; index < slots_.size(); index++) {
    if (!slots_[index].ready) take(index);
  }
  reduceReady();
  Bucket& last = buckets_.back();
  Tensor total = last.values.narrow(0, last.length - 1, 1);
  total.copy_(loss.reshape({1}));
  note(Moment::kReduction, next_);
  last.work = processGroup().sum(last.values);
  for (std::size_t number = 0; number < buckets_.size(); number++) {
    Bucket& bucket = buckets_[number];
    processGroup().use(*bucket.work);
    note(Moment::kReduced, number);
    bucket.work.reset();
    bucket.missing = bucket.members.size();
    for (const std::size_t index : bucket.members) {
      const Tensor& parameter = parameters_[index];
      parameter.mutable_grad() =
          bucket.values.narrow(0, slots_[index].offset, parameter.numel()).view(parameter.sizes());
      slots_[index].ready = false;
    }
  }
  next_ = 0;
  armed_ = false;
  return total.reshape({}).clone();
}
