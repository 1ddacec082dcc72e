// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/search_table.h"

#include <algorithm>

#include "cli/daemon/search/search_advice.h"
#include "cli/daemon/search/search_entry.h"
#include "cli/daemon/search/search_room.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/limits_broker.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

// A budget of 0 would mean the longest.
constexpr Duration kShortestBudget = std::chrono::milliseconds(1);

bool is_down(overlay::LinkStatus::State state) {
  return state == overlay::LinkStatus::State::kDown ||
         state == overlay::LinkStatus::State::kDialling;
}

FirstHopState not_asked(overlay::LinkStatus::State state) {
  if (is_down(state)) return FirstHopState::kDown;
  // One that became active since the search found none so was not reached.
  return state == overlay::LinkStatus::State::kStandby ? FirstHopState::kStandby
                                                       : FirstHopState::kGivenBack;
}

}  // namespace

SearchTable::SearchTable(overlay::OverlayHost& overlay, boost::asio::any_io_executor workers,
                         NameOf name_of, std::vector<std::unique_ptr<SideRoute>> sides)
    : overlay_(overlay),
      workers_(std::move(workers)),
      name_of_(std::move(name_of)),
      sides_(std::move(sides)) {
  for (std::size_t at = 0; at < sides_.size(); ++at) {
    turns_.push_back(
        std::make_shared<Turns>(limits::kSourceQuestions, limits::kSourceQuestionsWaiting));
  }
}

SearchTable::~SearchTable() {
  for (const auto& turns : turns_) turns->close();
}

// ---- legs --------------------------------------------------------------------------------------

Result<QueryId> SearchTable::start(WantedSearch wanted) {
  const std::int64_t by = wanted.by;
  if (auto room = make_room(by); !room) return tl::unexpected(room.error());
  auto entry = std::make_shared<Entry>(std::move(wanted));
  std::vector<Leg> legs;
  {
    const std::lock_guard lock(entry->mutex);
    legs = entry->plan.next({}, 0);
  }
  auto started = start_legs(entry, legs);
  keep(by, started ? entry : nullptr);
  if (!started) return tl::unexpected(started.error());
  return entry->id;
}

// All have their places before the first one starts: one that ends at once must not seem the last.
Result<void> SearchTable::start_legs(const EntryRef& entry, const std::vector<Leg>& legs) {
  std::size_t first = 0;
  {
    const std::lock_guard lock(entry->mutex);
    first = entry->legs.size();
    for (const Leg& leg : legs) {
      Entry::Leg& place = entry->legs.emplace_back();
      place.told.why = leg.why;
      place.told.report.names.via = leg.via;
      place.told.beside = leg.side;
    }
  }
  for (std::size_t at = 0; at < legs.size(); ++at) {
    auto started = legs[at].side ? start_side(entry, first + at, legs[at])
                                 : start_leg(entry, first + at, legs[at]);
    if (started) continue;
    if (legs.size() == 1 && first == 0) return started;  // there is no search at all
    leg_failed(entry, first + at, std::move(started.error()));
  }
  return {};
}

Result<void> SearchTable::start_leg(const EntryRef& entry, std::size_t at, const Leg& leg) {
  bool single = false;
  overlay::SearchSpec spec = entry->spec;
  spec.via = leg.via;
  spec.ttl = leg.ttl;
  for (const auto& [name, value] : leg.parameters) spec.parameters.push_back(name + "=" + value);
  {
    const std::lock_guard lock(entry->mutex);
    single = entry->plan.single();
    // What the user gave is for all ways together.
    const Duration age = at == 0 ? Duration{} : entry->age();
    if (spec.budget > Duration{}) spec.budget = std::max(spec.budget - age, kShortestBudget);
    const auto hits = static_cast<std::uint32_t>(entry->hits.size());
    if (spec.enough > 0) spec.enough = std::max(1U, spec.enough - std::min(spec.enough, hits));
  }
  auto started = overlay_.search(spec, handlers(entry, at));
  if (!started && started.error().code == Errc::kNotConnected) {
    const overlay::FinishedSearch nobody = nobody_to_ask(spec);
    if (single) entry->id = nobody.report.query;
    leg_ended(entry, at, nobody);
    return {};
  }
  if (!started) return tl::unexpected(advised(std::move(started.error())));
  if (single) entry->id = started->query;
  bool unwanted = false;
  {
    const std::lock_guard lock(entry->mutex);
    Entry::Leg& place = entry->legs[at];
    place.query = started->query;
    place.key_pem = std::move(started->key_pem);
    place.started = true;
    unwanted = entry->cancelled;
  }
  if (unwanted) overlay_.cancel(started->query);
  return {};
}

Result<void> SearchTable::start_side(const EntryRef& entry, std::size_t at, const Leg& leg) {
  const auto side = std::ranges::find(sides_, leg.via, &SideRoute::name);
  if (side == sides_.end()) {
    return fail(Errc::kUnsupported, "this peer does not search by " + leg.via, "", "shoal overlay");
  }
  const overlay::SearchSpec& spec = entry->spec;
  std::optional<rpc::Identity> key;
  if ((*side)->asks_holders()) key = rpc::Identity::generate();
  SideQuery query{random_query(),
                  key ? KeyFingerprint{key->id().bytes} : KeyFingerprint{},
                  spec.terms,
                  spec.content,
                  spec.length_min,
                  spec.length_max,
                  std::chrono::duration_cast<std::chrono::milliseconds>(spec.budget),
                  spec.enough};
  SideRoute::Handlers handlers{[entry, at](const std::vector<SideHit>& hits) {
                                 const std::lock_guard lock(entry->mutex);
                                 if (!entry->cancelled) entry->add(hits, at);
                               },
                               [this, entry, at](const Result<SideAnswer>& answer) {
                                 {
                                   const std::lock_guard lock(entry->mutex);
                                   entry->end_side(answer, at);
                                 }
                                 go_on(entry);
                               }};
  if (key) {
    const std::lock_guard lock(entry->mutex);
    entry->legs[at].key_pem = key->key_pem();
  }
  auto cancel = (*side)->search(std::move(query), std::move(handlers));
  bool unwanted = false;
  {
    const std::lock_guard lock(entry->mutex);
    entry->legs[at].cancel = cancel;
    unwanted = entry->cancelled;
  }
  if (unwanted) cancel();
  return {};
}

overlay::SearchHandlers SearchTable::handlers(const EntryRef& entry, std::size_t at) {
  return {[entry, at](const overlay::FoundHit& hit) {
            const std::lock_guard lock(entry->mutex);
            entry->add(hit, at);
          },
          [this, entry, at](const overlay::FinishedSearch& finished) {
            leg_ended(entry, at, finished);
          }};
}

void SearchTable::leg_ended(const EntryRef& entry, std::size_t at,
                            const overlay::FinishedSearch& finished) {
  {
    const std::lock_guard lock(entry->mutex);
    Entry::Leg& leg = entry->legs[at];
    leg.told.report = named(finished, leg.told.report.names.via);
    leg.ended = end_of(finished.report);
  }
  go_on(entry);
}

void SearchTable::leg_failed(const EntryRef& entry, std::size_t at, Error error) {
  {
    const std::lock_guard lock(entry->mutex);
    Entry::Leg& leg = entry->legs[at];
    leg.told.error = error.why.empty() ? error.what : error.what + ": " + error.why;
    leg.ended = LegEnd{.failed = true};
  }
  go_on(entry);
}

// May be called on the overlay's own thread, where no search can be started.
void SearchTable::go_on(const EntryRef& entry) {
  std::vector<Leg> legs;
  {
    const std::lock_guard lock(entry->mutex);
    if (entry->report || !entry->all_ended()) return;
    legs = entry->next_legs();
    if (legs.empty()) return entry->close();
  }
  boost::asio::post(workers_, [this, entry, legs = std::move(legs)] {
    if (auto started = start_legs(entry, legs); !started) {
      SHOAL_ASSERT(false);  // only the first legs can fail so
    }
  });
}

// All friends are down or on standby: the report names them, and nobody was asked.
overlay::FinishedSearch SearchTable::nobody_to_ask(const overlay::SearchSpec& spec) const {
  overlay::FinishedSearch finished;
  finished.report.query = random_query();
  finished.report.ttl = spec.ttl;
  finished.report.ended = EndReason::kNobody;
  finished.report.complete = true;
  finished.report.counts.first_hop = 1;
  finished.first_hops = overlay_.links();
  for (const auto& link : finished.first_hops) {
    finished.report.first_hops.push_back({kNoPeer, link.role, not_asked(link.state)});
  }
  return finished;
}

json::NamedReport SearchTable::named(const overlay::FinishedSearch& finished,
                                     const std::string& via) const {
  json::NamedReport out;
  out.report = finished.report;
  json::ReportNames& names = out.names;
  names.via = via;
  for (const overlay::LinkStatus& link : finished.first_hops) {
    names.ids.push_back(shoal::to_text(link.peer));
    names.names.push_back(link.name.empty() ? name_of_(link.peer) : scrub(link.name));
    json::HopTrouble& trouble = names.troubles.emplace_back();
    if (is_down(link.state)) {
      trouble.since_ms = link.since.count();
      trouble.why = link.last_error;
    }
  }
  return out;
}

// ---- the table ---------------------------------------------------------------------------------

Result<void> SearchTable::make_room(std::int64_t by) {
  const std::lock_guard lock(mutex_);
  std::vector<KeptSearch> kept;
  for (const auto& entry : entries_) kept.push_back({entry->by, entry->ended()});
  for (const std::int64_t other : starting_) kept.push_back({other, false});
  const auto room = room_for(by, kept);
  if (!room) return tl::unexpected(room.error());
  if (*room) entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(**room));
  starting_.push_back(by);
  return {};
}

void SearchTable::keep(std::int64_t by, EntryRef entry) {
  const std::lock_guard lock(mutex_);
  starting_.erase(std::ranges::find(starting_, by));
  if (entry) entries_.push_back(std::move(entry));
}

bool SearchTable::is_by(const QueryId& id, std::int64_t by) const {
  const auto entry = find(id);
  return entry && (*entry)->by == by;
}

bool SearchTable::is_at(const QueryId& id, const PeerId& holder, const std::string& place) const {
  const auto entry = find(id);
  if (!entry) return false;
  const std::lock_guard lock((*entry)->mutex);
  return std::ranges::any_of((*entry)->hits, [&](const Entry::Hit& hit) {
    const auto& places = hit.source.endpoints;
    return hit.source.peer == holder && std::ranges::find(places, place) != places.end();
  });
}

Result<SearchTable::EntryRef> SearchTable::find(const QueryId& id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries_) {
    if (entry->id == id) return entry;
  }
  return fail(Errc::kNotFound, "no such search", to_text(id), "only the latest searches are kept");
}

Result<void> SearchTable::cancel(const QueryId& id) {
  const auto entry = find(id);
  if (!entry) return tl::unexpected(entry.error());
  std::vector<QueryId> open;
  std::vector<SideRoute::Cancel> sides;
  {
    const std::lock_guard lock((*entry)->mutex);
    if ((*entry)->report) return {};
    (*entry)->cancelled = true;
    for (const auto& leg : (*entry)->legs) {
      if (leg.started && !leg.ended) open.push_back(leg.query);
      if (leg.cancel && !leg.ended) sides.push_back(leg.cancel);
    }
  }
  for (const auto& cancel_side : sides) cancel_side();
  for (const QueryId& query : open) overlay_.cancel(query);
  return {};
}

void SearchTable::stop() {
  for (const auto& turns : turns_) turns->close();
  std::vector<SideRoute::Cancel> sides;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : entries_) {
      const std::lock_guard entry_lock(entry->mutex);
      for (const auto& leg : entry->legs) {
        if (leg.cancel && !leg.ended) sides.push_back(leg.cancel);
      }
    }
  }
  for (const auto& cancel_side : sides) cancel_side();
}

Result<SearchTable::News> SearchTable::news(const QueryId& id, std::size_t from) const {
  const auto entry = find(id);
  if (!entry) return tl::unexpected(entry.error());
  News out;
  const std::lock_guard lock((*entry)->mutex);
  for (std::size_t at = from; at < (*entry)->hits.size(); ++at) {
    auto row = (*entry)->hits[at].row;
    row.query = id;
    out.hits.push_back(json::to_json(row));
  }
  out.report = (*entry)->report;
  return out;
}

Result<SearchTable::Snapshot> SearchTable::snapshot(const QueryId& id) const {
  auto all = news(id, 0);
  if (!all) return tl::unexpected(all.error());
  return Snapshot{std::move(all->hits), std::move(all->report)};
}

}  // namespace shoal::daemon
