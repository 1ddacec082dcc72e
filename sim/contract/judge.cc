// SPDX-License-Identifier: Apache-2.0
// Judge: clauses that are seen while the run goes on.
#include "sim/contract/judge.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proto/types/assert.h"
#include "sim/engine/content.h"

namespace shoal::sim {
namespace {

std::string peer(std::uint32_t number) { return "peer " + std::to_string(number); }
std::string ms(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) +
         " ms";
}

}  // namespace

Judge::Judge(Facts facts)
    : facts_(std::move(facts)),
      promises_(promises_of(facts_.via)),
      truth_(facts_.degrees.size(), facts_.asks.size()),
      cases_(facts_.asks.size()),
      lives_(facts_.degrees.size(), 1) {
  SHOAL_ASSERT(promises_ != nullptr);
  for (Case& one : cases_) {
    one.looked.resize(lives_.size());
    one.found.resize(lives_.size());
    one.may.resize(lives_.size());
  }
  for (std::uint32_t number = 0; number < lives_.size(); ++number) {
    ids_[simulated_id(PeerRef{number})] = number;
  }
}

// ---- told by whoever makes the run -------------------------------------------------------------

void Judge::begin(std::size_t index, std::optional<Calm> calm) {
  cases_[index].calm = std::move(calm);
  starting_ = index;
  begun_.push_back(facts_.asks[index]);
  truth_.expect(index, facts_.asks[index].origin);
}

void Judge::began(const Result<QueryId>& query) {
  Case& one = cases_[*std::exchange(starting_, std::nullopt)];
  one.started = query.has_value();
  note_degree(PeerRef{facts_.asks[static_cast<std::size_t>(&one - cases_.data())].origin});
  if (query) return truth_.started(*query);
  truth_.refused();
  begun_.pop_back();
}

void Judge::take_back(std::size_t index, Instant now) {
  if (truth_.searches()[index].reports.empty()) cases_[index].taken_back = now;
}

void Judge::jumped(PeerRef at, Duration by) {
  for (std::size_t index = 0; index < cases_.size(); ++index) {
    if (cases_[index].started && facts_.asks[index].origin == at.value) cases_[index].jumps += by;
  }
}

void Judge::report(Clause clause, Instant at, std::string words,
                   std::optional<std::size_t> search) {
  constexpr std::size_t kEnough = 100;  // what follows says nothing new
  if (breaches_.size() < kEnough) breaches_.push_back({clause, at, std::move(words), search});
}

const Breach* Judge::first(Clause clause) const {
  const auto at = std::ranges::find(breaches_, clause, &Breach::clause);
  return at == breaches_.end() ? nullptr : &*at;
}

std::uint32_t Judge::peer_named(const PeerId& id) const {
  const auto at = ids_.find(id);
  return at == ids_.end() ? kNoPeer.value : at->second;
}

// ---- messages ----------------------------------------------------------------------------------

void Judge::on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message,
                        Verdict verdict, const overlay::Effects& out) {
  if (stranger_) {
    if (verdict == Verdict::kAccept || !out.empty()) {
      report(Clause::kStrangersChangeNothing, now,
             peer(to.value) + " took up a message of kind " +
                 std::to_string(static_cast<unsigned>(message.kind)) + " that no peer had sent");
    }
    return;
  }
  if (message.kind == MessageKind::kLinkActive || message.kind == MessageKind::kLinkStandby) {
    links_changed(now);
  }
  truth_.on_delivery(now, from, to, message, verdict, out);
  if (verdict == Verdict::kReject) {
    report(Clause::kHonestNotStruck, now,
           peer(to.value) + " rejected a message of kind " +
               std::to_string(static_cast<unsigned>(message.kind)) + " with TTL " +
               std::to_string(message.ttl) + " from " + peer(from.value));
  }
  check_tables(now, to);
  if (message.kind == MessageKind::kQuery) check_hops(now, to, message, out);
}

void Judge::links_changed(Instant now) {
  if (!facts_.open) return;
  constexpr Duration kAfterwards = std::chrono::seconds(30);
  for (std::size_t index = 0; index < cases_.size(); ++index) {
    const SearchTruth& truth = truth_.searches()[index];
    const bool over = !truth.ended.empty() && now > truth.ended[0] + kAfterwards;
    if (cases_[index].calm && !over) cases_[index].calm.reset();
  }
}

void Judge::on_link_up(Instant now, PeerRef first, PeerRef second) {
  if (!facts_.open) return;
  links_changed(now);
  note_neighbour(first, second);
  note_neighbour(second, first);
}

/// What a search may cost goes by the links that there are meanwhile: all that there ever were.
void Judge::note_neighbour(PeerRef peer, PeerRef other) {
  if (!neighbours_.emplace(peer, other).second) return;
  const auto from = neighbours_.lower_bound({peer, PeerRef{0}});
  const auto to = neighbours_.upper_bound({peer, PeerRef{UINT32_MAX}});
  const auto links = static_cast<std::uint32_t>(std::distance(from, to));
  facts_.degrees[peer.value] = std::max(facts_.degrees[peer.value], links);
}

void Judge::note_degree(PeerRef peer) {
  const overlay::Node* const node = facts_.open ? facts_.node(peer) : nullptr;
  if (node == nullptr) return;
  for (const overlay::Link& link : node->links().all()) note_neighbour(peer, link.peer);
}

void Judge::check_tables(Instant now, PeerRef at) {
  const overlay::Node* const node = facts_.node(at);
  if (node == nullptr) return;
  note_degree(at);
  const std::size_t most = promises_->busy_bytes(begun_, node->links().all().size());
  // What a membership takes to choose neighbours is no overlay's.
  const std::size_t bytes = node->bytes() - (facts_.open ? node->membership().bytes() : 0);
  fullest_ = std::max(fullest_, 100 * bytes / most);
  if (bytes > most) {
    report(Clause::kTablesBounded, now,
           peer(at.value) + " holds " + std::to_string(bytes) + " bytes, over its bound of " +
               std::to_string(most));
  }
}

void Judge::check_hops(Instant now, PeerRef to, const Message& message,
                       const overlay::Effects& out) {
  const auto index = truth_.index_of(message.body);
  const unsigned hops = unsigned{message.ttl} + message.hops;
  const auto text = [](const Message& copy) {
    return "TTL " + std::to_string(copy.ttl) + " after " + std::to_string(copy.hops) + " hops";
  };
  if (message.ttl == 0 || (index && hops > facts_.asks[*index].ttl)) {
    report(Clause::kHopsShrink, now,
           peer(to.value) + " got a copy of " + text(message) +
               (index ? ", of a search of TTL " + std::to_string(facts_.asks[*index].ttl) : ""),
           index);
  }
  for (const overlay::Send& send : out.sends) {
    const Message& next = send.message;
    if (next.kind != MessageKind::kQuery || next.query != message.query) continue;
    if (next.ttl < message.ttl && next.hops == message.hops + 1) continue;
    report(Clause::kHopsShrink, now,
           peer(to.value) + " forwarded a copy of " + text(message) + " with " + text(next), index);
  }
}

void Judge::on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) {
  truth_.on_given_back(now, from, to, message);
}
void Judge::on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) {
  truth_.on_lost(now, from, to, message);
}

void Judge::on_crash(Instant now, PeerRef at) {
  truth_.on_crash(now, at);
  ++lives_[at.value];
}

// ---- lookups, hits, reports --------------------------------------------------------------------

void Judge::on_lookup(Instant now, PeerRef at, const overlay::Lookup& lookup) {
  truth_.on_lookup(now, at, lookup);
  auto index = truth_.index_of(lookup.query);
  if (!index) index = truth_.index_of(lookup.id);  // carried in the overlay's own words
  if (!index) return;
  const SearchTruth& truth = truth_.searches()[*index];
  ++cases_[*index].looked[at.value];
  if (facts_.shares(*index, at.value)) cases_[*index].may[at.value] = 1;
  if (++lookups_[{lookup.id, at.value, lives_[at.value]}] == 2) {
    report(Clause::kAnswersOnce, now, peer(at.value) + " looked for the same query twice", index);
  }
  if (at.value == truth.origin && !truth.origin_crashed) {
    report(Clause::kAnswersOnce, now, peer(at.value) + " looked for its own search's query", index);
  }
}

void Judge::on_found(Instant now, PeerRef origin, const overlay::Found& found) {
  const auto index = truth_.index_of(found.query);
  if (index) check_found(now, *index, found);
  truth_.on_found(now, origin, found);
}

void Judge::check_found(Instant now, std::size_t index, const overlay::Found& found) {
  Case& one = cases_[index];
  const auto& body = found.hit.ref<HitBody>();
  const std::uint32_t holder = peer_named(body.holder);
  if (!truth_.searches()[index].reports.empty()) {
    report(Clause::kSilentAfterwards, now, "a hit was handed out after the report", index);
  }
  if (holder == kNoPeer.value) {
    return report(Clause::kOnlyAskedHolders, now, "a hit names a holder that does not exist",
                  index);
  }
  const std::string who = peer(holder);
  if (holder == facts_.asks[index].origin) {
    report(Clause::kOnlyAskedHolders, now, "its own origin, " + who + ", is named as holder",
           index);
  }
  for (const HitFile& file : body.files) {
    if (facts_.holds(index, holder, file)) continue;
    report(Clause::kOnlyAskedHolders, now, who + " is named as holder of what it does not hold",
           index);
  }
  if (body.files.empty()) {
    report(Clause::kOnlyAskedHolders, now, "a hit of " + who + " names no file", index);
  }
  if (promises_->reach(facts_.asks[index]) == Reach::kHolder) return;  // others may know of it
  if (++one.found[holder] > one.looked[holder]) {
    report(Clause::kOnlyAskedHolders, now,
           one.looked[holder] == 0 ? who + " was found and had not been asked"
                                   : who + " was found more often than it was asked",
           index);
  }
  if (found.hops == 0 || (promises_->by_ttl && found.hops > facts_.asks[index].ttl)) {
    report(Clause::kOnlyAskedHolders, now,
           who + " was found at hop " + std::to_string(found.hops) + " of a search of TTL " +
               std::to_string(facts_.asks[index].ttl),
           index);
  }
}

void Judge::on_finished(Instant now, PeerRef origin, const overlay::Finished& finished) {
  std::optional<std::size_t> index = truth_.index_of(finished.report.query);
  if (!index) index = starting_;  // ended while it was started
  truth_.on_finished(now, origin, finished);
  if (index) check_report(now, *index, finished.report);
}

void Judge::check_report(Instant now, std::size_t index, const SearchReport& report_) {
  const Case& one = cases_[index];
  const SearchTruth& truth = truth_.searches()[index];
  if (truth.reports.size() == 2) {
    report(Clause::kEndsOnce, now, "a second report was made", index);
  }
  // A clock that is fast leaves microseconds out.
  const Duration most = facts_.asks[index].lasts() + one.jumps + Duration(1);
  if (report_.took > most) {
    report(Clause::kEndsInTime, now, "it took " + ms(report_.took) + " of " + ms(most), index);
  }
  if (report_.ended == EndReason::kCancelled && one.taken_back != now) {
    report(Clause::kCancelEndsIt, now, "it says it was cancelled when it was not", index);
  }
  if (one.taken_back && truth.reports.size() == 1 && one.taken_back != now) {
    report(Clause::kCancelEndsIt, now,
           "it was taken back " + ms(now - *one.taken_back) + " before it ended", index);
  }
  if (report_.hits != truth.found.size()) {
    report(Clause::kCompleteIsTrue, now,
           "its report says " + std::to_string(report_.hits) + " hits, " +
               std::to_string(truth.found.size()) + " were handed out",
           index);
  }
}

}  // namespace shoal::sim
