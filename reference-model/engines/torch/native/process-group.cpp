// Waiting in slices, so that a failure that another rank posted ends this one within a second, and naming who is to blame: a rank that
// gives no sign of life, else one that has not come as far as this one. One that has left in order, when it was done, is none.
#include "process-group.h"

#include <c10/util/Exception.h>

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr Milliseconds kBeat = 500ms;
constexpr Milliseconds kSlice = 500ms;
/** Between two looks at the beats of others; a process that lives beats several times. */
constexpr Milliseconds kSilence = 3000ms;
/** Beats of a rank after which one that has shown none is taken for dead: 15 s. */
constexpr int kMissedBeats = 30;
/** How long a rank whose neighbour is gone waits for the neighbour's own words. */
constexpr Milliseconds kLastWords = 2000ms;

const char kFailure[] = "failure";
/** In place of a beat, of a rank that has left in order. */
const char kLeft[] = "left";
const char kSilent[] = "it gave no sign of life: the process was ended, or its machine hangs";

std::string lifeKey(int rank) { return "life/" + std::to_string(rank); }

/** As "BEAT PROGRESS". */
struct Life {
  std::string beat;
  std::uint64_t progress = 0;

  bool hasLeft() const { return beat == kLeft; }
};

Life lifeOf(KeyStore& store, int rank) {
  if (!store.has(lifeKey(rank))) return {};
  const std::string text = store.get(lifeKey(rank));
  const std::size_t space = text.find(' ');
  return {text.substr(0, space), std::stoull(text.substr(space + 1))};
}

/** "1", "1 and 3" or "1, 2 and 3". */
std::string listed(const std::vector<int>& ranks) {
  std::string text;
  for (std::size_t i = 0; i < ranks.size(); i++) {
    if (i > 0) text += i + 1 == ranks.size() ? " and " : ", ";
    text += std::to_string(ranks[i]);
  }
  return text;
}

/** What is said of the ranks that share the fate of the first. */
std::string alsoOf(const std::vector<int>& ranks) {
  return ranks.size() < 2 ? "" : " (so did ranks " + listed({ranks.begin() + 1, ranks.end()}) + ")";
}

std::unique_ptr<ProcessGroup>& current() {
  static auto* group = new std::unique_ptr<ProcessGroup>();
  return *group;
}

std::string secondsOf(Milliseconds time) { return std::to_string(time.count() / 1000) + " s"; }

const char* textOf(const std::exception& error) {
  const auto* own = dynamic_cast<const c10::Error*>(&error);
  return own == nullptr ? error.what() : own->what_without_backtrace();
}

}  // namespace

Watch::Watch(std::unique_ptr<KeyStore> store, int rank, int count)
    : store_(std::move(store)), rank_(rank), count_(count), neighbour_((rank + 1) % count), thread_([this] { run(); }) {}

Watch::~Watch() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  try {
    store_->set(lifeKey(rank_), std::string(kLeft) + ' ' + std::to_string(progress_));
  } catch (const std::exception&) {
    // The store is gone: nobody looks.
  }
}

void Watch::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (std::uint64_t beat = 0; !stopping_; beat++) {
    lock.unlock();
    std::string failure;
    bool answers = true;
    try {
      failure = lookAround(beat);
    } catch (const std::exception&) {
      answers = false;
    }
    lock.lock();
    if (!failure.empty()) failure_ = failure;
    if (answers) answered_ = Clock::now();
    else lost_ = true;
    if (lost_) return;
    wake_.wait_for(lock, kBeat, [this] { return stopping_; });
  }
}

/** @returns what has been posted */
std::string Watch::lookAround(std::uint64_t beat) {
  store_->set(lifeKey(rank_), std::to_string(beat) + ' ' + std::to_string(progress_));
  const Life life = lifeOf(*store_, neighbour_);
  if (life.hasLeft()) {
    neighbour_ = (neighbour_ + 1) % count_;
    if (neighbour_ == rank_) neighbour_ = (neighbour_ + 1) % count_;
    neighbourBeat_.clear();
    unchangedBeats_ = 0;
  } else if (!life.beat.empty()) {
    unchangedBeats_ = life.beat == neighbourBeat_ ? unchangedBeats_ + 1 : 0;
    neighbourBeat_ = life.beat;
    if (unchangedBeats_ >= kMissedBeats) store_->setFirst(kFailure, GroupError(neighbour_, kSilent).what());
  }
  return store_->has(kFailure) ? store_->get(kFailure) : "";
}

std::string Watch::failure() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

bool Watch::isStoreLost(Milliseconds time) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return lost_ || Clock::now() - answered_ > time;
}

ProcessGroup::ProcessGroup(StorePlace store, bool hostsStore, GroupPlace place)
    : storePlace_(std::move(store)), place_(place), store_(openKeyStore(storePlace_, hostsStore)) {
  StorePlace again = storePlace_;
  again.port = store_->port();
  watch_ = std::make_unique<Watch>(openKeyStore(again, false), place_.rank, place_.count);
}

ProcessGroup::~ProcessGroup() {
  // Gloo waits for operations under way, which may be for ranks that are gone.
  if (failed_) static_cast<void>(collectives_.release());
  collectives_.reset();
  watch_.reset();
}

void ProcessGroup::connect(const std::string& network, const std::string& ncclLibrary) {
  const GroupPlace place{place_.rank, place_.count, place_.timeout + 60s};
  try {
    collectives_ = ncclLibrary.empty() ? glooCollectives(*store_, place, network)
                                       : ncclCollectives(*store_, place, ncclLibrary, [this] { check(); });
  } catch (const std::exception& error) {
    blame(std::string("the connections to the other ranks failed: ") + textOf(error));
  }
}

Collectives& ProcessGroup::connected() {
  TORCH_CHECK(collectives_ != nullptr, "the ranks are not connected");
  watch_->advance();
  return *collectives_;
}

std::unique_ptr<Work> ProcessGroup::sum(const at::Tensor& values) { return connected().sum(values); }

std::unique_ptr<Work> ProcessGroup::sumShares(const at::Tensor& values) { return connected().sumShares(values); }

std::unique_ptr<Work> ProcessGroup::broadcast(const at::Tensor& values, int from) {
  return connected().broadcast(values, from);
}

std::unique_ptr<Work> ProcessGroup::allGather(const at::Tensor& all, const at::Tensor& own) {
  return connected().allGather(all, own);
}

void ProcessGroup::await(Work& work) {
  const auto begun = Clock::now();
  for (;;) {
    try {
      if (work.waitFor(kSlice)) return;
    } catch (const std::exception& error) {
      blame(textOf(error));
    }
    check();
    if (Clock::now() - begun > place_.timeout) blame("");
  }
}

void ProcessGroup::use(Work& work) {
  if (!collectives_->isQueued()) await(work);
  work.join();
}

void ProcessGroup::check() {
  const std::string posted = watch_->failure();
  if (!posted.empty()) {
    failed_ = true;
    throw GroupError(posted);
  }
  if (!watch_->isStoreLost(place_.timeout)) return;
  failed_ = true;
  throw GroupError(0, "it keeps what the ranks share, and has ended or does not answer");
}

void ProcessGroup::fail(int rank, const std::string& problem) {
  failed_ = true;
  store_->setFirst(kFailure, GroupError(rank, problem).what());
}

/** @param problem of an operation that failed; empty where it took too long */
void ProcessGroup::blame(const std::string& problem) {
  failed_ = true;
  try {
    if (!problem.empty()) {
      const auto until = Clock::now() + kLastWords;
      while (Clock::now() < until) {
        check();
        std::this_thread::sleep_for(100ms);
      }
    }
    std::vector<Life> before;
    for (int rank = 0; rank < place_.count; rank++) before.push_back(lifeOf(*store_, rank));
    std::this_thread::sleep_for(kSilence);
    std::vector<int> silent, behind, gone;
    for (int rank = 0; rank < place_.count; rank++) {
      if (rank == place_.rank) continue;
      const Life life = lifeOf(*store_, rank);
      const bool isBehind = life.progress < watch_->progress();
      if (life.hasLeft()) {
        if (isBehind) gone.push_back(rank);
      } else if (life.beat == before[rank].beat) {
        silent.push_back(rank);
      } else if (isBehind) {
        behind.push_back(rank);
      }
    }
    check();
    const std::string late = " for " + secondsOf(place_.timeout);
    if (!silent.empty()) fail(silent.front(), kSilent + alsoOf(silent));
    else if (!behind.empty()) fail(behind.front(), "it did not come to where the others wait" + late + alsoOf(behind));
    else if (!gone.empty()) fail(gone.front(), "it has left while the others waited for it" + alsoOf(gone));
    else fail(place_.rank, problem.empty() ? "an operation of all ranks did not end" + late : problem);
    throw GroupError(store_->get(kFailure));
  } catch (const GroupError&) {
    throw;
  } catch (const std::exception&) {
    throw GroupError(0, "it keeps what the ranks share, and has ended or does not answer");
  }
}

ProcessGroup& processGroup() {
  TORCH_CHECK(current() != nullptr, "this process has joined no group of ranks");
  return *current();
}

bool hasProcessGroup() { return current() != nullptr; }

void setProcessGroup(std::unique_ptr<ProcessGroup> group) { current() = std::move(group); }
