// Buckets hold parameters from the last to the first, about the order in which their gradients come to exist; they are reduced in that
// order on every rank, whatever came first there.
#include "gradient-reducer.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "shares.h"

using at::Tensor;

namespace {

/** Reductions that may wait to be ended by this process: each holds memory until then. */
constexpr std::size_t kAtOnce = 4;

/** Told by libtorch after it has added to the gradient of a leaf. */
class GradientHook : public torch::autograd::PostAccumulateGradHook {
 public:
  GradientHook(GradientReducer& reducer, std::size_t index) : reducer_(reducer), index_(index) {}
  void operator()(const Tensor&) override { reducer_.gradientExists(index_); }

 private:
  GradientReducer& reducer_;
  const std::size_t index_;
};

at::ScalarType sumType(const Tensor& parameter) { return parameter.element_size() < 4 ? at::kFloat : parameter.scalar_type(); }

}  // namespace

GradientReducer::GradientReducer(std::vector<Tensor> parameters, std::vector<Tensor> shares, std::int64_t bucketBytes)
    : parameters_(std::move(parameters)), shares_(std::move(shares)), slots_(parameters_.size()) {
  TORCH_CHECK(!parameters_.empty(), "there are no parameters whose gradients could be reduced");
  TORCH_CHECK(!isDivided() || shares_.size() == parameters_.size(), "there is not a share of every parameter");
  for (const Tensor& parameter : parameters_) TORCH_CHECK(parameter.numel() > 0, "a parameter without numbers has no gradient");
  const auto options = parameters_.front().options().requires_grad(false).dtype(sumType(parameters_.front()));
  const std::int64_t rows = isDivided() ? processGroup().count() : 1;
  const std::int64_t elementBytes = static_cast<std::int64_t>(c10::elementSize(sumType(parameters_.front())));
  const std::int64_t most = std::max<std::int64_t>(1, bucketBytes / elementBytes / rows);
  buckets_.emplace_back();
  for (std::size_t index = parameters_.size(); index-- > 0;) {
    const std::int64_t length = isDivided() ? shareLength(parameters_[index]) : parameters_[index].numel();
    if (buckets_.back().length > 0 && buckets_.back().length + length > most) buckets_.emplace_back();
    Bucket& bucket = buckets_.back();
    slots_[index] = {buckets_.size() - 1, bucket.length, length, false, false, false};
    bucket.members.push_back(index);
    bucket.length += length;
  }
  // Where all ranks get everything, the last place of the last bucket is the loss.
  if (!isDivided()) buckets_.back().length += 1;
  for (Bucket& bucket : buckets_) {
    bucket.values = at::zeros({rows, bucket.length}, options);
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
  Slot& slot = slots_[index];
  TORCH_CHECK(!slot.ready, "a gradient came after it had been reduced");
  Tensor& gradient = parameters_[index].mutable_grad();
  add(index, gradient);
  gradient = Tensor();
  if (!armed_) return;
  note(Moment::kGradient, index);
  if (slot.late) return;
  complete(index);
  reduceReady();
}

/** Adds a gradient to what earlier passes of the step have left in the bucket. */
void GradientReducer::add(std::size_t index, const Tensor& gradient) {
  const at::NoGradGuard noGradients;
  Slot& slot = slots_[index];
  const Tensor& values = buckets_[slot.bucket].values;
  const Tensor flat = gradient.reshape({-1});
  const auto put = [&](Tensor place, const Tensor& part) {
    if (slot.filled) place.add_(part);
    else place.copy_(part);
  };
  const std::int64_t rows = flat.numel() / slot.length, rest = flat.numel() - rows * slot.length;
  put(values.narrow(0, 0, rows).narrow(1, slot.offset, slot.length),
      flat.narrow(0, 0, flat.numel() - rest).view({rows, slot.length}));
  if (rest > 0) put(values.select(0, rows).narrow(0, slot.offset, rest), flat.narrow(0, flat.numel() - rest, rest));
  slot.filled = true;
}

/** Nothing more is added in this step; what got no gradient is zero. */
void GradientReducer::complete(std::size_t index) {
  Slot& slot = slots_[index];
  Bucket& bucket = buckets_[slot.bucket];
  if (!slot.filled) bucket.values.narrow(1, slot.offset, slot.length).zero_();
  slot.ready = true;
  bucket.missing -= 1;
}

void GradientReducer::reduce(std::size_t number) {
  ProcessGroup& group = processGroup();
  note(Moment::kReduction, number);
  buckets_[number].work = isDivided() ? group.sumShares(buckets_[number].values) : group.sum(buckets_[number].values);
}

/** The last bucket waits for the loss. */
void GradientReducer::reduceReady() {
  const bool isBounded = isDivided() && !processGroup().isQueued();
  for (; next_ + 1 < buckets_.size() && buckets_[next_].missing == 0; next_++) {
    if (isBounded && next_ >= kAtOnce) {
      std::unique_ptr<Work>& earlier = buckets_[next_ - kAtOnce].work;
      processGroup().use(*earlier);
      earlier.reset();
    }
    reduce(next_);
  }
}

/** Makes the sums in a bucket the gradient of a parameter, or of the share in it. */
void GradientReducer::handOver(std::size_t index) {
  const Slot& slot = slots_[index];
  const Tensor& values = buckets_[slot.bucket].values;
  const Tensor& target = isDivided() ? shares_[index] : parameters_[index];
  const Tensor row = values.select(0, isDivided() ? processGroup().rank() : 0);
  target.mutable_grad() = row.narrow(0, slot.offset, target.numel()).view(target.sizes());
}

Tensor GradientReducer::finish(const Tensor& loss) {
  const at::NoGradGuard noGradients;
  const std::lock_guard<std::mutex> lock(mutex_);
  ProcessGroup& group = processGroup();
  // A rank without examples arms nothing.
  if (!armed_) moments_.clear();
  for (std::size_t index = 0; index < slots_.size(); index++) {
    if (!slots_[index].ready) complete(index);
  }
  reduceReady();
  Bucket& last = buckets_.back();
  Tensor total = loss.reshape({1});
  if (!isDivided()) {
    last.values.select(0, 0).narrow(0, last.length - 1, 1).copy_(total);
  }
  reduce(next_);
  std::unique_ptr<Work> lossWork;
  if (isDivided()) {
    total = total.clone();
    lossWork = group.sum(total);
  }
  for (std::size_t number = 0; number < buckets_.size(); number++) {
    Bucket& bucket = buckets_[number];
    if (bucket.work != nullptr) group.use(*bucket.work);
    note(Moment::kReduced, number);
    bucket.work.reset();
    bucket.missing = bucket.members.size();
    for (const std::size_t index : bucket.members) {
      handOver(index);
      slots_[index].filled = slots_[index].ready = false;
    }
  }
  if (lossWork != nullptr) group.use(*lossWork);
  else total = last.values.select(0, 0).narrow(0, last.length - 1, 1);
  next_ = 0;
  armed_ = false;
  return total.reshape({}).clone();
}
