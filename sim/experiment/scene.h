// SPDX-License-Identifier: Apache-2.0
// The network of one run, put together. Internal to this folder.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "proto/types/result.h"
#include "sim/engine/engine.h"
#include "sim/experiment/experiment.h"
#include "sim/measure/ledger.h"
#include "sim/network/delay.h"
#include "sim/topology/edge_list.h"
#include "sim/workload/catalogue.h"
#include "sim/workload/churn.h"
#include "sim/workload/faults.h"
#include "sim/workload/library.h"
#include "sim/workload/presence.h"
#include "sim/workload/script.h"
#include "sim/workload/turnover.h"

namespace shoal::sim {

/// Memory that a run takes beside its network.
struct Demand {
  std::uint64_t bytes_per_peer = 0;
  std::uint64_t bytes_more = 0;
};

/// The graph that `plan` describes; `demand`: see check_memory().
/// Errors: of make_graph and read_edge_list; kNoSpace.
Result<EdgeList> topology_of(const TopologyPlan& plan, const RunPlan& run, std::uint64_t seed,
                             const Demand& demand = {});
/// Errors: kInvalidArgument (a law that makes no sense), those of the matrix's file.
Result<LinkLaw> law_of(const NetworkPlan& plan);

struct Draft;
/// What will go wrong, until the last search is over by an estimate.
/// Errors: kInvalidArgument (no such peer; too much trouble to keep).
Result<std::vector<Incident>> incidents_of(const Experiment& experiment, const Draft& draft,
                                           std::uint64_t seed);

/// The parts that are drawn before there is a network; all errors of an experiment show here.
struct Draft {
  EdgeList topology;                    ///< a drawn graph's peers are called 0, 1, 2, ...
  std::optional<std::uint32_t> source;  ///< of all drawn searches; none: drawn too
  LinkLaw law;
  Catalogue catalogue;
  std::vector<Deed> script;
  std::vector<Incident> incidents;
  std::optional<LifeLaw> stays;
  const overlay::OverlayEntry* overlay = nullptr;
  overlay::Parameters parameters{};
  std::uint8_t ttl_limit = 0;
  unsigned threads = 1;

  [[nodiscard]] const Graph& graph() const { return topology.graph; }
};
Result<Draft> draft_of(const Experiment& experiment, std::uint64_t seed);
/// What can be refused of an experiment before anything is drawn or read. Errors: of draft_of().
Result<void> check_early(const Experiment& experiment);

/// The body of a search for that file (kNoFile: what nobody has), and how it is to be made.
std::unique_ptr<QueryBody> body_of(const OverlayPlan& plan, std::uint32_t file);
/// What a search by `via` is given; all else has its fallback. Errors: kInvalidArgument (another
/// overlay's parameter, out of range).
Result<overlay::Parameters> parameters_of(const OverlayPlan& plan,
                                          const overlay::OverlayEntry& via);

overlay::SearchRequest request_of(const OverlayPlan& plan, const Draft& draft,
                                  std::unique_ptr<QueryBody> body);
/// The longest that a search lives, by the clock of its origin.
Duration budget_of(const OverlayPlan& plan);
/// From the start of a search until nothing of it can be left, by the slowest clock.
Duration life_of(const Experiment& experiment, const Draft& draft);

/// Memory that this machine could still give, as Linux says; a great deal where it says nothing.
std::uint64_t available_bytes();
/// Bytes that a network takes, by an estimate.
std::uint64_t bytes_needed(std::uint64_t peers, std::uint64_t links);
/// Nothing, or an error when the plan's network does not fit the memory, with so many bytes more
/// for each peer.
Result<void> check_memory(const RunPlan& plan, std::uint64_t peers, std::uint64_t links,
                          const Demand& demand = {});

/// Engine and all that acts on it.
class Scene {
 public:
  /// `draft` must outlive it.
  static Result<std::unique_ptr<Scene>> make(const Experiment& experiment, std::uint64_t seed,
                                             const Draft& draft, Order order);
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  /// Starts churn and faults, from now on.
  void unsettle(const Experiment& experiment, std::uint64_t seed);
  /// Carries out what a script says; its searches are its caller's business. True if it changed
  /// anything.
  bool follow(const Deed& deed);
  /// Nothing ever changes but by searches.
  [[nodiscard]] bool still() const {
    return !churn && !faults && !turnover && !finds_neighbours && draft.script.empty();
  }

  const Draft& draft;
  Catalogue catalogue;  // the draft's, and what was published and withdrawn since
  Library library{catalogue};
  std::unique_ptr<Engine> engine;
  std::optional<Presence> presence;
  std::optional<Churn> churn;
  std::optional<Faults> faults;
  std::optional<Turnover> turnover;
  bool finds_neighbours = false;  ///< the topology alone is not the network

 private:
  /// Tells `peer` of somebody who is here, if one is met soon.
  void introduce(std::uint32_t peer, Rng& draws);
  explicit Scene(const Draft& draft_) : draft(draft_), catalogue(draft_.catalogue) {}
};

}  // namespace shoal::sim
