// What several ranks that train together do: join, tell each other, reduce gradients.
#include <c10/core/GradMode.h>

#include "gradient-reducer.h"
#include "operations.h"
#include "process-group.h"

using at::Tensor;

namespace {

std::unique_ptr<GradientReducer>& reducer() {
  static auto* current = new std::unique_ptr<GradientReducer>();
  return *current;
}

GradientReducer& requireReducer() {
  TORCH_CHECK(reducer() != nullptr, "no gradients are watched");
  return *reducer();
}

/** @returns the port of the store */
std::int64_t openGroup(
    std::string host, std::int64_t port, std::string prefix, bool hostsStore, std::int64_t rank, std::int64_t count,
    double timeoutSeconds) {
  const Milliseconds timeout(static_cast<std::int64_t>(timeoutSeconds * 1000));
  const StorePlace store{host, static_cast<int>(port), prefix, timeout};
  const GroupPlace place{static_cast<int>(rank), static_cast<int>(count), timeout};
  setProcessGroup(std::make_unique<ProcessGroup>(store, hostsStore, place));
  return processGroup().store().port();
}

void sumOverRanks(const Tensor& values) {
  const at::NoGradGuard noGradients;
  ProcessGroup& group = processGroup();
  group.await(*group.sum(values));
}

void broadcastOverRanks(const Tensor& values, std::int64_t from) {
  const at::NoGradGuard noGradients;
  ProcessGroup& group = processGroup();
  group.await(*group.broadcast(values, static_cast<int>(from)));
}

/** Triples of kind, index and microseconds since the first. */
std::vector<std::int64_t> reductionTimeline() {
  std::vector<std::int64_t> numbers;
  const auto& moments = requireReducer().moments();
  for (const auto& [kind, index, time] : moments) {
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(time - moments.front().time);
    numbers.insert(numbers.end(), {static_cast<std::int64_t>(kind), index, since.count()});
  }
  return numbers;
}

}  // namespace

const Operations& groupOperations() {
  static const Operations table = {
      {"openGroup", &openGroup},
      {"connectGroup", +[](std::string network, std::string library) { processGroup().connect(network, library); }},
      {"closeGroup", +[]() { reducer().reset(); setProcessGroup(nullptr); }},
      {"checkGroup", +[]() { processGroup().check(); }},
      {"failGroup", +[](std::int64_t rank, std::string problem) { processGroup().fail(static_cast<int>(rank), problem); }},
      {"setKey", +[](std::string key, std::string value) { processGroup().store().set(key, value); }},
      {"hasKey", +[](std::string key) { return processGroup().store().has(key); }},
      {"getKey", +[](std::string key) { return processGroup().store().get(key); }},
      {"sumOverRanks", &sumOverRanks},
      {"broadcastOverRanks", &broadcastOverRanks},
      {"watchGradients", +[](std::vector<Tensor> parameters, std::vector<Tensor> shares, std::int64_t bucketBytes) {
         reducer().reset();
         if (!parameters.empty()) reducer() = std::make_unique<GradientReducer>(parameters, shares, bucketBytes);
       }},
      {"armReduction", +[](std::vector<std::int64_t> late) { requireReducer().arm(late); }},
      {"finishReduction", +[](const Tensor& loss) { return requireReducer().finish(loss); }},
      {"reductionTimeline", &reductionTimeline},
  };
  return table;
}
