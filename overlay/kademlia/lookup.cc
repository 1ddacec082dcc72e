// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/lookup.h"

#include <algorithm>
#include <bit>

#include "overlay/kademlia/faults.h"
#include "proto/types/assert.h"

namespace shoal::overlay::kademlia {

void Lookup::begin(std::span<const PeerRef> known, EnvSource& source, Refs refs) {
  SHOAL_ASSERT(plan_.paths >= 1 && plan_.paths <= limits::kKademliaPathsMax);
  used_paths_ = plan_.paths;
  candidates_.reserve(2 * plan_.k);
  unsigned path = 0;
  for (const PeerRef peer : known) name(peer, path++ % used_paths_, 0, 0, source, refs);
}

// The distance of a peer that was heard of is one search away: candidates are sorted by it.
Lookup::Place Lookup::lower_bound(PeerRef peer, const Point& at, EnvSource& source) {
  const std::uint64_t far = at.words[0] ^ target_.words[0];
  auto place = std::ranges::lower_bound(candidates_, far, {}, &Candidate::distance);
  while (place != candidates_.end() && place->distance == far && place->peer != peer &&
         distance(point_of(source.id_of(place->peer)), target_) < distance(at, target_)) {
    ++place;
  }
  return place;
}

Lookup::Place Lookup::find(PeerRef peer, EnvSource& source) {
  const auto place = lower_bound(peer, point_of(source.id_of(peer)), source);
  const bool here = place != candidates_.end() && place->peer == peer;
  return here ? place : candidates_.end();
}

void Lookup::name(PeerRef peer, unsigned path, std::uint8_t hop, unsigned namer, EnvSource& source,
                  Refs refs) {
  const Point at = point_of(source.id_of(peer));
  if (at == self_) return;
  auto place = lower_bound(peer, at, source);
  const auto bit = static_cast<std::uint8_t>(planted(Fault::kShareAnswers) ? (1U << used_paths_) - 1
                                                                           : 1U << path);
  const std::uint64_t named_by = std::uint64_t{1} << std::min(namer, kNamers - 1);
  if (place != candidates_.end() && place->peer == peer) {
    place->paths |= bit;
    place->namers |= named_by;
    return;
  }
  // While everybody lives whom one heard of, nobody will come to those that are so far behind.
  if (!failures_ && place - candidates_.begin() >= static_cast<std::ptrdiff_t>(3 * plan_.k)) return;
  if (candidates_.size() >= limits::kKademliaCandidates) {
    make_room(refs);
    if (candidates_.size() >= limits::kKademliaCandidates) return;
    place = lower_bound(peer, at, source);
  }
  refs.kept.push_back(peer);
  Candidate fresh{at.words[0] ^ target_.words[0], named_by, peer};
  fresh.paths = bit;
  fresh.hop = hop;
  candidates_.insert(place, fresh);
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
  auto victim = candidates_.end();
  for (auto at = candidates_.begin(); at != candidates_.end(); ++at) {
    if (at->state != State::kHeardOf) continue;
    const bool liars_only = (at->namers & ~liars_) == 0;
    const bool worse = victim != candidates_.end() && (victim->namers & ~liars_) == 0;
    if (liars_only || (!worse && at->namers == filler)) victim = at;
  }
  if (victim == candidates_.end()) return;
  refs.let_go.push_back(victim->peer);
  candidates_.erase(victim);
}

bool Lookup::left_aside(const Candidate& candidate) const {
  if (candidate.state == State::kFailed) return true;
  return candidate.state == State::kHeardOf && (candidate.namers & ~liars_) == 0 &&
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
    liars_ = liar ? liars_ | bit : liars_ & ~bit;
  }
}

void Lookup::ask(Instant now, std::vector<PeerRef>& whom) {
  if (requests_ == 0) epoch_ = now;
  // In turn, so that no path takes all the near ones.
  for (bool any = true; any;) {
    any = false;
    for (unsigned path = 0; path < used_paths_; ++path) {
      if (open_of_path_[path] < plan_.alpha && ask_next(path, now, whom)) any = true;
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
  const auto namer = static_cast<unsigned>(namers_.size());
  if (namer < kNamers) namers_.push_back(Namer{});
  const auto next_hop = static_cast<std::uint8_t>(std::min<unsigned>(hop + 1U, UINT8_MAX));
  for (const PeerRef peer : named) name(peer, path, next_hop, namer, source, refs);
  return hop;
}

bool Lookup::failed(PeerRef peer, EnvSource& source) {
  const auto place = find(peer, source);
  if (place == candidates_.end() || place->state != State::kAsked) return false;
  place->state = State::kFailed;
  failures_ = true;
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
  return candidates_.capacity() * sizeof(Candidate) + namers_.capacity() * sizeof(Namer) +
         by_hop_.capacity() * sizeof(std::uint32_t);
}

}  // namespace shoal::overlay::kademlia
