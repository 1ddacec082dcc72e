// SPDX-License-Identifier: Apache-2.0
// START HERE: the contract, clause by clause, as statements on what an observer sees.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "overlay/core/node.h"
#include "sim/contract/promises.h"
#include "sim/contract/truth.h"

namespace shoal::sim {

/// What every overlay promises its peers and users.
enum class Clause : std::uint8_t {
  kAnswersOnce,
  kEndsOnce,
  kEndsInTime,
  kSilentAfterwards,
  kCancelEndsIt,
  kHonestNotStruck,
  kOnlyAskedHolders,
  kAllAskedHolders,
  kHopsShrink,
  kCopiesBounded,
  kCompleteIsTrue,
  kTablesBounded,
  kTablesEmptyAgain,
  kGoesQuiet,
  kStrangersChangeNothing,
  kRunsEqually,
  kReachesWhatItPromises,
};
inline constexpr std::size_t kClauses = 17;
/// "answers-once", and the clause as a sentence.
std::string_view name_of(Clause clause);
std::string_view words_of(Clause clause);
std::optional<Clause> clause_named(std::string_view name);

/// A clause that was broken.
struct Breach {
  Clause clause = Clause::kAnswersOnce;
  Instant at;
  std::string words;                  ///< what was seen
  std::optional<std::size_t> search;  ///< whose
};

/// What is known of a search during which nothing befalls anybody.
struct Calm {
  std::vector<unsigned> far;  ///< hops from the origin to each peer; kFarAway: no way
  Duration bound{};           ///< of the slowest link, one way
  Duration lookup{};          ///< that a peer takes to look, at most
};
inline constexpr unsigned kFarAway = 1'000'000;

/// Watches a run and holds it to the contract. Clauses that compare two runs (kRunsEqually) and
/// those on strangers are found by whoever makes the runs, and reported here.
///
/// Threads: one. Cost: for networks of dozens of peers.
class Judge final : public Observer {
 public:
  struct Facts {
    OverlayId via;
    std::vector<std::uint32_t> degrees;  ///< links that each peer has
    /// Peers choose their neighbours themselves: links may come and go at any time, `degrees` are
    /// only those of the beginning, and the network never rests.
    bool open = false;
    std::vector<Ask> asks;  ///< all searches that there will be
    /// Null when that peer is down.
    std::function<const overlay::Node*(PeerRef)> node;
    /// Whether the peer shares `file`, or has since that search began, and it answers the search.
    std::function<bool(std::size_t search, std::uint32_t peer, const HitFile& file)> holds;
    /// Whether it shares something now that answers the search.
    std::function<bool(std::size_t search, std::uint32_t peer)> shares;
  };
  explicit Judge(Facts facts);

  // ---- told by whoever makes the run ---------------------------------------------------------
  /// Search number `index` is started now, with a body that bears mark_of(index). `calm`: nothing
  /// befalls anybody from now until it is over.
  void begin(std::size_t index, std::optional<Calm> calm = std::nullopt);
  /// What came of that.
  void began(const Result<QueryId>& query);
  /// Its user takes it back now.
  void take_back(std::size_t index, Instant now);
  /// The clock of `peer` jumps.
  void jumped(PeerRef peer, Duration by);
  /// What is delivered next was sent by no peer of the overlay, until `stranger(false)`.
  void stranger(bool sends) { stranger_ = sends; }
  void report(Clause clause, Instant at, std::string words,
              std::optional<std::size_t> search = std::nullopt);
  /// The run is over: what can only be said then. `quiet`: nothing was left to happen.
  void close(Instant now, bool quiet);

  // ---- what it found -------------------------------------------------------------------------
  [[nodiscard]] const std::vector<Breach>& breaches() const { return breaches_; }
  [[nodiscard]] const Breach* first(Clause clause) const;
  [[nodiscard]] const Truth& truth() const { return truth_; }
  /// Whether the search was started.
  [[nodiscard]] bool started(std::size_t index) const { return cases_[index].started; }
  /// Whether nothing befell anybody while it lasted, as far as is known now.
  [[nodiscard]] bool calm(std::size_t index) const { return cases_[index].calm.has_value(); }
  /// Percent of the bound on its tables, by the peer that came nearest to it.
  [[nodiscard]] std::size_t fullest() const { return fullest_; }
  /// Copies that the search sent, and that it may send at most.
  [[nodiscard]] std::uint64_t sent(std::size_t index) const;
  [[nodiscard]] std::uint64_t most(std::size_t index) const;

  void on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects& out) override;
  void on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lookup(Instant now, PeerRef at, const overlay::Lookup& lookup) override;
  void on_found(Instant now, PeerRef origin, const overlay::Found& found) override;
  void on_finished(Instant now, PeerRef origin, const overlay::Finished& finished) override;
  void on_crash(Instant now, PeerRef peer) override;
  void on_link_down(Instant now, PeerRef, PeerRef) override { links_changed(now); }
  void on_link_cut(Instant now, PeerRef, PeerRef) override { links_changed(now); }
  void on_link_up(Instant now, PeerRef first, PeerRef second) override;

 private:
  /// One search, beside its truth.
  struct Case {
    bool started = false;
    Instant began;
    std::optional<Instant> taken_back;
    std::optional<Calm> calm;
    Duration jumps{};               // of its origin's clock, since it began
    std::vector<unsigned> looked;   // by peer, in all its lives
    std::vector<unsigned> found;    // by holder
    std::vector<std::uint8_t> may;  // by peer: it shared an answer when it was asked
  };

  /// No search that lives is calm, where that can happen by itself.
  void links_changed(Instant now);
  void note_neighbour(PeerRef peer, PeerRef other);
  void note_degree(PeerRef peer);
  [[nodiscard]] bool rests() const { return promises_->rests && !facts_.open; }
  void check_tables(Instant now, PeerRef peer);
  void check_hops(Instant now, PeerRef to, const Message& message, const overlay::Effects& out);
  void check_found(Instant now, std::size_t index, const overlay::Found& found);
  void check_report(Instant now, std::size_t index, const SearchReport& report);
  void check_end(Instant now, std::size_t index);
  void check_reach(Instant now, std::size_t index);
  void check_all_found(Instant now, std::size_t index);
  [[nodiscard]] std::uint32_t peer_named(const PeerId& id) const;

  Facts facts_;
  const Promises* promises_;
  Truth truth_;
  std::vector<Case> cases_;
  std::vector<Ask> begun_;
  std::vector<std::uint32_t> lives_;
  std::set<std::pair<PeerRef, PeerRef>> neighbours_;  // of each peer, all that it ever had
  std::map<PeerId, std::uint32_t> ids_;
  std::map<std::tuple<QueryId, std::uint32_t, std::uint32_t>, unsigned> lookups_;  // + peer, life
  std::optional<std::size_t> starting_;
  std::vector<Breach> breaches_;
  std::size_t fullest_ = 0;
  bool stranger_ = false;
};

}  // namespace shoal::sim
