// SPDX-License-Identifier: Apache-2.0
// START HERE: everything that defines a run. `shoal-sim help keys` explains each value; the table
// of keys is settings.cc.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "overlay/core/config.h"
#include "proto/types/bodies.h"
#include "proto/types/limits.h"
#include "proto/types/result.h"
#include "proto/types/time.h"
#include "sim/network/delay_families.h"
#include "sim/network/incidents.h"
#include "sim/topology/parameters.h"
#include "sim/workload/catalogue.h"

namespace shoal::sim {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct TopologyPlan {
  std::string family = "random-regular";
  std::string file;  ///< not empty: an edge list instead
  TopologyParameters parameters;
  friend bool operator==(const TopologyPlan&, const TopologyPlan&) = default;
};

struct NetworkPlan {
  std::string delay = "uniform";  ///< a family of laws
  DelayParameters parameters{.min = milliseconds(10)};
  Duration jitter{};
  bool symmetric = true;
  double slow = 0;  ///< share of the peers
  Duration slow_extra = milliseconds(200);
  std::string lines;  ///< classes of bandwidth; empty: as fast as may be
  std::uint32_t queue = limits::kLinkQueueMessages;
  Duration lookup{};
  Duration lookup_jitter{};
  friend bool operator==(const NetworkPlan&, const NetworkPlan&) = default;
};

/// Who decides whom a peer is linked with beside those whom the topology makes friends.
struct MembershipPlan {
  overlay::MembershipKind kind = overlay::MembershipKind::kFriends;
  overlay::HyParViewParameters numbers;
  Duration join_pause = milliseconds(100);  ///< between one newcomer and the next
  /// Peers choose neighbours themselves, so the topology alone is not the network.
  [[nodiscard]] bool open() const { return kind != overlay::MembershipKind::kFriends; }
  [[nodiscard]] auto values() const {
    return std::tuple(kind, join_pause, numbers.active, numbers.passive, numbers.active_walk,
                      numbers.passive_walk, numbers.shuffle_active, numbers.shuffle_passive,
                      numbers.cycle, numbers.renewal, numbers.repair);
  }
  friend bool operator==(const MembershipPlan& one, const MembershipPlan& other) {
    return one.values() == other.values();
  }
};

struct OverlayPlan {
  std::string via = "flood";
  std::uint32_t ttl = limits::kTtlDefault;
  DuplicateRule duplicates = DuplicateRule::kDeepest;
  bool echo = true;
  Duration budget{};            ///< 0: what the TTL needs
  std::uint32_t enough = 0;     ///< 0: the most that a search hands out
  std::uint32_t ttl_limit = 0;  ///< 0: the larger of the usual one and `ttl`
  std::uint32_t link_queries = limits::kLinkQueriesPerSecond;
  std::uint32_t link_burst = limits::kLinkQueriesBurst;
  std::map<std::string, std::string> parameters;  ///< of `via`; what is not here has its fallback
  friend bool operator==(const OverlayPlan&, const OverlayPlan&) = default;
};

struct ContentPlan {
  std::uint32_t files = 0;
  Placement placement = Placement::kUniform;
  double replicas = 10;
  double zipf = 0.8;
  double free_riders = 0;
  double changes = 0;  ///< per second, in the whole network
  /// Not 0: there is one file, held by the peers whose number as the topology names them is
  /// `holders_residue` modulo this.
  std::uint32_t holders_mod = 0;
  std::uint32_t holders_residue = 0;

  /// How many files there are in fact.
  [[nodiscard]] std::uint32_t files_there() const { return holders_mod > 0 ? 1 : files; }
  friend bool operator==(const ContentPlan&, const ContentPlan&) = default;
};

struct WorkloadPlan {
  std::uint32_t searches = 1;
  double rate = 0;                ///< per second of virtual time; 0: one after another
  std::string source = "random";  ///< or a peer's number
  Duration start{};
  std::string script;
  friend bool operator==(const WorkloadPlan&, const WorkloadPlan&) = default;
};

enum class ChurnKind : std::uint8_t { kNone, kExponential, kWeibull, kPareto };

struct ChurnPlan {
  ChurnKind kind = ChurnKind::kNone;
  double shape = 0.59;
  Duration scale = minutes(42);
  Duration down = minutes(30);
  Duration notice = seconds(1);
  bool keep_state = false;
  friend bool operator==(const ChurnPlan&, const ChurnPlan&) = default;
};

enum class PartitionChoice : std::uint8_t { kNone, kSymmetric, kAsymmetric, kIsolate };

struct FaultPlan {
  IncidentRates rates{{0, seconds(5)}, {0, seconds(2)}, {0, seconds(30)}, {0, seconds(5)}};
  std::uint32_t clock_skew = 0;  ///< ppm
  PartitionChoice partition = PartitionChoice::kNone;
  Duration partition_from{};
  Duration partition_time = seconds(60);
  double partition_share = 0.5;
  std::uint32_t isolated = 0;
  Duration silence = seconds(30);  ///< until an end takes a silent link for dead
  double undialable = 0;           ///< share of the peers
  double failures = 0;             ///< share of the peers that fail at once, for good
  Duration failures_at{};
  Duration heal{};  ///< 0: never
  friend bool operator==(const FaultPlan&, const FaultPlan&) = default;
};

struct RunPlan {
  std::uint64_t seed = 1;
  std::uint32_t seeds = 1;
  std::uint32_t threads = 0;  ///< 0: as many as pay off
  bool truth = true;
  std::uint64_t memory_mb = 0;  ///< 0: what the machine has
  friend bool operator==(const RunPlan&, const RunPlan&) = default;
};

struct Experiment {
  NetworkPlan network;
  TopologyPlan topology;
  MembershipPlan membership;
  OverlayPlan overlay;
  ContentPlan content;
  WorkloadPlan workload;
  ChurnPlan churn;
  FaultPlan faults;
  RunPlan run;
  friend bool operator==(const Experiment&, const Experiment&) = default;
};

/// One `--set key=value`.
using Override = std::pair<std::string, std::string>;

/// The experiment that `text`, a YAML document, describes over the built-in values; `file` is named
/// in errors. Later overrides win over earlier ones, all over the file.
/// Errors: kInvalidArgument, `why` begins with file:line:column (or "--set key") and says what is
/// meant instead of an unknown key.
Result<Experiment> parse_experiment(std::string_view text, const std::string& file,
                                    const std::vector<Override>& overrides = {});

/// Reads the file; an empty path stands for the built-in values. Errors: as parse_experiment();
/// kNotFound, kIo.
Result<Experiment> load_experiment(const std::string& path, const std::vector<Override>& overrides);

/// One documented key.
struct KeyHelp {
  std::string key;
  std::string values;
  std::string built_in;
  std::string doc;
};
std::vector<KeyHelp> keys_of_experiments();

/// All keys with their values, in the order of the table.
std::vector<std::pair<std::string, std::string>> shown(const Experiment& experiment);

}  // namespace shoal::sim
