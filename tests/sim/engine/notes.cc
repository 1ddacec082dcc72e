// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/engine/notes.h"

#include <algorithm>
#include <utility>

namespace shoal::tests {
namespace {

template <class... Numbers>
std::string line(std::string name, Numbers... numbers) {
  ((name += ' ' + std::to_string(static_cast<std::int64_t>(numbers))), ...);
  return name;
}

std::string text_of(const Counts& counts) {
  std::string text = line("counts", counts.first_hop);
  for (const std::int32_t peers : counts.peers_by_hop) text += ' ' + std::to_string(peers);
  return line(text + " :", counts.copies, counts.duplicates, counts.refused, counts.unanswered,
              counts.dropped, counts.cut_by_budget, counts.unsearched, counts.hits_dropped,
              counts.spared);
}

std::string text_of(const Message& message) {
  std::string text = line("message", message.query.high, message.query.low, message.kind,
                          message.overlay.value, message.ttl, message.hops, message.budget_ms);
  if (const auto* const echo = message.body.as<EchoBody>()) text += ' ' + text_of(echo->counts);
  if (const auto* const hit = message.body.as<HitBody>()) {
    text += line(" hit", hit->holder.bytes[0], hit->holder.bytes[1], hit->files.size());
  }
  if (const auto* const own = message.body.as<OpaqueBody>()) {
    text += ' ' + own->bytes;
    for (const Contact& contact : own->contacts) text += line(" of", contact.peer.value);
  }
  if (const auto* const query = message.body.as<QueryBody>()) text += ' ' + query->terms;
  return text;
}

}  // namespace

void Notes::note(Instant now, PeerRef peer, std::string what) {
  seen.push_back({peer.value, now.time_since_epoch().count(), std::move(what)});
}

void Notes::on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message,
                        Verdict verdict, const overlay::Effects& out) {
  note(now, to,
       line("from", from.value, verdict, out.sends.size(), out.timers.size()) + ' ' +
           text_of(message));
}
void Notes::on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) {
  note(now, from, line("given back to", to.value) + ' ' + text_of(message));
}
void Notes::on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) {
  lost.push_back({from.value, now.time_since_epoch().count(),
                  line("lost to", to.value) + ' ' + text_of(message)});
}
void Notes::on_lookup(Instant now, PeerRef at, const overlay::Lookup& lookup) {
  note(now, at, line("lookup", lookup.token.value, lookup.limit, lookup.id.low));
}
void Notes::on_found(Instant now, PeerRef origin, const overlay::Found& found) {
  note(now, origin, line("found", found.query.low, found.hops));
}
void Notes::on_finished(Instant now, PeerRef origin, const overlay::Finished& end) {
  const SearchReport& report = end.report;
  std::string text = line("finished", report.query.low, report.ttl, report.ended, report.complete,
                          report.hits, report.took.count());
  text += line(" first hit", report.first_hit ? report.first_hit->count() : -1);
  for (const FirstHop& hop : report.first_hops) {
    text += line(" hop", hop.peer.value, hop.role, hop.state);
  }
  note(now, origin, text + ' ' + text_of(report.counts));
}
void Notes::on_link_wanted(Instant now, PeerRef at, const overlay::LinkWanted& link) {
  note(now, at, line("wants", link.role));
}
void Notes::on_crash(Instant now, PeerRef peer) { note(now, peer, "crash"); }
void Notes::on_link_down(Instant now, PeerRef at, PeerRef of) {
  note(now, at, line("down", of.value));
}
void Notes::on_restart(Instant now, PeerRef peer) { note(now, peer, "restart"); }
void Notes::on_link_cut(Instant now, PeerRef first, PeerRef second) {
  note(now, first, line("cut", second.value));
}
void Notes::on_link_up(Instant now, PeerRef first, PeerRef second) {
  note(now, first, line("up", second.value));
}
void Notes::on_stall(Instant now, PeerRef from, PeerRef to, bool stalled) {
  note(now, from, line("stall", to.value, stalled));
}

std::vector<Note> Notes::by_peer() const {
  std::vector<Note> sorted = seen;
  std::ranges::stable_sort(sorted, {}, &Note::peer);
  return sorted;
}

}  // namespace shoal::tests
