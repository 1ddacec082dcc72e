// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/daemon/guests/guest_desk.h"
#include "cli/daemon/search/route_plan.h"
#include "cli/daemon/search/side_route.h"
#include "cli/daemon/search/turns.h"
#include "overlay/host/overlay_host.h"
#include "proto/asio.h"
#include "proto/json/search.h"
#include "transfer/host/download/download_manager.h"

namespace shoal::daemon {

class SourceWays;

/// Whom to fetch a content from, with the key of the query that they answered.
struct Holders {
  std::vector<transfer::SourceInfo> sources;
  std::string key_pem;
  std::string name;  ///< as the first of them calls it
};

/// A search as the user wants it: `spec.via`, `spec.parameters` say nothing, the plan does.
struct WantedSearch {
  overlay::SearchSpec spec;
  RoutePlan plan;
  std::int64_t by = kOwner;  ///< who wants it: the holder of a token, or the owner
};

/// The searches of this peer's user, limits::kSearchesKept of them, and fewer of the holders of
/// tokens (search_room.h), each with its hits, and its report once it has ended. One search may
/// take several ways, at once or one after the other; a holder's file that came by two of them is
/// one hit. A search with nobody to ask ends at once, with a report that says so. Any thread but
/// the overlay's own.
class SearchTable {
 public:
  /// What followers have not seen yet.
  struct News {
    std::vector<boost::json::object> hits;
    std::optional<boost::json::object> report;  ///< ended, and all hits are handed out
  };
  struct Snapshot {
    std::vector<boost::json::object> hits;
    std::optional<boost::json::object> report;
  };
  using NameOf = std::function<std::string(const PeerId&)>;

  /// `overlay` must outlive this; further legs are started on `workers`, which must have ended
  /// before this does. `sides` are the ways beside the overlays.
  SearchTable(overlay::OverlayHost& overlay, boost::asio::any_io_executor workers, NameOf name_of,
              std::vector<std::unique_ptr<SideRoute>> sides = {});
  ~SearchTable();

  /// Errors: kInvalidArgument, kOverloaded.
  Result<QueryId> start(WantedSearch wanted);
  /// Whether that token's holder began it, or the owner.
  [[nodiscard]] bool is_by(const QueryId& id, std::int64_t by) const;
  /// Whether a hit of it came from `holder`, who announced `place` ("host:port").
  [[nodiscard]] bool is_at(const QueryId& id, const PeerId& holder, const std::string& place) const;
  /// Errors of what follows: kNotFound.
  Result<void> cancel(const QueryId& id);
  [[nodiscard]] Result<Snapshot> snapshot(const QueryId& id) const;
  /// Ends soon what is asked of ways beside the overlays: their threads must not be waited for.
  void stop();
  /// Hits from number `from` on.
  [[nodiscard]] Result<News> news(const QueryId& id, std::size_t from) const;

  /// Who had it, by all searches that are kept: that one's first, then the newest. In groups, since
  /// each way of a search has a key of its own; each peer once, limits::kDownloadSources in all.
  [[nodiscard]] std::vector<Holders> holders(const ContentId& content,
                                             const std::optional<QueryId>& search) const;

  /// Asks who has it now, by the usual overlay and by all ways beside the overlays that are there,
  /// each of which has a key of its own and is asked limits::kSourceQuestions things at once.
  /// `found` is called once for each of these that found somebody, and at last once with none.
  /// Blocks a little.
  void find_sources(const ContentId& content,
                    std::function<void(std::vector<transfer::SourceInfo>, std::string)> found);

 private:
  struct Entry;
  using EntryRef = std::shared_ptr<Entry>;

  Result<void> start_legs(const EntryRef& entry, const std::vector<Leg>& legs);
  Result<void> start_leg(const EntryRef& entry, std::size_t at, const Leg& leg);
  Result<void> start_side(const EntryRef& entry, std::size_t at, const Leg& leg);
  /// Of a question to who asks_holders(); else empty.
  struct SideKey {
    static SideKey generate();
    KeyFingerprint fingerprint;
    std::string pem;
  };
  static void ask_side(SideRoute& side, const ContentId& content, const SideKey& key,
                       const std::shared_ptr<SourceWays>& ways, Turns::Done done);
  overlay::SearchHandlers handlers(const EntryRef& entry, std::size_t at);
  overlay::FinishedSearch nobody_to_ask(const overlay::SearchSpec& spec) const;
  void leg_ended(const EntryRef& entry, std::size_t at, const overlay::FinishedSearch& finished);
  void leg_failed(const EntryRef& entry, std::size_t at, Error error);
  void go_on(const EntryRef& entry);
  json::NamedReport named(const overlay::FinishedSearch& finished, const std::string& via) const;
  [[nodiscard]] Result<EntryRef> find(const QueryId& id) const;
  /// For one more, which counts from now on, until it is kept or not.
  Result<void> make_room(std::int64_t by);
  void keep(std::int64_t by, EntryRef entry);

  overlay::OverlayHost& overlay_;
  boost::asio::any_io_executor workers_;
  const NameOf name_of_;
  const std::vector<std::unique_ptr<SideRoute>> sides_;
  std::vector<std::shared_ptr<Turns>> turns_;  ///< of find_sources at each of them
  mutable std::mutex mutex_;
  std::deque<EntryRef> entries_;        ///< oldest first
  std::vector<std::int64_t> starting_;  ///< who begins one that is not kept yet
};

}  // namespace shoal::daemon
