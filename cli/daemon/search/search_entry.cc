// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/search_entry.h"

#include <sodium.h>

#include <algorithm>

#include "proto/types/limits.h"

namespace shoal::daemon {

QueryId random_query() {
  QueryId id;
  randombytes_buf(&id.high, sizeof id.high);
  randombytes_buf(&id.low, sizeof id.low);
  return id;
}

SearchTable::Entry::Entry(WantedSearch wanted)
    : by(wanted.by),
      spec(std::move(wanted.spec)),
      id(random_query()),
      plan(std::move(wanted.plan)),
      began(std::chrono::steady_clock::now()) {}

Duration SearchTable::Entry::age() const {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
}

// By another leg: one leg may name a file of a holder twice, if it has two names.
SearchTable::Entry::Hit* SearchTable::Entry::known(const PeerId& holder, const ContentId& content,
                                                   std::size_t leg) {
  const auto hit = std::ranges::find_if(hits, [&](const Hit& each) {
    return each.leg != leg && each.row.holder == holder && each.row.content == content;
  });
  return hit == hits.end() ? nullptr : &*hit;
}

void SearchTable::Entry::add(const overlay::FoundHit& found, std::size_t leg) {
  // A leg of its own counts from its own beginning, the user from the search's.
  const std::int64_t t_ms = legs.size() == 1 ? to_ms(found.after) : to_ms(age());
  for (const auto& file : found.files) {
    if (hits.size() == limits::kHitsMax) return;
    if (Hit* const before = known(found.holder, file.content, leg)) {
      // Who answered a query lets its key fetch, which is more than being listed somewhere says.
      if (legs[before->leg].told.beside) {
        before->leg = leg;
        before->source = {found.holder, found.endpoints, found.card};
      }
      continue;
    }
    json::SearchHit row;
    row.t_ms = t_ms;
    row.content = file.content;
    row.name = file.name;
    row.holder = found.holder;
    row.holder_name = found.name;
    row.hops = found.hops;
    hits.push_back({std::move(row), {found.holder, found.endpoints, found.card}, leg});
  }
}

void SearchTable::Entry::add(const std::vector<SideHit>& found, std::size_t leg) {
  // Late answers are hits, but no longer in the report of their way.
  const bool late = legs[leg].ended.has_value();
  auto& told = legs[leg].told.side;
  if (!told && !late) told.emplace();
  for (const SideHit& side : found) {
    if (!late) ++told->files;
    legs[leg].holders.insert(side.source.peer);
    if (hits.size() == limits::kHitsMax) continue;
    if (Hit* const before = known(side.source.peer, side.file.content, leg)) {
      const bool better = !legs[leg].key_pem.empty() && legs[before->leg].key_pem.empty();
      if (better) before->leg = leg;
      if (better) before->source = side.source;
      continue;
    }
    json::SearchHit row;
    row.t_ms = to_ms(age());
    row.content = side.file.content;
    row.name = side.file.name;
    row.holder = side.source.peer;
    row.holder_name = side.holder_name;
    hits.push_back({std::move(row), side.source, leg});
  }
}

void SearchTable::Entry::end_side(const Result<SideAnswer>& answer, std::size_t leg) {
  Leg& place = legs[leg];
  SearchReport& told_report = place.told.report.report;
  told_report.query = random_query();
  told_report.took = age();
  told_report.counted = false;
  if (answer) {
    auto& told = place.told.side;
    if (!told) told.emplace();
    told->asked = answer->asked;
    told->holders = place.holders.size();
    told->refused = answer->refused;
    told->more = answer->more;
    told_report.ended = EndReason::kAnswered;
    told_report.complete = !answer->more;
    told_report.hits = static_cast<std::uint32_t>(told->files);
    place.ended = LegEnd{};
    return;
  }
  const Error& error = answer.error();
  told_report.ended = cancelled ? EndReason::kCancelled : EndReason::kNobody;
  // What came before it was cancelled stays told of.
  auto& told = place.told.side;
  if (told && told->files > 0) {
    told->holders = place.holders.size();
    told->more = true;
    told_report.hits = static_cast<std::uint32_t>(told->files);
  } else {
    told.reset();
  }
  place.told.error = error.why.empty() ? error.what : error.what + ": " + error.why;
  place.ended = LegEnd{.failed = true};
}

bool SearchTable::Entry::all_ended() const {
  return std::ranges::all_of(legs, [](const Leg& leg) { return leg.ended.has_value(); });
}

std::vector<daemon::Leg> SearchTable::Entry::next_legs() {
  if (cancelled) return {};
  std::vector<LegEnd> ends;
  for (const Leg& leg : legs) ends.push_back(*leg.ended);
  return plan.next(ends, static_cast<std::uint32_t>(hits.size()));
}

void SearchTable::Entry::close() {
  report = json::to_json(plan.single() ? legs.front().told.report : sum());
}

json::NamedReport SearchTable::Entry::sum() const {
  const auto last_overlay =
      std::find_if(legs.rbegin(), legs.rend(), [](const Leg& leg) { return !leg.told.beside; });
  const Leg& last = last_overlay == legs.rend() ? legs.back() : *last_overlay;
  json::NamedReport all;
  all.names = last.told.report.names;
  all.names.via = plan.automatic() ? std::string(kAutomatic) : "";
  SearchReport& whole = all.report;
  whole.query = id;
  whole.ended = last.told.report.report.ended;
  whole.first_hops = last.told.report.report.first_hops;
  whole.counted = false;
  whole.complete = true;
  whole.hits = static_cast<std::uint32_t>(hits.size());
  whole.took = age();
  if (!hits.empty()) whole.first_hit = std::chrono::milliseconds(hits.front().row.t_ms);
  for (const Leg& leg : legs) {
    const json::NamedReport& told = leg.told.report;
    if (!plan.automatic()) all.names.via += (all.names.via.empty() ? "" : ",") + told.names.via;
    whole.complete = whole.complete && !leg.ended->failed && told.report.complete;
    whole.ttl = std::max(whole.ttl, told.report.ttl);
    // The way on which somebody was asked says more than one on which nobody could be.
    if (whole.first_hops.empty() && !told.report.first_hops.empty()) {
      whole.first_hops = told.report.first_hops;
      all.names.ids = told.names.ids;
      all.names.names = told.names.names;
      all.names.troubles = told.names.troubles;
    }
    all.legs.push_back(leg.told);
  }
  if (cancelled) whole.ended = EndReason::kCancelled;
  all.stopped = cancelled ? "it was cancelled" : plan.stopped();
  return all;
}

}  // namespace shoal::daemon
