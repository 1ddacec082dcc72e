// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/settings.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "sim/topology/families.h"

namespace shoal::sim {
namespace {

constexpr Duration kShortest{1};
constexpr Duration kDelayMax = minutes(10);
constexpr Duration kLongest = std::chrono::hours(24 * 366);
constexpr std::uint64_t kPeersMax = std::uint64_t{1} << 27;
constexpr double kRateMax = 1e6;

// The first letter made a capital, and a full stop behind.
std::string sentence(std::string_view text) {
  std::string out(text);
  if (out.empty()) return out;
  out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out + ".";
}

// What the doc table of a folder says of a parameter.
template <class Docs>
std::string doc_in(const Docs& docs, std::string_view parameter) {
  const auto found = std::ranges::find(docs, parameter, [](const auto& doc) { return doc.name; });
  return found == docs.end() ? std::string() : sentence(found->doc);
}

// A choice of families, each explained.
template <class Families>
void add_families(SettingTable& table, const char* key, std::string& field,
                  const Families& families, std::string doc) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& family : families) {
    names.emplace_back(family.name, family.name);
    doc += " " + std::string(family.name) + ": " + std::string(family.doc) + ".";
  }
  table.word<std::string>(key, field, std::move(names), std::move(doc));
}

void add_network(SettingTable& table, NetworkPlan& plan) {
  add_families(table, "network.delay", plan.delay, delay_families(),
               "How long one way over a link takes.");
  DelayParameters& p = plan.parameters;
  const auto doc = [](const char* name) { return doc_in(delay_parameters(), name); };
  table.duration("network.mean", p.mean, Duration(0), kDelayMax, doc("mean"));
  table.duration("network.min", p.min, Duration(0), kDelayMax, doc("min"));
  table.duration("network.max", p.max, Duration(0), kDelayMax, doc("max"));
  table.real("network.sigma", p.sigma, 0, 4, doc("sigma"));
  table.path("network.matrix", p.matrix, doc("matrix"));
  table.whole("network.dimensions", p.dimensions, 1, 3, doc("dimensions"));
  table.duration("network.floor", p.floor, Duration(0), kDelayMax, doc("floor"));
  table.duration("network.ceiling", p.ceiling, Duration(0), kDelayMax, doc("ceiling"));
  table.duration("network.jitter", plan.jitter, Duration(0), kDelayMax,
                 "Up to so much more for each message.");
  table.on_off("network.symmetric", plan.symmetric, "Whether both ways of a link take as long.");
  table.real("network.slow", plan.slow, 0, 1, "Share of the peers that are slow.");
  table.duration("network.slow_extra", plan.slow_extra, Duration(0), kDelayMax,
                 "What each slow end of a link adds to the link's delay, both ways.");
  table.text("network.lines", plan.lines, "classes",
             "How fast peers' lines are: \"share up down\" in bit/s, parted by commas, as in \"0.7 "
             "10M 50M, 0.3 100M 100M\". Empty: as fast as may be.");
  table.whole("network.queue", plan.queue, 1, 1'000'000,
              "Messages that wait on one way of a stalled link; a query above is given back, an "
              "answer above cuts the link.");
  table.duration("network.lookup", plan.lookup, Duration(0), kDelayMax,
                 "How long a peer takes to look among its own files.");
  table.duration("network.lookup_jitter", plan.lookup_jitter, Duration(0), kDelayMax,
                 "Up to so much more for each look.");
}

void add_topology(SettingTable& table, TopologyPlan& plan) {
  add_families(table, "topology.family", plan.family, families(),
               "Who knows whom, drawn from the run's seed.");
  table.path("topology.file", plan.file,
             "An edge list to take instead (SNAP format, .gz too): two numbers a line, # begins a "
             "remark.");
  TopologyParameters& p = plan.parameters;
  const auto whole = [&](const char* name, std::uint32_t& field, std::uint64_t min) {
    table.whole(std::string("topology.") + name, field, min, kPeersMax,
                doc_in(topology_parameters(), name));
  };
  whole("peers", p.peers, 1);
  whole("degree", p.degree, 1);
  whole("links", p.links, 1);
  whole("branching", p.branching, 1);
  whole("width", p.width, 0);
  table.real("topology.rewire", p.rewire, 0, 1, doc_in(topology_parameters(), "rewire"));
  table.real("topology.probability", p.probability, 0, 1,
             doc_in(topology_parameters(), "probability"));
  table.real("topology.exponent", p.exponent, 1.01, 10, doc_in(topology_parameters(), "exponent"));
  whole("degree_min", p.degree_min, 1);
  whole("degree_max", p.degree_max, 0);
}

void add_overlay(SettingTable& table, OverlayPlan& plan) {
  table.text("overlay.via", plan.via, "the name of an overlay", "Which overlay searches go by.");
  table.whole("overlay.ttl", plan.ttl, 1, limits::kTtlLimitSimulator,
              "Hops a search may make; 1 reaches neighbours only.");
  table.word<DuplicateRule>(
      "overlay.duplicates", plan.duplicates,
      {{"deepest", DuplicateRule::kDeepest}, {"classic", DuplicateRule::kClassic}},
      "What a peer does with a later copy of a query: forward it again if it has more hops left, "
      "or always drop it.");
  table.on_off("overlay.echo", plan.echo,
               "Whether each copy is answered, so that the origin knows what was reached. Off: a "
               "search ends at its deadline.");
  table.duration("overlay.budget", plan.budget, Duration(0), kLongest,
                 "Time until a search ends; 0: what its TTL needs.");
  table.whole("overlay.enough", plan.enough, 0, limits::kHitsMax,
              "A search ends after so many hits; 0: the most that a search hands out.");
  table.whole("overlay.ttl_limit", plan.ttl_limit, 0, limits::kTtlLimitSimulator,
              "Most hops of any query on this network; 0: the larger of 15 and overlay.ttl.");
  table.whole("overlay.link_queries", plan.link_queries, 0, 1'000'000,
              "Query copies per second that one link may send; 0: no limit.");
  table.whole("overlay.link_burst", plan.link_burst, 1, 65'535,
              "Query copies that one link may send at once.");
}

void add_content(SettingTable& table, ContentPlan& plan) {
  table.whole("content.files", plan.files, 0, 1U << 24, "Different files; 0: nobody holds any.");
  table.word<Placement>("content.placement", plan.placement,
                        {{"uniform", Placement::kUniform},
                         {"proportional", Placement::kProportional},
                         {"square_root", Placement::kSquareRoot},
                         {"owner", Placement::kOwner}},
                        "How many peers hold a file: all files equally many, as it is wanted, as "
                        "the root of that, or one.");
  table.real("content.replicas", plan.replicas, 1, 1e6,
             "Holders of a file, on average over the files (not of `owner`).");
  table.real("content.zipf", plan.zipf, 0, 4,
             "Searches want file number i with a weight of (i + 1) to minus this power.");
  table.real("content.free_riders", plan.free_riders, 0, 1, "Share of the peers without files.");
  table.real("content.changes", plan.changes, 0, kRateMax,
             "Times per second that a holder withdraws a file and another peer publishes it.");
  table.whole(
      "content.holders_mod", plan.holders_mod, 0, UINT32_MAX,
      "Not 0: all searches want one file, which is held by exactly the peers whose number "
      "(that of the edge list, if there is one) leaves content.holders_residue when divided "
      "by this.");
  table.whole("content.holders_residue", plan.holders_residue, 0, UINT32_MAX - 1,
              "Below content.holders_mod.");
}

std::optional<yaml::Trouble> set_source(const yaml::Item& value, std::string& out) {
  std::uint32_t peer = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto [at, error] = std::from_chars(value.text.data(), end, peer);
  const bool number = error == std::errc{} && at == end;
  if (value.kind != yaml::Item::Kind::kScalar || (!number && value.text != "random")) {
    return value.trouble("\"" + value.text.substr(0, 40) +
                         "\" is neither the number of a peer nor \"random\"");
  }
  out = value.text;
  return std::nullopt;
}

void add_workload(SettingTable& table, WorkloadPlan& plan) {
  table.whole("workload.searches", plan.searches, 0, 100'000'000, "How many searches there are.");
  table.real("workload.rate", plan.rate, 0, kRateMax,
             "Searches per second of virtual time in the whole network, at random moments; 0: one "
             "after another, each when the network is quiet.");
  std::string& source = plan.source;
  table.add({"workload.source", "a peer's number, random", "Who searches.",
             [&source](const yaml::Item& value) { return set_source(value, source); },
             [&source] { return source; }});
  table.duration("workload.start", plan.start, Duration(0), kLongest,
                 "When the first search may start.");
  table.path("workload.script", plan.script,
             "A file of `seconds peer JOIN|LEAVE|SHARE file|WITHDRAW file|SEARCH [file]`, carried "
             "out beside what is drawn.");
}

void add_churn(SettingTable& table, ChurnPlan& plan) {
  table.word<ChurnKind>("churn.kind", plan.kind,
                        {{"none", ChurnKind::kNone},
                         {"exponential", ChurnKind::kExponential},
                         {"weibull", ChurnKind::kWeibull},
                         {"pareto", ChurnKind::kPareto}},
                        "The law of how long peers stay. A run begins in equilibrium: with "
                        "sessions in progress and some peers away.");
  table.real("churn.shape", plan.shape, 0.2, 20,
             "Of `weibull`, and of `pareto`, where it must be above 1.");
  table.duration("churn.scale", plan.scale, milliseconds(1), kLongest,
                 "The mean of `exponential`, the scale of `weibull` and of (shifted) `pareto`.");
  table.duration("churn.down", plan.down, milliseconds(1), kLongest,
                 "How long a peer stays away on average (exponential).");
  table.duration("churn.notice", plan.notice, Duration(0), minutes(10),
                 "After so long its neighbours learn that a peer is gone.");
  table.on_off("churn.keep_state", plan.keep_state,
               "Whether a peer that returns remembers what it knew; off: it starts anew.");
}

void add_faults(SettingTable& table, FaultPlan& plan) {
  IncidentRates& rates = plan.rates;
  table.real("faults.link_downs", rates.link_downs.per_second, 0, kRateMax,
             "Links that go down per second of virtual time, in the whole network.");
  table.duration("faults.link_down_time", rates.link_downs.lasts, kShortest, kLongest,
                 "How long such a link is down.");
  table.real("faults.stalls", rates.stalls.per_second, 0, kRateMax,
             "Ways of links that clog per second: what is sent waits.");
  table.duration("faults.stall_time", rates.stalls.lasts, kShortest, kLongest, "How long.");
  table.real("faults.crashes", rates.crashes.per_second, 0, kRateMax,
             "Peers that crash per second, without a word.");
  table.duration("faults.crash_time", rates.crashes.lasts, kShortest, kLongest,
                 "How long until a crashed peer starts again.");
  table.whole("faults.clock_skew", plan.clock_skew, 0, limits::kClockSkewMax,
              "Peers' clocks run fast or slow by up to so many microseconds in a second.");
  table.real("faults.clock_jumps", rates.jumps.per_second, 0, kRateMax,
             "Clocks that jump forward per second, in the whole network. None jumps back: a peer "
             "reads a monotonic clock.");
  table.duration("faults.clock_jump_time", rates.jumps.lasts, kShortest, kLongest, "How far.");
  table.word<PartitionChoice>("faults.partition", plan.partition,
                              {{"none", PartitionChoice::kNone},
                               {"symmetric", PartitionChoice::kSymmetric},
                               {"asymmetric", PartitionChoice::kAsymmetric},
                               {"isolate", PartitionChoice::kIsolate}},
                              "Parts a random share of the peers from the others: neither side "
                              "hears the other, the share is not heard, or one peer is parted "
                              "from all.");
  table.duration("faults.partition_from", plan.partition_from, Duration(0), kLongest,
                 "When it begins.");
  table.duration("faults.partition_time", plan.partition_time, kShortest, kLongest,
                 "How long it lasts.");
  table.real("faults.partition_share", plan.partition_share, 0, 1, "Share of the peers.");
  table.whole("faults.isolated", plan.isolated, 0, kPeersMax, "The peer of `isolate`.");
  table.duration("faults.silence", plan.silence, kShortest, minutes(10),
                 "After so much of it a peer takes a parted link for dead.");
  table.real("faults.undialable", plan.undialable, 0, 1,
             "Share of the peers that nobody can dial: two of them have no link.");
  table.real("faults.failures", plan.failures, 0, 1,
             "Share of the peers that end without a word at one moment, and never come back.");
  table.duration("faults.failures_at", plan.failures_at, Duration(0), kLongest,
                 "When; what peers are linked like is measured just before.");
  table.duration("faults.heal", plan.heal, Duration(0), kLongest,
                 "From then on nothing of all this lasts or begins, but for links that cannot be "
                 "dialled and clocks that run wrong; 0: never.");
}

void add_run(SettingTable& table, RunPlan& plan) {
  table.whole("run.seed", plan.seed, 0, UINT64_MAX,
              "All draws come from it: equal seeds give equal runs on every machine.");
  table.whole("run.seeds", plan.seeds, 1, 10'000,
              "Runs with seeds from run.seed on, for means with confidence intervals.");
  table.whole(
      "run.threads", plan.threads, 0, 256,
      "Threads of one run; the results do not depend on it. 0: one per 50,000 peers, and at most "
      "one per core.");
  table.on_off("run.truth", plan.truth,
               "Whether each search is held against a breadth-first search of the live graph.");
  table.whole("run.memory_mb", plan.memory_mb, 0, 1U << 24,
              "A run that would take more memory is refused; 0: what the machine has.");
}

}  // namespace

std::vector<Setting> settings_of(Experiment& experiment) {
  std::vector<Setting> rows;
  SettingTable table(rows);
  add_network(table, experiment.network);
  add_topology(table, experiment.topology);
  add_membership(table, experiment.membership);
  add_overlay(table, experiment.overlay);
  add_overlay_parameters(table, experiment.overlay);
  add_content(table, experiment.content);
  add_workload(table, experiment.workload);
  add_churn(table, experiment.churn);
  add_faults(table, experiment.faults);
  add_run(table, experiment.run);
  return rows;
}

}  // namespace shoal::sim
