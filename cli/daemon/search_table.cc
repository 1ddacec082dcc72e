// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search_table.h"

#include <sodium.h>

#include <algorithm>

#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

QueryId random_query() {
  QueryId id;
  randombytes_buf(&id.high, sizeof id.high);
  randombytes_buf(&id.low, sizeof id.low);
  return id;
}

transfer::SourceInfo source_of(const overlay::FoundHit& hit) {
  return {hit.holder, hit.endpoints, hit.card};
}

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

// The key of a search and its end come from two threads; the later one reports.
struct SourceSearch {
  std::mutex mutex;
  std::vector<transfer::SourceInfo> sources;
  std::optional<std::string> key_pem;
  bool ended = false;
};

}  // namespace

bool SearchTable::Entry::ended() const {
  const std::lock_guard lock(mutex);
  return report.has_value();
}

SearchTable::SearchTable(overlay::OverlayHost& overlay, NameOf name_of)
    : overlay_(overlay), name_of_(std::move(name_of)) {}

Result<QueryId> SearchTable::start(const overlay::SearchSpec& spec) {
  if (auto room = make_room(); !room) return tl::unexpected(room.error());
  auto entry = std::make_shared<Entry>();
  auto started = overlay_.search(spec, handlers(entry, spec.via));
  if (started) {
    const std::lock_guard lock(entry->mutex);
    entry->id = started->query;
    entry->key_pem = std::move(started->key_pem);
  } else if (started.error().code == Errc::kNotConnected) {
    nobody_to_ask(*entry, spec);
  } else {
    return tl::unexpected(started.error());
  }
  keep(entry);
  const std::lock_guard lock(entry->mutex);
  return entry->id;
}

overlay::SearchHandlers SearchTable::handlers(const EntryRef& entry, const std::string& via) {
  return {[entry](const overlay::FoundHit& hit) {
            const std::lock_guard lock(entry->mutex);
            for (const auto& file : hit.files) {
              if (entry->hits.size() == limits::kHitsMax) return;
              json::SearchHit row;
              row.t_ms = to_ms(hit.after);
              row.content = file.content;
              row.name = file.name;
              row.holder = hit.holder;
              row.holder_name = hit.name;
              row.hops = hit.hops;
              entry->hits.push_back({std::move(row), source_of(hit)});
            }
          },
          [this, entry, via](const overlay::FinishedSearch& finished) {
            auto report = report_json(finished, via);
            const std::lock_guard lock(entry->mutex);
            entry->report = std::move(report);
          }};
}

// All friends are down or on standby: the report names them, and nobody was asked.
void SearchTable::nobody_to_ask(Entry& entry, const overlay::SearchSpec& spec) {
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
  auto report = report_json(finished, spec.via);
  const std::lock_guard lock(entry.mutex);
  entry.id = finished.report.query;
  entry.report = std::move(report);
}

bj::object SearchTable::report_json(const overlay::FinishedSearch& finished,
                                    const std::string& via) const {
  json::ReportNames names;
  names.via = via;
  for (std::size_t at = 0; at < finished.first_hops.size(); ++at) {
    const overlay::LinkStatus& link = finished.first_hops[at];
    names.ids.push_back(shoal::to_text(link.peer));
    names.names.push_back(name_of_(link.peer));
    json::HopTrouble& trouble = names.troubles.emplace_back();
    if (is_down(link.state)) {
      trouble.since_ms = link.since.count();
      trouble.why = link.last_error;
    }
  }
  return json::to_json(finished.report, names);
}

Result<void> SearchTable::make_room() {
  const std::lock_guard lock(mutex_);
  if (entries_.size() < limits::kSearchesKept) return {};
  const auto old = std::ranges::find_if(entries_, [](const EntryRef& e) { return e->ended(); });
  if (old == entries_.end()) {
    return fail(Errc::kOverloaded, "the search was not started",
                std::to_string(entries_.size()) + " searches run already", "wait for one to end");
  }
  entries_.erase(old);
  return {};
}

void SearchTable::keep(EntryRef entry) {
  const std::lock_guard lock(mutex_);
  entries_.push_back(std::move(entry));
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
  if (!(*entry)->ended()) overlay_.cancel(id);
  return {};
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

std::optional<Holders> SearchTable::holders(const ContentId& content,
                                            const std::optional<QueryId>& search) const {
  std::vector<EntryRef> newest_first;
  {
    const std::lock_guard lock(mutex_);
    newest_first.assign(entries_.rbegin(), entries_.rend());
  }
  std::ranges::stable_partition(newest_first,
                                [&](const EntryRef& e) { return search && e->id == *search; });
  for (const auto& entry : newest_first) {
    Holders out;
    const std::lock_guard lock(entry->mutex);
    for (const auto& hit : entry->hits) {
      if (hit.row.content != content) continue;
      if (out.sources.empty()) out.name = hit.row.name;
      if (out.sources.size() < limits::kDownloadSources) out.sources.push_back(hit.source);
    }
    if (out.sources.empty() || entry->key_pem.empty()) continue;
    out.key_pem = entry->key_pem;
    return out;
  }
  return std::nullopt;
}

void SearchTable::find_sources(
    const ContentId& content,
    std::function<void(std::vector<transfer::SourceInfo>, std::string)> found) {
  auto shared = std::make_shared<SourceSearch>();
  const auto report = [shared, found](std::optional<std::string> key, bool ended) {
    std::unique_lock lock(shared->mutex);
    if (key) shared->key_pem = std::move(key);
    shared->ended = shared->ended || ended;
    if (!shared->ended || !shared->key_pem) return;
    auto sources = std::move(shared->sources);
    auto key_pem = std::move(*shared->key_pem);
    lock.unlock();
    found(std::move(sources), std::move(key_pem));
  };
  overlay::SearchSpec spec;
  spec.content = content;
  spec.enough = static_cast<std::uint32_t>(limits::kDownloadSources);
  overlay::SearchHandlers handlers{
      [shared](const overlay::FoundHit& hit) {
        const std::lock_guard lock(shared->mutex);
        shared->sources.push_back(source_of(hit));
      },
      [report](const overlay::FinishedSearch&) { report(std::nullopt, true); }};
  auto started = overlay_.search(spec, std::move(handlers));
  if (started) {
    report(std::move(started->key_pem), false);
  } else {
    report(std::string(), true);
  }
}

}  // namespace shoal::daemon
