// SPDX-License-Identifier: Apache-2.0
#include "tests/support/truth.h"

#include <algorithm>
#include <utility>

namespace shoal::tests {

std::int64_t SearchTruth::within(unsigned hops) const {
  return std::ranges::count_if(peers, [hops](const Peer& p) { return p.asked && p.hop <= hops; });
}

Truth::Truth(std::size_t peers, std::size_t searches) : searches_(searches), bodies_(searches) {
  for (SearchTruth& search : searches_) search.peers.resize(peers);
}

void Truth::expect(std::size_t index, std::uint32_t origin, const PayloadRef& body) {
  searches_[index].origin = origin;
  bodies_[index] = body;
  starting_ = index;
}

void Truth::started(const QueryId& query) { by_query_[query] = *std::exchange(starting_, {}); }

SearchTruth* Truth::of(const PayloadRef& body) {
  if (!body) return nullptr;
  const auto at = std::ranges::find(bodies_, body);
  return at == bodies_.end() ? nullptr : &searches_[static_cast<std::size_t>(at - bodies_.begin())];
}

SearchTruth* Truth::of(const QueryId& query) {
  const auto at = by_query_.find(query);
  return at == by_query_.end() ? nullptr : &searches_[at->second];
}

void Truth::on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message,
                        Verdict verdict, const overlay::Effects& out) {
  if (verdict == Verdict::kReject) ++rejected_;
  if (SearchTruth* const known = of(message.query)) known->last_traffic = now;
  if (message.kind != MessageKind::kQuery) return;
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
  std::uint8_t& best_ttl = peer.best_ttl[message.query];
  const bool useful =
      to.value != truth->origin && (best_ttl == 0 || (!classic && message.ttl > best_ttl));
  if (!useful) {
    ++truth->duplicates;
    return;
  }
  best_ttl = message.ttl;
  peer.hop = peer.asked ? std::min(peer.hop, message.hops + 1U) : message.hops + 1U;
  peer.asked = true;
}

void Truth::on_given_back(Instant, PeerRef, PeerRef, const Message& message) {
  SearchTruth* const truth = of(message.body);
  if (truth != nullptr && message.kind == MessageKind::kQuery) ++truth->given_back;
}

void Truth::on_lost(Instant, PeerRef, PeerRef, const Message& message) {
  SearchTruth* const truth = of(message.body);
  if (truth != nullptr && message.kind == MessageKind::kQuery) ++truth->lost;
}

void Truth::on_lookup(Instant, PeerRef at, const overlay::Lookup& lookup) {
  SearchTruth* const truth = of(lookup.query);
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

}  // namespace shoal::tests
