// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/contract.h"

#include <rapidcheck.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include "tests/conformance/worlds.h"

namespace shoal::tests {
namespace {

Outcome over(const Traits& traits, const std::string& name, const Wanted& wanted,
             const Check& check, const std::function<void(Scenario&)>& adjust = nullptr,
             const Prepare& prepare = nullptr) {
  return over_worlds(
      std::string(traits.name) + ": " + name, wanted, check,
      [&](Scenario& scenario) {
        scenario.via = traits.id;
        if (traits.adapt != nullptr) traits.adapt(scenario);
        if (adjust) adjust(scenario);
      },
      prepare);
}

/// Follows the hops of every copy and the size of every peer that takes a message in.
class Gauge final : public sim::Observer {
 public:
  Gauge(const Scenario& scenario, const sim::World& world, const Traits& traits)
      : scenario_(scenario), world_(world), traits_(traits) {}

  void on_delivery(Instant, PeerRef, PeerRef to, const Message& message, Verdict,
                   const overlay::Effects& out) override {
    const overlay::Node& node = world_.node(to);
    const std::size_t most = traits_.busy_bytes(scenario_, node.links().all().size());
    fullest = std::max(fullest, 100 * node.bytes() / most);
    if (message.kind != MessageKind::kQuery) return;
    ++copies;
    // No copy may have more hops, made and left, than one that its origin has sent before it, nor
    // may that have more than was asked for.
    const unsigned hops = unsigned{message.ttl} + message.hops;
    unsigned& sent = of_search_[message.query];
    if (message.hops == 0) {
      sent = std::max(sent, hops);
      grew = grew || std::ranges::all_of(scenario_.searches,
                                         [&](const Asked& asked) { return hops > asked.ttl; });
    }
    grew = grew || hops > sent || message.ttl == 0;
    for (const overlay::Send& send : out.sends) {
      const Message& next = send.message;
      if (next.kind != MessageKind::kQuery || next.query != message.query) continue;
      grew = grew || next.ttl >= message.ttl || next.hops != message.hops + 1;
    }
  }

  std::size_t fullest = 0;  ///< percent of the bound, by the peer that came nearest to it
  std::size_t copies = 0;
  bool grew = false;

 private:
  const Scenario& scenario_;
  const sim::World& world_;
  const Traits& traits_;
  std::map<QueryId, unsigned> of_search_;
};

}  // namespace

Outcome each_peer_answers_a_query_once(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 2};
  return over(traits, "each peer answers a query once, and the origin never", wanted,
              [](const Scenario&, const Played& played) {
                for (const SearchTruth& truth : played.truth->searches()) {
                  for (const SearchTruth::Peer& peer : truth.peers) {
                    RC_ASSERT(peer.lookups == (peer.asked ? 1U : 0U));
                  }
                  RC_ASSERT(truth.peers[truth.origin].lookups == 0U);
                }
              });
}

Outcome every_search_ends_once_in_time_and_is_then_silent(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 2};
  return over(
      traits, "every search ends with one report, in time, and no Found after it", wanted,
      [](const Scenario& scenario, const Played& played) {
        RC_ASSERT(played.quiet);
        for (std::size_t i = 0; i < scenario.searches.size(); ++i) {
          const Asked& asked = scenario.searches[i];
          const SearchTruth& truth = played.truth->searches()[i];
          RC_ASSERT(truth.found_after_finished == 0U);
          RC_ASSERT(truth.reports.size() <= 1U);
          if (played.refused[i] || !played.world->alive(PeerRef{asked.origin})) continue;
          const Duration budget =
              asked.budget == Duration{} ? limits::default_budget(asked.ttl) : asked.budget;
          RC_ASSERT(report_of(truth).took <= budget);
        }
      },
      [](Scenario& scenario) {
        scenario.searches[0].enough =
            static_cast<std::uint32_t>(*rc::gen::inRange(0, 3).as("enough"));
        if (*rc::gen::inRange(0, 2).as("short budget") == 0) {
          scenario.searches[1].budget = milliseconds(*rc::gen::inRange(1, 300).as("budget"));
        }
      });
}

Outcome no_honest_peer_is_ever_struck(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 2};
  return over(
      traits, "whatever befalls honest peers, none of their messages is rejected", wanted,
      [](const Scenario&, const Played& played) { RC_ASSERT(played.truth->rejected() == 0U); });
}

Outcome every_asked_holder_is_found_and_nobody_else(const Traits& traits) {
  const Wanted wanted{};
  return over(
      traits, "without faults every asked holder is found once, and nobody else", wanted,
      [](const Scenario& scenario, const Played& played) {
        const SearchTruth& truth = played.truth->searches()[0];
        std::vector<unsigned> found(scenario.peers);
        for (const overlay::Found& hit : truth.found) {
          const auto& body = hit.hit.ref<HitBody>();
          for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
            if (played.world->id_of(PeerRef{peer}) == body.holder) ++found[peer];
          }
          RC_ASSERT(body.files == std::vector<HitFile>{wanted_file()});
          RC_ASSERT(hit.hops >= 1U && hit.hops <= scenario.searches[0].ttl);
        }
        for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
          RC_ASSERT(found[peer] == (truth.peers[peer].asked && scenario.shares[peer] ? 1U : 0U));
        }
        RC_ASSERT(report_of(truth).hits == truth.found.size());
      });
}

Outcome a_search_that_is_taken_back_goes_quiet_and_leaves_nothing(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 2};
  return over(
      traits, "a search that is taken back ends at once, goes quiet, and leaves no table behind",
      wanted,
      [&traits](const Scenario& scenario, const Played& played) {
        const Asked& asked = scenario.searches[0];
        const SearchTruth& truth = played.truth->searches()[0];
        if (!truth.reports.empty() && truth.reports[0].ended == EndReason::kCancelled) {
          RC_ASSERT(truth.reports[0].took == *asked.cancelled);
        }
        RC_ASSERT(played.quiet);
        for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
          const PeerRef ref{peer};
          if (!played.world->alive(ref)) continue;
          RC_ASSERT(played.world->node(ref).bytes() <=
                    traits.idle_bytes(played.world->node(ref).links().all().size()));
        }
      },
      [](Scenario& scenario) {
        scenario.searches[0].cancelled = milliseconds(*rc::gen::inRange(0, 300).as("cancelled"));
      });
}

Outcome equal_worlds_run_equally(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 2};
  return over(traits, "equal worlds run equally", wanted,
              [](const Scenario& scenario, const Played& played) {
                const Played again = play(scenario);
                RC_ASSERT(again.world->digest() == played.world->digest());
                RC_ASSERT(again.world->deliveries() == played.world->deliveries());
              });
}

Outcome under_faults_only_asked_holders_answer(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 2};
  return over(traits, "under faults too a hit comes from an asked holder, once, never the origin",
              wanted, [](const Scenario& scenario, const Played& played) {
                for (const SearchTruth& truth : played.truth->searches()) {
                  std::vector<unsigned> found(scenario.peers);
                  unsigned known = 0;
                  for (const overlay::Found& hit : truth.found) {
                    const auto& body = hit.hit.ref<HitBody>();
                    for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
                      if (played.world->id_of(PeerRef{peer}) != body.holder) continue;
                      ++found[peer];
                      ++known;
                    }
                    RC_ASSERT(body.files == std::vector<HitFile>{wanted_file()});
                  }
                  RC_ASSERT(known == truth.found.size());
                  RC_ASSERT(found[truth.origin] == 0U);
                  for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
                    const bool may = truth.peers[peer].asked && scenario.shares[peer];
                    RC_ASSERT(found[peer] <= (may ? 1U : 0U));
                  }
                }
              });
}

Outcome no_copy_gains_hops(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 2};
  std::optional<Gauge> gauge;
  std::size_t copies = 0;
  const Outcome outcome = over(
      traits, "each hop takes one from the TTL, which never grows", wanted,
      [&](const Scenario&, const Played&) {
        RC_ASSERT(!gauge->grew);
        copies += gauge->copies;
      },
      nullptr,
      [&](const Scenario& scenario, sim::World& world) {
        world.watch(gauge.emplace(scenario, world, traits));
      });
  return outcome == Outcome::kHeld && copies == 0 ? Outcome::kThin : outcome;
}

Outcome copies_stay_within_the_stated_bound(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 2};
  unsigned reached = 0;
  const Outcome outcome = over(
      traits, "copies stay within the stated bound", wanted,
      [&](const Scenario& scenario, const Played& played) {
        for (std::size_t i = 0; i < scenario.searches.size(); ++i) {
          const SearchTruth& truth = played.truth->searches()[i];
          const std::uint64_t sent = std::uint64_t{truth.copies} + truth.given_back + truth.lost;
          const std::uint64_t most = traits.copies_max(scenario, scenario.searches[i]);
          RC_ASSERT(sent <= most);
          reached += sent == most ? 1U : 0U;
        }
      });
  std::cout << "  searches that reach the bound: " << reached << '\n';
  // A bound that nothing comes up to would forbid nothing.
  return outcome == Outcome::kHeld && reached == 0 ? Outcome::kThin : outcome;
}

Outcome complete_is_said_only_when_true(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 2};
  unsigned complete = 0;
  const Outcome outcome = over(traits, "complete is said only when it is true", wanted,
                               [&](const Scenario&, const Played& played) {
                                 for (const SearchTruth& truth : played.truth->searches()) {
                                   if (truth.reports.empty() || !truth.reports[0].complete)
                                     continue;
                                   ++complete;
                                   const SearchReport& report = truth.reports[0];
                                   RC_ASSERT(report.peers_asked() == truth.within(kFar));
                                   RC_ASSERT(report.hits == truth.found.size());
                                   RC_ASSERT(truth.lost == 0U);
                                 }
                               });
  std::cout << "  complete reports: " << complete << '\n';
  if (outcome != Outcome::kHeld) return outcome;
  return (complete > 0) == traits.counts_echoes ? Outcome::kHeld : Outcome::kThin;
}

Outcome tables_stay_bounded_and_empty_again(const Traits& traits) {
  const Wanted wanted{.faults = true, .searches = 3};
  std::optional<Gauge> gauge;
  std::size_t fullest = 0;
  const Outcome outcome = over(
      traits, "tables stay below the stated bound, and are empty again after everything", wanted,
      [&](const Scenario& scenario, const Played& played) {
        RC_ASSERT(played.quiet);
        RC_ASSERT(gauge->fullest <= 100U);
        fullest = std::max(fullest, gauge->fullest);
        for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
          if (!played.world->alive(PeerRef{peer})) continue;
          const overlay::Node& node = played.world->node(PeerRef{peer});
          RC_ASSERT(node.bytes() <= traits.idle_bytes(node.links().all().size()));
        }
      },
      nullptr,
      [&](const Scenario& scenario, sim::World& world) {
        world.watch(gauge.emplace(scenario, world, traits));
      });
  std::cout << "  fullest peer: " << fullest << " % of the bound\n";
  // A bound that nothing comes near to would forbid nothing.
  return outcome == Outcome::kHeld && fullest < 50 ? Outcome::kThin : outcome;
}

}  // namespace shoal::tests
