// SPDX-License-Identifier: Apache-2.0
#include "sim/contract/truth.h"

#include <algorithm>
#include <utility>

namespace shoal::sim {

KeyFingerprint mark_of(std::size_t index) {
  KeyFingerprint key;
  for (std::size_t byte = 0; byte < sizeof(std::uint64_t); ++byte) {
    key.bytes[byte] = static_cast<std::uint8_t>((std::uint64_t{index} + 1) >> (8 * byte));
  }
  return key;
}

std::size_t number_of(const QueryBody& body) {
  std::uint64_t number = 0;
  for (std::size_t byte = 0; byte < sizeof(std::uint64_t); ++byte) {
    number |= std::uint64_t{body.key.bytes[byte]} << (8 * byte);
  }
  return static_cast<std::size_t>(number - 1);
}

std::int64_t SearchTruth::within(unsigned hops) const {
  const auto near = [hops](const Peer& peer) { return peer.asked && peer.hop <= hops; };
  return std::ranges::count_if(peers, near) + std::ranges::count_if(past, near);
}

Truth::Truth(std::size_t peers, std::size_t searches) : searches_(searches) {
  for (SearchTruth& search : searches_) search.peers.resize(peers);
}

void Truth::expect(std::size_t index, std::uint32_t origin) {
  searches_[index].origin = origin;
  searches_[index].origin_crashed = false;
  starting_ = index;
}

void Truth::started(const QueryId& query) { by_query_[query] = *std::exchange(starting_, {}); }

std::optional<std::size_t> Truth::index_of(const PayloadRef& body) const {
  const auto* const query = body.as<QueryBody>();
  if (query == nullptr) return std::nullopt;
  const std::size_t index = number_of(*query);
  return index < searches_.size() ? std::optional(index) : std::nullopt;
}

std::optional<std::size_t> Truth::index_of(const QueryId& query) const {
  const auto at = by_query_.find(query);
  return at == by_query_.end() ? std::nullopt : std::optional(at->second);
}

SearchTruth* Truth::of(const PayloadRef& body) {
  const auto index = index_of(body);
  return index ? &searches_[*index] : nullptr;
}

SearchTruth* Truth::of(const QueryId& query) {
  const auto index = index_of(query);
  return index ? &searches_[*index] : nullptr;
}

SearchTruth* Truth::of_copy(const Message& message) {
  if (!carries_query(message.kind)) return nullptr;
  if (message.kind == MessageKind::kQuery) return of(message.body);
  SearchTruth* const truth = of(message.query);
  // Given back while it was started.
  return truth == nullptr && starting_ ? &searches_[*starting_] : truth;
}

void Truth::on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message,
                        Verdict verdict, const overlay::Effects& out) {
  if (verdict == Verdict::kReject) ++rejected_;
  if (SearchTruth* const known = of(message.query)) known->last_traffic = now;
  if (!carries_query(message.kind)) return;
  if (message.kind != MessageKind::kQuery) return on_own_copy(to, message, out);
  SearchTruth* const truth = of(message.body);
  if (truth == nullptr) return;
  by_query_.try_emplace(message.query, static_cast<std::size_t>(truth - searches_.data()));
  truth->last_traffic = now;
  ++truth->copies;
  const bool refused = std::ranges::any_of(out.sends, [&](const overlay::Send& send) {
    return send.to == from && send.message.kind == MessageKind::kEchoRefused &&
           send.message.query == message.query && send.message.ttl == message.ttl;
  });
  if (refused) {
    ++truth->refused;
    return;
  }
  SearchTruth::Peer& peer = truth->peers[to.value];
  const bool classic = message.body.ref<QueryBody>().rule == DuplicateRule::kClassic;
  const bool own = to.value == truth->origin && !truth->origin_crashed;
  std::uint8_t& best_ttl = peer.best_ttl[message.query];
  const bool useful = !own && (best_ttl == 0 || (!classic && message.ttl > best_ttl));
  if (!useful) {
    ++truth->duplicates;
    return;
  }
  best_ttl = message.ttl;
  peer.hop = peer.asked ? std::min(peer.hop, message.hops + 1U) : message.hops + 1U;
  peer.asked = true;
}

// Whom an overlay asks by a message of its own is told by its looking among its files.
void Truth::on_own_copy(PeerRef to, const Message& message, const overlay::Effects& out) {
  SearchTruth* const truth = of(message.query);
  if (truth == nullptr) return;
  ++truth->copies;
  SearchTruth::Peer& peer = truth->peers[to.value];
  const bool looks = std::ranges::any_of(
      out.lookups, [&](const overlay::Lookup& lookup) { return lookup.id == message.query; });
  if (peer.asked || (to.value == truth->origin && !truth->origin_crashed)) {
    ++truth->duplicates;
  } else if (!looks) {
    ++truth->refused;
  } else {
    peer.asked = true;
    peer.hop = message.hops + 1U;
  }
}

void Truth::on_given_back(Instant, PeerRef, PeerRef, const Message& message) {
  SearchTruth* const truth = of_copy(message);
  if (truth != nullptr) ++truth->given_back;
}

void Truth::on_lost(Instant, PeerRef, PeerRef, const Message& message) {
  SearchTruth* const truth = of_copy(message);
  if (truth != nullptr) ++truth->lost;
}

void Truth::on_lookup(Instant, PeerRef at, const overlay::Lookup& lookup) {
  SearchTruth* truth = of(lookup.query);
  if (truth == nullptr) truth = of(lookup.id);  // an overlay that carried it in its own words
  if (truth == nullptr) return;
  ++truth->lookups;
  SearchTruth::Peer& peer = truth->peers[at.value];
  peer.lookups = std::max(peer.lookups, ++peer.lookups_by_id[lookup.id]);
}

void Truth::on_found(Instant, PeerRef, const overlay::Found& found) {
  SearchTruth* const truth = of(found.query);
  if (truth == nullptr) return;
  if (!truth->reports.empty()) ++truth->found_after_finished;
  truth->found.push_back(found);
}

void Truth::on_finished(Instant now, PeerRef, const overlay::Finished& finished) {
  SearchTruth* truth = of(finished.report.query);
  if (truth == nullptr && starting_) truth = &searches_[*starting_];  // ended while it was started
  if (truth == nullptr) return;
  truth->reports.push_back(finished.report);
  truth->ended.push_back(now);
}

void Truth::on_crash(Instant, PeerRef peer) {
  for (SearchTruth& search : searches_) {
    if (search.origin == peer.value) search.origin_crashed = true;
    SearchTruth::Peer& life = search.peers[peer.value];
    if (life.asked) search.past.push_back(life);
    life = {};
  }
}

}  // namespace shoal::sim
