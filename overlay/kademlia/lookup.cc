// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/lookup.h"

#include <algorithm>
#include <bit>

#include "overlay/kademlia/ascending.h"
#include "overlay/kademlia/faults.h"
#include "proto/types/assert.h"

namespace shoal::overlay::kademlia {
namespace {

constexpr std::uint8_t kAllPaths = (1U << limits::kKademliaPathsMax) - 1;
// Candidates that are dropped at once, since it takes a look at all.
constexpr std::size_t kDropped = 8;

void warm_all(const void* begin, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  for (std::size_t at = 0; at < bytes; at += kLine) {
    __builtin_prefetch(static_cast<const char*>(begin) + at);
  }
}

}  // namespace

void Lookup::begin(std::span<const PeerRef> known, EnvSource& source, Refs refs) {
  SHOAL_ASSERT(plan_.paths >= 1 && plan_.paths <= limits::kKademliaPathsMax);
  hopeful_ = static_cast<std::uint8_t>((1U << plan_.paths) - 1);
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
  while (index_[at] != kNobody) at = (at + 1) % kPlaces;
  index_[at] = number;
}

/// How many candidates are nearer.
std::size_t Lookup::place_of(std::uint64_t distance, PeerRef peer, EnvSource& source) const {
  std::size_t place = count_below(size_, distance, [this](std::size_t i) { return far_[i]; });
  while (place < size_ && far_[place] == distance &&
         nearer(candidates_[order_[place]].peer, peer, source)) {
    ++place;
  }
  return place;
}

/// Without branches: how far each is nobody can guess.
inline void Lookup::tell(Number known, const Telling& telling) {
  Candidate& candidate = candidates_[known];
  candidate.paths |= telling.paths;
  const std::uint64_t waits = candidate.state <= State::kAsked ? ~std::uint64_t{0} : 0;
  std::uint64_t& namers = namers_[known];
  const std::uint64_t hopes = believed(namers) ? 0 : waits;
  hopeful_ |= static_cast<std::uint8_t>(hopes & kAllPaths);
  namers |= telling.namer & waits;
}

/// Requires that it is none of the candidates.
void Lookup::name(PeerRef peer, const Telling& telling, EnvSource& source, Refs refs) {
  const std::uint64_t prefix = source.id_prefix_of(peer);
  const std::uint64_t distance = prefix ^ target_.words[0];
  const std::size_t most = far_enough();
  if (size_ >= most && distance > far_[most - 1]) return;
  if (is_self(peer, prefix, source)) return;
  const std::size_t place = place_of(distance, peer, source);
  if (place >= most) return;
  const auto number = static_cast<Number>(size_);
  candidates_[number] = Candidate{.peer = peer, .paths = telling.paths};
  candidates_[number].hop = telling.hop;
  namers_[number] = telling.namer;
  std::copy_backward(order_.begin() + place, order_.begin() + size_, order_.begin() + size_ + 1);
  std::copy_backward(far_.begin() + place, far_.begin() + size_, far_.begin() + size_ + 1);
  order_[place] = number;
  far_[place] = distance;
  ++size_;
  index(number);
  refs.kept.push_back(peer);
  if (size_ > limits::kKademliaCandidates) make_room(refs);
}

/// Drops the farthest of those that nobody but a liar named; else of those that were named by the
/// one peer that fills the list most. So nobody pushes out what others named.
void Lookup::make_room(Refs refs) {
  std::array<std::uint16_t, kNamers> only{};  // unasked candidates that nobody else named
  for (std::size_t i = 0; i < size_; ++i) {
    const bool one = (namers_[i] & (namers_[i] - 1)) == 0;
    if (candidates_[i].state != State::kHeardOf || !one) continue;
    ++only[static_cast<std::size_t>(std::countr_zero(namers_[i]))];
  }
  std::array<bool, kMost> gone{};
  for (std::size_t dropped = 0; dropped < kDropped; ++dropped) {
    const auto most = std::ranges::max_element(only);
    const std::uint64_t filler = std::uint64_t{1} << (most - only.begin());
    const auto worth = [&](Number number) {
      if (!believed(namers_[number])) return 0;
      return namers_[number] == filler ? 1 : 2;
    };
    // From the far end, until nobody of less worth can come.
    const int least = liars_ == 0 ? 1 : 0;
    Number victim = kNobody;
    for (std::size_t at = size_; at-- > 0;) {
      const Number number = order_[at];
      if (candidates_[number].state != State::kHeardOf || gone[number]) continue;
      if (victim == kNobody || worth(number) < worth(victim)) victim = number;
      if (worth(victim) == least) break;
    }
    gone[victim] = true;
    if (worth(victim) == 1) --*most;
    refs.let_go.push_back(candidates_[victim].peer);
  }
  forget(gone);
}
// So many were not asked.
static_assert(limits::kKademliaRequests + kDropped < limits::kKademliaCandidates);

/// Those that stay close up.
void Lookup::forget(const std::array<bool, kMost>& gone) {
  std::array<Number, kMost> renumbered{};
  Number next = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    if (gone[i]) continue;
    candidates_[next] = candidates_[i];
    namers_[next] = namers_[i];
    asked_ms_[next] = asked_ms_[i];
    renumbered[i] = next++;
  }
  std::size_t place = 0;
  for (std::size_t at = 0; at < size_; ++at) {
    if (gone[order_[at]]) continue;
    far_[place] = far_[at];
    order_[place++] = renumbered[order_[at]];
  }
  size_ = next;
  index_.fill(kNobody);
  for (Number number = 0; number < next; ++number) index(number);
}

// ---- who is believed ---------------------------------------------------------------------------

inline bool Lookup::left_aside(Number number) const {
  const State state = candidates_[number].state;
  if (state == State::kFailed) return true;
  return state == State::kHeardOf && !believed(namers_[number]) && !planted(Fault::kBelieveLiars);
}

/// Of those that it named, before they did, how many answered.
unsigned Lookup::lived(unsigned namer) const {
  unsigned count = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const bool named = (namers_[i] >> namer & 1U) != 0;
    count += named && candidates_[i].state == State::kAnswered ? 1U : 0U;
  }
  return count;
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
  for (std::size_t at = 0; at < size_; ++at) {
    const Number number = order_[at];
    Candidate& candidate = candidates_[number];
    if ((unsigned{candidate.paths} >> path & 1U) == 0 || left_aside(number)) continue;
    if (candidate.state == State::kHeardOf) {
      if (requests_ >= limits::kKademliaRequests) {
        cut_ = true;
        return kNoPeer;
      }
      candidate.state = State::kAsked;
      candidate.path = static_cast<std::uint8_t>(path);
      asked_ms_[number] = static_cast<std::uint32_t>(to_ms(now - epoch_));
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
  if (liars_ != 0) judge_lived(namers_[number]);
  ++answers_;
  const auto hop = candidate.hop;
  if (by_hop_.size() <= hop) by_hop_.resize(std::size_t{hop} + 1);
  ++by_hop_[hop];
  const std::uint8_t paths = told(candidate.path);
  hopeful_ |= paths;
  begun_ |= paths;
  if (hop > 0) led_ |= paths;
  const auto next_hop = static_cast<std::uint8_t>(std::min<unsigned>(hop + 1U, UINT8_MAX));
  const Telling telling{std::uint64_t{1} << std::min(named_by_, kNamers - 1), paths, next_hop};
  if (named_by_ < kNamers) ++named_by_;
  for (const Contact& one : named) {
    const Number known = find(one.peer);
    if (known != kNobody) {
      tell(known, telling);
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
  hopeful_ |= candidate.paths;  // the path that asked it is one of these
  --open_of_path_[candidate.path];
  --open_;
  judge_failed(namers_[number]);
  return true;
}

void Lookup::silent(Instant asked_by, std::vector<PeerRef>& into) const {
  if (open_ == 0) return;
  for (std::size_t i = 0; i < size_; ++i) {
    if (candidates_[i].state != State::kAsked) continue;
    if (epoch_ + std::chrono::milliseconds(asked_ms_[i]) <= asked_by) {
      into.push_back(candidates_[i].peer);
    }
  }
}

Instant Lookup::oldest() const {
  Instant oldest = Instant::max();
  if (open_ == 0) return oldest;
  for (std::size_t i = 0; i < size_; ++i) {
    if (candidates_[i].state != State::kAsked) continue;
    oldest = std::min(oldest, epoch_ + std::chrono::milliseconds(asked_ms_[i]));
  }
  return oldest;
}

std::vector<PeerRef> Lookup::nearest() const {
  std::vector<PeerRef> peers;
  for (std::size_t at = 0; at < size_; ++at) {
    const Candidate& candidate = candidates_[order_[at]];
    if (candidate.state != State::kAnswered) continue;
    peers.push_back(candidate.peer);
    if (peers.size() == plan_.k) break;
  }
  return peers;
}

void Lookup::release(Refs refs) {
  for (std::size_t i = 0; i < size_; ++i) refs.let_go.push_back(candidates_[i].peer);
  size_ = 0;
  index_.fill(kNobody);
}

void Lookup::warm() const {
  warm_all(this, offsetof(Lookup, candidates_));
  // How many there are is not known before this object is here; seldom more.
  constexpr std::size_t kUsual = 96;
  warm_all(candidates_.data(), kUsual * sizeof(Candidate));
  warm_all(order_.data(), kUsual * sizeof(Number));
}

}  // namespace shoal::overlay::kademlia
