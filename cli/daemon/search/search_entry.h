// SPDX-License-Identifier: Apache-2.0
// One search of the user, as the table keeps it. Internal.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/daemon/search/search_table.h"

namespace shoal::daemon {

/// An id that nobody else has.
QueryId random_query();

struct SearchTable::Entry {
  struct Hit {
    json::SearchHit row;
    transfer::SourceInfo source;
    std::size_t leg;
  };
  struct Leg {
    QueryId query;
    std::string key_pem;
    json::NamedLeg told;
    SideRoute::Cancel cancel;  ///< of a way beside the overlays
    std::set<PeerId> holders;  ///< likewise: those it named
    bool started = false;
    std::optional<LegEnd> ended;
  };

  explicit Entry(WantedSearch wanted);

  [[nodiscard]] bool ended() const {
    const std::lock_guard lock(mutex);
    return report.has_value();
  }

  const std::int64_t by;
  const overlay::SearchSpec spec;
  /// That of the query, or one of its own where there may be several; set before others see this.
  QueryId id;

  mutable std::mutex mutex;
  RoutePlan plan;
  const std::chrono::steady_clock::time_point began;
  std::vector<Leg> legs;
  std::vector<Hit> hits;
  bool cancelled = false;
  std::optional<boost::json::object> report;

  // All that follows requires the mutex.

  /// Takes what is new of `found`, which came by leg number `leg`.
  void add(const overlay::FoundHit& found, std::size_t leg);
  /// Takes what is new of what a way beside the overlays brought.
  void add(const std::vector<SideHit>& found, std::size_t leg);
  /// How such a way ended.
  void end_side(const Result<SideAnswer>& answer, std::size_t leg);
  /// Have all legs that were made ended?
  [[nodiscard]] bool all_ended() const;
  /// What the next legs are; none once it is over.
  std::vector<daemon::Leg> next_legs();
  /// Tells its followers the end.
  void close();
  /// Time since it began.
  [[nodiscard]] Duration age() const;

 private:
  /// The hit by another leg; null: there is none.
  Hit* known(const PeerId& holder, const ContentId& content, std::size_t leg);
  [[nodiscard]] json::NamedReport sum() const;
};

}  // namespace shoal::daemon
