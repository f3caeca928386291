// Sums the gradients of all ranks in buckets, each as soon as its last gradient exists, while the backward pass goes on. Buckets are where
// gradients are added up in the first place, in float32 for 16-bit parameters too: libtorch's own are freed as soon as they exist.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <mutex>
#include <vector>

#include "process-group.h"

class GradientReducer {
 public:
  /** What happened when, for who wants to see the overlap. */
  struct Moment {
    enum Kind { kGradient = 0, kReduction = 1, kReduced = 2 } kind;
    std::int64_t index;
    std::chrono::steady_clock::time_point time;
  };

  /**
   * @param parameters leaves of one type and device, in the order of the forward pass, the same on every rank
   * @param shares of this rank in them (`shares.h`), which alone get their sums; where there are none, every rank gets all
   */
  GradientReducer(std::vector<at::Tensor> parameters, std::vector<at::Tensor> shares, std::int64_t bucketBytes);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  /**
   * Before the last backward pass of a step: what it adds is reduced at once.
   * @param late positions of parameters that get gradients more than once in it, whose buckets wait for the end
   */
  void arm(const std::vector<std::int64_t>& late);

  /**
   * Reduces what has not been, with zeros for what has no gradient here, and makes the sums the gradients of the parameters, or of the
   * shares.
   * @param loss [], of this rank @returns the sum of all ranks
   */
  at::Tensor finish(const at::Tensor& loss);

  /** Called as soon as the gradient of a parameter exists, on whatever thread. */
  void gradientExists(std::size_t index);

  /** Of the last step. */
  const std::vector<Moment>& moments() const { return moments_; }

 private:
  struct Slot {
    std::size_t bucket;
    /** In each row of the bucket. */
    std::int64_t offset, length;
    /** Whether there is a gradient of this step. */
    bool filled;
    bool ready;
    bool late;
  };
  struct Bucket {
    /** [rows, length]: a row for each rank where gradients are divided, with zeros behind a share that is shorter; else one. */
    at::Tensor values;
    std::int64_t length = 0;
    std::size_t missing = 0;
    std::vector<std::size_t> members;
    std::unique_ptr<Work> work;
  };

  bool isDivided() const { return !shares_.empty(); }
  void add(std::size_t index, const at::Tensor& gradient);
  void complete(std::size_t index);
  void reduce(std::size_t number);
  void reduceReady();
  void handOver(std::size_t index);
  void note(Moment::Kind kind, std::size_t index);

  const std::vector<at::Tensor> parameters_;
  const std::vector<at::Tensor> shares_;
  std::vector<Slot> slots_;
  std::vector<Bucket> buckets_;
  std::size_t next_ = 0;
  bool armed_ = false;
  std::mutex mutex_;
  std::vector<Moment> moments_;
};
