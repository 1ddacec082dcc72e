// SPDX-License-Identifier: Apache-2.0
// What a run has measured, and how it is shown.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/experiment/experiment.h"
#include "sim/measure/ledger.h"
#include "sim/measure/statistics.h"

namespace shoal::sim {

/// What the links over which live peers ask are like, at one moment. Means are over live peers.
struct NetworkShape {
  double neighbours = 0;
  double known = 0;       ///< others, that a peer could be linked with
  double clustering = 0;  ///< mean of the peers'
  double mean_path = 0;   ///< hops
  double connected = 0;   ///< share of the peers in the largest part
};

/// One run with one seed. Means are over its searches; a value that no search gives is 0.
struct RunResult {
  std::uint64_t seed = 0;
  std::uint64_t digest = 0;
  unsigned threads = 1;
  std::uint32_t peers = 0;
  std::uint64_t links = 0;
  std::uint32_t peers_at_end = 0;  ///< that were in the network then

  std::uint32_t searches = 0;  ///< that were wanted
  std::uint32_t started = 0;
  std::uint32_t finished = 0;
  std::uint32_t complete = 0;  ///< whose report says that its counts are the truth

  double reach = 0;       ///< peers asked
  double messages = 0;    ///< copies of the query
  double duplicates = 0;  ///< of these: useless repeats
  double redundancy = 0;  ///< duplicates / messages
  double lookups = 0;     ///< times that a peer looked among its files
  std::vector<double> reach_by_hop;

  double success = 0;  ///< share of the started searches that found a holder
  // Within reach is who is within TTL hops; where a TTL is only time, whoever there is a way to.
  double possible = 0;  ///< share that could have: a live holder within reach
  double recall = 0;    ///< holders found of those within reach, where there were any
  double coverage = 0;  ///< peers asked of those within reach
  /// Holders found of all that live, where there were any.
  std::optional<double> recall_of_all;
  /// Share of all live peers that a search reached, its own included.
  std::optional<double> reliability;
  /// Before peers fail, where they choose neighbours themselves.
  std::optional<NetworkShape> shape;
  bool truth = false;    ///< `possible`, `recall` and `coverage` are known
  bool content = false;  ///< there are files; else nothing can be found, and `success` says nothing

  Traffic traffic;  ///< messages that arrived, of all searches together
  Traffic bytes;
  Losses losses;
  std::uint64_t refused = 0;        ///< copies refused by a peer at a limit
  std::uint64_t cut_by_budget = 0;  ///< and the rest as the reports say
  std::uint64_t unsearched = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t hits_dropped = 0;

  Spread first_hit_ms;
  Spread all_hits_ms;  ///< the last hit of each search
  Spread took_ms;
  double load_mean = 0;  ///< messages that a peer took in
  double load_max = 0;
  double load_gini = 0;

  std::uint64_t departures = 0;
  std::uint64_t returns = 0;
  std::uint64_t faults = 0;
  std::uint64_t moved = 0;   ///< files that changed a holder
  std::uint64_t raised = 0;  ///< ways of links whose delay was raised to the floor

  std::uint64_t deliveries = 0;
  double virtual_s = 0;
  double build_s = 0;  ///< wall clock
  double run_s = 0;
  /// Growth of bytes_held() by the network, after its first search; none when other runs were made
  /// in this process, for it may grow into what they left. As in a bench, a tiny network was there
  /// before: what the process has but once is not counted, and of few peers not all.
  std::optional<double> bytes_per_peer;

  [[nodiscard]] double deliveries_per_second() const {
    return run_s > 0 ? static_cast<double>(deliveries) / run_s : 0;
  }
};

/// A figure of a result, by the name that JSON, tables and comparisons use.
struct Figure {
  std::string_view name;
  std::optional<double> (*of)(const RunResult&);  ///< none: the run had no such thing
  std::string_view unit;
  std::string_view label;  ///< for people
};
/// Those that have a mean over seeds; a stable order.
std::vector<Figure> figures();

/// shoal/sim.summary/1. Of several seeds: means, with `confidence` giving half the width of each 95
/// % interval, and the runs one by one. Requires a result.
boost::json::object summary(const Experiment& experiment, const std::vector<RunResult>& results);

/// A readable table of the same.
std::string table(const Experiment& experiment, const std::vector<RunResult>& results);

/// 16 hexadecimal digits, as digests are written.
std::string hex_of(std::uint64_t value);

/// `value` with short numbers and one member a line, for people and programs.
std::string pretty(const boost::json::value& value);

}  // namespace shoal::sim
