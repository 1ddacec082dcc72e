// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "overlay/core/overlay.h"
#include "overlay/core/parameters.h"
#include "overlay/core/query_table.h"
#include "overlay/walk/walker.h"

namespace shoal::overlay {

inline constexpr OverlayId kWalk{3};

/// Search by k random walkers (Lv, Cao, Cohen, Li, Shenker, "Search and Replication in Unstructured
/// Peer-to-Peer Networks", ICS 2002, section 5), which may be kept from turning back (Alon,
/// Benjamini, Lubetzky, Sodin, "Non-backtracking random walks mix faster", 2007).
///
/// A peer answers a query once, whoever comes by. Each peer remembers by which link the query came
/// first: following these links from any visited peer leads to the origin, without loops, since
/// each leads to a peer visited earlier. Hits, ends and questions go up that way; what one walk has
/// of state is thus one entry per peer visited, however often it is. Each walker carries its own
/// stream of random numbers and its counts, and reports once, where it ends.
/// Differs from the paper: a walker that finds something stops unless it is to ask back and more
/// was wanted; it asks back at 16, 32 and every 64 steps, not every fourth. Cost: per query about
/// 60 bytes until it is forgotten, per walker that waits 200 to 400. Nothing when idle.
class Walk final : public Overlay {
 public:
  Result<QueryId> search(Context& context, const SearchRequest& request) override;
  void cancel(Context& context, QueryId query) override;
  Verdict on_message(Context& context, PeerRef from, const Message& message) override;
  [[nodiscard]] bool charges(const Message& copy) const override;
  void on_over_budget(Context& context, PeerRef from, const Message& copy) override;
  void on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                  std::uint32_t excess) override;
  void on_dropped(Context& context, PeerRef to, const Message& message) override;
  void on_link_down(Context& context, PeerRef peer) override;
  void on_timer(Context& context) override;
  [[nodiscard]] bool owns(const QueryId& query) const override;
  [[nodiscard]] std::size_t bytes() const override;
  bool warm_message(unsigned step, MessageKind /*kind*/, const QueryId& /*query*/) const override {
    if (step == 0) visits_.warm();
    return false;
  }

 private:
  /// What came back to a peer from those to whom it passed walkers on.
  struct Ways {
    std::vector<PeerRef> passed;       ///< neighbours to which walkers went: they may send answers
    std::vector<std::uint64_t> hits;   ///< those that went up, hashed
    std::vector<std::uint16_t> asked;  ///< by walker: its steps when it last asked back
  };
  /// What a peer remembers of a query.
  struct Visit {
    Instant forget_at;
    PeerRef upstream = kNoPeer;  ///< kNoPeer: an own search, or the link has died
    std::uint32_t times = 0;     ///< walkers that came by, and questions passed on
    std::uint16_t hits = 0;      ///< (holder, file) pairs passed on
    std::uint8_t depth = 0;      ///< links to the origin by `upstream`; 0: it is here
    bool looking = false;        ///< a Lookup is open
    bool matches = false;
    std::uint64_t ended = 0;     ///< by number: walkers whose end went up through here
    std::unique_ptr<Ways> ways;  ///< null until a walker has gone on from here
  };
  /// A walker that waits here: for this peer's lookup, or for its origin's word.
  struct Standing {
    QueryId query;
    Instant until;
    PeerRef came_from;
    bool asked;  ///< it waits for the origin
    Walker walker;
  };
  /// A question that was passed on.
  struct Question {
    QueryId query;
    PeerRef from;
    std::uint8_t number;
  };
  struct Sent {               ///< a walker of an own search
    PeerRef first = kNoPeer;  ///< over whose link it began
    std::optional<WalkEnd> end;
    WalkTally tally;  ///< as last heard of
  };
  struct Search {
    QueryId query;
    Instant started;
    Instant deadline;
    std::optional<Instant> first_hit;
    std::uint32_t hits = 0;
    std::uint32_t enough = 0;
    std::uint32_t hits_dropped = 0;
    std::uint8_t ttl = 0;
    std::vector<Sent> walkers;
    std::vector<FirstHop> first_hops;
  };

  // walkers (walk_steps.cc)
  Verdict on_step(Context& context, PeerRef from, const Message& message);
  void arrive(Context& context, Standing here);
  void step(Context& context, Standing here);
  void end(Context& context, Standing here, WalkEnd why);
  void refuse(Context& context, PeerRef to, const QueryId& query, Walker walker);
  void look(Context& context, const QueryId& query, const PayloadRef& body);
  void wait(Context& context, Standing here);
  /// The walkers of that query that wait for a lookup, or number `number` that waits for the
  /// origin; they no longer do.
  std::vector<Standing> take_standing(const QueryId& query, std::optional<std::uint8_t> number);

  // answers (walk_answers.cc)
  Verdict on_hit(Context& context, PeerRef from, const Message& message);
  Verdict on_news(Context& context, PeerRef from, const Message& message);
  Verdict on_word(Context& context, PeerRef from, const Message& message);
  void pass_hit(Context& context, const QueryId& query, Visit& visit, const PayloadRef& hit,
                std::uint8_t hops);
  void up(Context& context, const QueryId& query, const Visit& visit, MessageKind kind,
          PayloadRef body, std::uint8_t hops = 0);
  void tell(Context& context, PeerRef to, const QueryId& query, const WalkWord& word);
  /// Whether `from` was passed a walker of that query.
  static bool may_answer(const Visit& visit, PeerRef from);
  void forget_question(const QueryId& query, std::uint8_t number);

  // own searches (walk_search.cc)
  Search* search_of(const QueryId& query);
  [[nodiscard]] WalkWord word_of(const QueryId& query, std::uint8_t number);
  void take_news(Context& context, Search& search, const WalkNews& news);
  void hand_out(Context& context, Search& search, const PayloadRef& hit, std::uint8_t hops);
  void finish(Context& context, Search& search, EndReason reason);
  static void mark(Search& search, PeerRef peer, FirstHopState state);

  void expire(Context& context);
  void arm(Context& context, Instant at);
  void arm_for_next(Context& context);

  QueryTable<Visit> visits_;
  // Null when there are none.
  struct Busy {
    std::vector<Search> searches;
    std::vector<Standing> standing;
    std::vector<Question> questions;
    std::vector<std::pair<std::uint32_t, QueryId>> lookups;  ///< open ones, by token
  };
  Busy& busy();
  void rest();  // gives storage back
  std::unique_ptr<Busy> busy_;
  std::uint32_t tokens_ = 0;
  Instant armed_ = Instant::max();
};

/// For the registry.
std::unique_ptr<Overlay> make_walk(Env& env);
enum WalkParameter : std::uint8_t { kWalkers, kSteps, kVariant, kCheckBack };
inline constexpr std::array<std::string_view, 2> kWalkVariants{"simple", "nbt"};
inline constexpr std::array kWalkParameters{
    Parameter{.name = "walkers",
              .doc = "How many walkers set out.",
              .fallback = 16,
              .least = 1,
              .most = limits::kWalkersMax},
    Parameter{.name = "steps",
              .doc = "How many steps each may make.",
              .fallback = 64,
              .least = 1,
              .most = limits::kWalkStepsMax},
    Parameter{.name = "variant",
              .doc = "Whether a walker may turn back at once (simple), or only where there is no "
                     "other way (nbt).",
              .fallback = 1,
              .words = kWalkVariants},
    Parameter{.name = "check_back",
              .doc = "Whether walkers ask the origin, after 16, 32 and then every 64 steps, if it "
                     "has enough.",
              .fallback = 1,
              .words = kOffOn},
};

}  // namespace shoal::overlay
