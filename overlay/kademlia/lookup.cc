// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/lookup.h"

#include <algorithm>
#include <bit>
#include <boost/container/small_vector.hpp>

#include "overlay/kademlia/faults.h"
#include "proto/types/assert.h"

namespace shoal::overlay::kademlia {
namespace {

constexpr std::uint8_t kAllPaths = (1U << limits::kKademliaPathsMax) - 1;

}  // namespace

void Lookup::begin(std::span<const PeerRef> known, EnvSource& source, Refs refs) {
  SHOAL_ASSERT(plan_.paths >= 1 && plan_.paths <= limits::kKademliaPathsMax);
  hopeful_ = static_cast<std::uint8_t>((1U << plan_.paths) - 1);
  candidates_.reserve(3 * plan_.k);
  boost::container::small_vector<Named, limits::kKademliaK> seeds;
  unsigned path = 0;
  for (const PeerRef peer : known) {
    const std::uint64_t prefix = source.id_prefix_of(peer);
    const std::uint8_t paths = told(path++ % plan_.paths);
    if (is_self(peer, prefix, source)) continue;
    seeds.push_back({prefix ^ target_.words[0], peer, 0, paths});
  }
  name(seeds, 0, 0, source, refs);
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

// The distance of a peer that was heard of is one search away: candidates are sorted by it.
Lookup::Place Lookup::find(PeerRef peer, EnvSource& source) {
  const std::uint64_t far = source.id_prefix_of(peer) ^ target_.words[0];
  auto place = std::ranges::lower_bound(candidates_, far, {}, &Candidate::distance);
  for (; place != candidates_.end() && place->distance == far; ++place) {
    if (place->peer == peer) return place;
  }
  return candidates_.end();
}

/// One walk through the candidates: tells those that are known apart, and finds each fresh one its
/// place among the old. Returns how many are fresh; they stand first in `named` then.
std::size_t Lookup::place_all(std::span<Named> named, std::uint64_t named_by, EnvSource& source) {
  const std::size_t size = candidates_.size();
  std::size_t fresh = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < named.size(); ++i) {
    Named one = named[i];
    if (fresh > 0 && named[fresh - 1].peer == one.peer) continue;  // twice
    while (at < size && candidates_[at].distance < one.distance) ++at;
    std::size_t place = at;
    while (place < size && candidates_[place].distance == one.distance &&
           candidates_[place].peer != one.peer &&
           nearer(candidates_[place].peer, one.peer, source)) {
      ++place;
    }
    if (place < size && candidates_[place].peer == one.peer) {
      Candidate& known = candidates_[place];
      if (!believed(known.namers)) hopeful_ = kAllPaths;
      known.paths |= one.paths;
      known.namers |= named_by;
      continue;
    }
    // While everybody lives whom one heard of, nobody will come to those that are so far behind.
    if (!failures_ && place + fresh >= 3 * plan_.k) continue;
    one.place = static_cast<std::uint16_t>(place);
    named[fresh++] = one;
  }
  return fresh;
}

void Lookup::name(std::span<Named> named, std::uint8_t hop, unsigned namer, EnvSource& source,
                  Refs refs) {
  std::sort(named.begin(), named.end(), [&](const Named& a, const Named& b) {
    return a.distance != b.distance ? a.distance < b.distance
                                    : a.peer != b.peer && nearer(a.peer, b.peer, source);
  });
  const std::uint64_t named_by = std::uint64_t{1} << std::min(namer, kNamers - 1);
  std::size_t fresh = place_all(named, named_by, source);
  if (fresh == 0) return;
  std::size_t from = candidates_.size();
  candidates_.resize(from + fresh, Candidate{});
  while (fresh > 0) {  // from the far end, so that each moves once
    const Named& one = named[--fresh];
    for (; from > one.place; --from) candidates_[from + fresh] = candidates_[from - 1];
    Candidate& candidate = candidates_[from + fresh];
    candidate = Candidate{one.distance, named_by, one.peer};
    candidate.paths = one.paths;
    candidate.hop = hop;
    refs.kept.push_back(one.peer);
  }
  while (candidates_.size() > limits::kKademliaCandidates) make_room(refs);
}

/// Drops the farthest of those that nobody but a liar named; else of those that were named by the
/// one peer that fills the list most. So nobody pushes out what others named.
void Lookup::make_room(Refs refs) {
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
  auto victim = candidates_.end();
  for (auto at = candidates_.begin(); at != candidates_.end(); ++at) {
    if (at->state != State::kHeardOf) continue;
    if (victim == candidates_.end() || worth(*at) <= worth(*victim)) victim = at;
  }
  refs.let_go.push_back(victim->peer);
  candidates_.erase(victim);
}
static_assert(limits::kKademliaRequests < limits::kKademliaCandidates);

bool Lookup::left_aside(const Candidate& candidate) const {
  if (candidate.state == State::kFailed) return true;
  return candidate.state == State::kHeardOf && !believed(candidate.namers) &&
         !planted(Fault::kBelieveLiars);
}

void Lookup::judge_namers(const Candidate& candidate, bool lived) {
  // Neither this peer nor those that share the last bit.
  std::uint64_t rest = candidate.namers & ~(std::uint64_t{1} | std::uint64_t{1} << (kNamers - 1));
  for (; rest != 0; rest &= rest - 1) {
    const auto index = static_cast<std::size_t>(std::countr_zero(rest));
    Namer& namer = namers_[index];
    ++(lived ? namer.lived : namer.failed);
    const bool liar = namer.failed >= limits::kKademliaLies && namer.failed > namer.lived;
    const std::uint64_t bit = std::uint64_t{1} << index;
    if (((liars_ & bit) != 0) == liar) continue;
    liars_ ^= bit;
    hopeful_ = kAllPaths;
  }
}

void Lookup::ask(Instant now, std::vector<PeerRef>& whom) {
  if (requests_ == 0) epoch_ = now;
  // In turn, so that no path takes all the near ones.
  for (bool any = true; any;) {
    any = false;
    for (unsigned path = 0; path < plan_.paths; ++path) {
      const auto bit = static_cast<std::uint8_t>(1U << path);
      if ((hopeful_ & bit) == 0 || open_of_path_[path] >= plan_.alpha) continue;
      if (ask_next(path, now, whom)) {
        any = true;
      } else {  // until something changes
        hopeful_ &= static_cast<std::uint8_t>(~bit);
      }
    }
  }
}

bool Lookup::ask_next(unsigned path, Instant now, std::vector<PeerRef>& whom) {
  std::size_t counted = 0;
  for (Candidate& candidate : candidates_) {
    if ((unsigned{candidate.paths} >> path & 1U) == 0 || left_aside(candidate)) continue;
    if (candidate.state == State::kHeardOf) {
      if (requests_ >= limits::kKademliaRequests) {
        cut_ = true;
        return false;
      }
      candidate.state = State::kAsked;
      candidate.path = static_cast<std::uint8_t>(path);
      candidate.asked_ms = static_cast<std::uint32_t>(to_ms(now - epoch_));
      ++open_of_path_[path];
      ++open_;
      ++requests_;
      whom.push_back(candidate.peer);
      return true;
    }
    if (planted(Fault::kStopAtTheFirst) && candidate.state == State::kAnswered) return false;
    if (++counted == plan_.k) return false;
  }
  return false;
}

std::optional<std::uint8_t> Lookup::answered(PeerRef from, std::span<const PeerRef> named,
                                             EnvSource& source, Refs refs) {
  const auto place = find(from, source);
  if (place == candidates_.end()) return std::nullopt;
  if (place->state != State::kAsked && !planted(Fault::kTakeStrangersAnswers)) return std::nullopt;
  if (place->state == State::kAsked) {
    --open_of_path_[place->path];
    --open_;
  }
  place->state = State::kAnswered;
  judge_namers(*place, true);
  ++answers_;
  const unsigned path = place->path;
  const auto hop = place->hop;
  if (by_hop_.size() <= hop) by_hop_.resize(std::size_t{hop} + 1);
  ++by_hop_[hop];
  hopeful_ |= told(path);
  const unsigned namer = named_by_;
  if (named_by_ < kNamers) ++named_by_;
  const auto next_hop = static_cast<std::uint8_t>(std::min<unsigned>(hop + 1U, UINT8_MAX));
  boost::container::small_vector<Named, 32> others;
  for (const PeerRef peer : named) {
    const std::uint64_t prefix = source.id_prefix_of(peer);
    if (is_self(peer, prefix, source)) continue;
    others.push_back({prefix ^ target_.words[0], peer, 0, told(path)});
  }
  name(others, next_hop, namer, source, refs);
  return hop;
}

bool Lookup::failed(PeerRef peer, EnvSource& source) {
  const auto place = find(peer, source);
  if (place == candidates_.end() || place->state != State::kAsked) return false;
  place->state = State::kFailed;
  failures_ = true;
  hopeful_ |= place->paths;  // the path that asked it is one of these
  --open_of_path_[place->path];
  --open_;
  judge_namers(*place, false);
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
  for (const Candidate& candidate : candidates_) {
    if (candidate.state != State::kAnswered) continue;
    peers.push_back(candidate.peer);
    if (peers.size() == plan_.k) break;
  }
  return peers;
}

void Lookup::release(Refs refs) {
  for (const Candidate& candidate : candidates_) refs.let_go.push_back(candidate.peer);
  candidates_.clear();
}

std::size_t Lookup::bytes() const {
  return candidates_.capacity() * sizeof(Candidate) + by_hop_.capacity() * sizeof(std::uint32_t);
}

}  // namespace shoal::overlay::kademlia
