// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/lookup.h"

#include <algorithm>
#include <bit>

#include "overlay/kademlia/faults.h"
#include "proto/types/assert.h"

namespace shoal::overlay::kademlia {
namespace {

// Beyond those that are worth a look, for what comes before them.
constexpr std::size_t kRoom = 12;
constexpr std::uint8_t kAllPaths = (1U << limits::kKademliaPathsMax) - 1;

}  // namespace

void Lookup::begin(std::span<const PeerRef> known, EnvSource& source, Refs refs) {
  SHOAL_ASSERT(plan_.paths >= 1 && plan_.paths <= limits::kKademliaPathsMax);
  hopeful_ = static_cast<std::uint8_t>((1U << plan_.paths) - 1);
  candidates_.reserve(std::min(3 * plan_.k + kRoom, kMost));
  unsigned path = 0;
  for (const PeerRef peer : known) {
    name(peer, Telling{1, told(path++ % plan_.paths), 0}, source, refs);
  }
}

bool Lookup::is_self(PeerRef peer, std::uint64_t prefix, EnvSource& source) const {
  return prefix == self_.words[0] && point_of(source.id_of(peer)) == self_;
}

/// Of two whose distances agree in their first 64 bits.
bool Lookup::nearer(PeerRef a, PeerRef b, EnvSource& source) const {
  return distance(point_of(source.id_of(a)), target_) <
         distance(point_of(source.id_of(b)), target_);
}

std::uint8_t Lookup::told(unsigned path) const {
  return static_cast<std::uint8_t>(planted(Fault::kShareAnswers) ? (1U << plan_.paths) - 1
                                                                 : 1U << path);
}

// ---- who was heard of --------------------------------------------------------------------------

void Lookup::index(Number number) {
  std::size_t at = home_of(candidates_[number].peer);
  while (index_[at] != kNobody) at = (at + 1) % index_.size();
  index_[at] = number;
}

/// How many candidates are nearer.
std::size_t Lookup::place_of(std::uint64_t distance, PeerRef peer, EnvSource& source) const {
  const auto far = [this](Number number) { return candidates_[number].distance; };
  auto place = std::ranges::lower_bound(order_, distance, {}, far);
  while (place != order_.end() && far(*place) == distance &&
         nearer(candidates_[*place].peer, peer, source)) {
    ++place;
  }
  return static_cast<std::size_t>(place - order_.begin());
}

/// While everybody lives whom one heard of, nobody will come to those that are so far behind.
std::size_t Lookup::far_enough() const { return (3 + failures_) * plan_.k; }

void Lookup::note_far() {
  const std::size_t most = far_enough();
  far_ = order_.size() < most ? UINT64_MAX : candidates_[order_[most - 1]].distance;
}

inline void Lookup::tell(Candidate& known, const Telling& telling) {
  if (!believed(known.namers)) hopeful_ = kAllPaths;
  known.paths |= telling.paths;
  if (known.state <= State::kAsked) known.namers |= telling.namer;
}

/// Requires that it is none of the candidates.
void Lookup::name(PeerRef peer, const Telling& telling, EnvSource& source, Refs refs) {
  const std::uint64_t prefix = source.id_prefix_of(peer);
  const std::uint64_t distance = prefix ^ target_.words[0];
  if (distance > far_ || is_self(peer, prefix, source)) return;
  const std::size_t place = place_of(distance, peer, source);
  if (place >= far_enough()) return;
  const auto number = static_cast<Number>(candidates_.size());
  candidates_.push_back(
      {.distance = distance, .namers = telling.namer, .peer = peer, .paths = telling.paths});
  candidates_.back().hop = telling.hop;
  order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(place), number);
  index(number);
  refs.kept.push_back(peer);
  if (candidates_.size() > limits::kKademliaCandidates) make_room(refs);
  note_far();
}

/// Drops the farthest of those that nobody but a liar named; else of those that were named by the
/// one peer that fills the list most. So nobody pushes out what others named.
void Lookup::make_room(Refs refs) {
  const std::size_t victim = least_worth();
  refs.let_go.push_back(candidates_[order_[victim]].peer);
  forget(victim);
}

/// Its place in the order.
std::size_t Lookup::least_worth() const {
  std::array<std::uint16_t, kNamers> only{};  // unasked candidates that nobody else named
  for (const Candidate& candidate : candidates_) {
    const bool one = (candidate.namers & (candidate.namers - 1)) == 0;
    if (candidate.state != State::kHeardOf || !one) continue;
    ++only[static_cast<std::size_t>(std::countr_zero(candidate.namers))];
  }
  const auto most = std::ranges::max_element(only);
  const std::uint64_t filler = std::uint64_t{1} << (most - only.begin());
  const auto worth = [&](const Candidate& candidate) {
    if (!believed(candidate.namers)) return 0;
    return candidate.namers == filler ? 1 : 2;
  };
  // More are kept in mind than may be asked, so there is one who was not.
  std::size_t victim = order_.size();
  int least = 2;
  for (std::size_t at = 0; at < order_.size(); ++at) {
    const Candidate& candidate = candidates_[order_[at]];
    if (candidate.state != State::kHeardOf || worth(candidate) > least) continue;
    victim = at;
    least = worth(candidate);
  }
  return victim;
}
static_assert(limits::kKademliaRequests < limits::kKademliaCandidates);

/// The last candidate gets the number of the one that goes.
void Lookup::forget(std::size_t place) {
  const Number gone = order_[place];
  const auto last = static_cast<Number>(candidates_.size() - 1);
  order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(place));
  if (gone != last) {
    candidates_[gone] = candidates_[last];
    *std::ranges::find(order_, last) = gone;
  }
  candidates_.pop_back();
  index_.fill(kNobody);
  for (Number number = 0; number < last; ++number) index(number);
}

// ---- who is believed ---------------------------------------------------------------------------

bool Lookup::left_aside(const Candidate& candidate) const {
  if (candidate.state == State::kFailed) return true;
  return candidate.state == State::kHeardOf && !believed(candidate.namers) &&
         !planted(Fault::kBelieveLiars);
}

/// Of those that it named, before they did, how many answered.
unsigned Lookup::lived(unsigned namer) const {
  const auto count = std::ranges::count_if(candidates_, [namer](const Candidate& candidate) {
    return candidate.state == State::kAnswered && (candidate.namers >> namer & 1U) != 0;
  });
  return static_cast<unsigned>(count);
}

void Lookup::judge_lived(std::uint64_t namers) {
  for (std::uint64_t rest = namers & liars_; rest != 0; rest &= rest - 1) {
    const auto namer = static_cast<unsigned>(std::countr_zero(rest));
    if (failed_[namer] > lived(namer)) continue;
    liars_ &= ~(std::uint64_t{1} << namer);
    hopeful_ = kAllPaths;
  }
}

void Lookup::judge_failed(std::uint64_t namers) {
  for (std::uint64_t rest = namers & ~kAlwaysBelieved; rest != 0; rest &= rest - 1) {
    const auto namer = static_cast<unsigned>(std::countr_zero(rest));
    const unsigned failed = ++failed_[namer];
    if (failed < limits::kKademliaLies || failed <= lived(namer)) continue;
    liars_ |= std::uint64_t{1} << namer;
    hopeful_ = kAllPaths;
  }
}
static_assert(limits::kKademliaRequests <= UINT8_MAX);

// ---- asking ------------------------------------------------------------------------------------

PeerRef Lookup::ask_next(unsigned path, Instant now) {
  std::size_t counted = 0;
  for (const Number number : order_) {
    Candidate& candidate = candidates_[number];
    if ((unsigned{candidate.paths} >> path & 1U) == 0 || left_aside(candidate)) continue;
    if (candidate.state == State::kHeardOf) {
      if (requests_ >= limits::kKademliaRequests) {
        cut_ = true;
        return kNoPeer;
      }
      candidate.state = State::kAsked;
      candidate.path = static_cast<std::uint8_t>(path);
      candidate.asked_ms = static_cast<std::uint32_t>(to_ms(now - epoch_));
      ++open_of_path_[path];
      ++open_;
      ++requests_;
      return candidate.peer;
    }
    if (planted(Fault::kStopAtTheFirst) && candidate.state == State::kAnswered) return kNoPeer;
    if (++counted == plan_.k) return kNoPeer;
  }
  return kNoPeer;
}

std::optional<std::uint8_t> Lookup::answered(PeerRef from, std::span<const Contact> named,
                                             EnvSource& source, Refs refs) {
  const Number number = find(from);
  if (number == kNobody) return std::nullopt;
  Candidate& candidate = candidates_[number];
  if (candidate.state != State::kAsked && !planted(Fault::kTakeStrangersAnswers)) {
    return std::nullopt;
  }
  if (candidate.state == State::kAsked) {
    --open_of_path_[candidate.path];
    --open_;
  }
  candidate.state = State::kAnswered;
  if (liars_ != 0) judge_lived(candidate.namers);
  ++answers_;
  const auto hop = candidate.hop;
  if (by_hop_.size() <= hop) by_hop_.resize(std::size_t{hop} + 1);
  ++by_hop_[hop];
  const std::uint8_t paths = told(candidate.path);
  hopeful_ |= paths;
  const auto next_hop = static_cast<std::uint8_t>(std::min<unsigned>(hop + 1U, UINT8_MAX));
  const Telling telling{std::uint64_t{1} << std::min(named_by_, kNamers - 1), paths, next_hop};
  if (named_by_ < kNamers) ++named_by_;
  for (const Contact& one : named) {
    const Number known = find(one.peer);
    if (known != kNobody) {
      tell(candidates_[known], telling);
    } else {
      name(one.peer, telling, source, refs);
    }
  }
  return hop;
}

bool Lookup::failed(PeerRef peer) {
  const Number number = find(peer);
  if (number == kNobody || candidates_[number].state != State::kAsked) return false;
  Candidate& candidate = candidates_[number];
  candidate.state = State::kFailed;
  ++failures_;
  note_far();
  hopeful_ |= candidate.paths;  // the path that asked it is one of these
  --open_of_path_[candidate.path];
  --open_;
  judge_failed(candidate.namers);
  return true;
}

void Lookup::silent(Instant asked_by, std::vector<PeerRef>& into) const {
  if (open_ == 0) return;
  for (const Candidate& candidate : candidates_) {
    if (candidate.state != State::kAsked) continue;
    if (epoch_ + std::chrono::milliseconds(candidate.asked_ms) <= asked_by) {
      into.push_back(candidate.peer);
    }
  }
}

Instant Lookup::oldest() const {
  Instant oldest = Instant::max();
  if (open_ == 0) return oldest;
  for (const Candidate& candidate : candidates_) {
    if (candidate.state != State::kAsked) continue;
    oldest = std::min(oldest, epoch_ + std::chrono::milliseconds(candidate.asked_ms));
  }
  return oldest;
}

std::vector<PeerRef> Lookup::nearest() const {
  std::vector<PeerRef> peers;
  for (const Number number : order_) {
    const Candidate& candidate = candidates_[number];
    if (candidate.state != State::kAnswered) continue;
    peers.push_back(candidate.peer);
    if (peers.size() == plan_.k) break;
  }
  return peers;
}

void Lookup::release(Refs refs) {
  for (const Candidate& candidate : candidates_) refs.let_go.push_back(candidate.peer);
  candidates_.clear();
  order_.clear();
  index_.fill(kNobody);
}

std::size_t Lookup::bytes() const {
  return candidates_.capacity() * sizeof(Candidate) + by_hop_.capacity() * sizeof(std::uint32_t);
}

}  // namespace shoal::overlay::kademlia
