// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/run.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "sim/engine/heap.h"
#include "sim/experiment/campaign.h"
#include "sim/experiment/membership.h"
#include "sim/experiment/scene.h"
#include "sim/measure/tally.h"

namespace shoal::sim {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double ms_of(Duration time) { return static_cast<double>(time.count()) / 1000; }

// Means over the searches that were started.
void sum_up(const std::vector<SearchRecord>& records, RunResult& out) {
  std::vector<double> first;
  std::vector<double> last;
  std::vector<double> took;
  std::uint64_t reach = 0;
  std::uint64_t copies = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t lookups = 0;
  std::uint64_t ball = 0;
  std::uint64_t successes = 0;
  std::uint64_t possible = 0;
  double recall = 0;
  std::uint64_t wanted = 0;  // searches for what somebody here holds
  double recall_of_all = 0;
  std::vector<std::int64_t> by_hop;
  double reliability = 0;
  std::uint32_t tried = 0;
  for (const SearchRecord& record : records) {
    if (record.present > 0) {
      // A peer without neighbours starts no search, and reaches itself.
      reliability += static_cast<double>(record.reach() + 1) / record.present;
      ++tried;
    }
    if (record.refused) continue;
    ++out.started;
    reach += record.reach();
    copies += record.copies;
    duplicates += record.duplicates;
    lookups += record.lookups;
    ball += record.ball;
    out.refused += record.refusals;
    by_hop.resize(std::max(by_hop.size(), record.reach_by_hop.size()));
    for (std::size_t i = 0; i < record.reach_by_hop.size(); ++i) {
      by_hop[i] += record.reach_by_hop[i];
    }
    if (record.found > 0) ++successes;
    if (record.holders_in_ball > 0) {
      ++possible;
      recall += std::min(1.0, record.found / static_cast<double>(record.holders_in_ball));
    }
    if (record.holders > 0) {
      ++wanted;
      recall_of_all += std::min(1.0, record.found / static_cast<double>(record.holders));
    }
    if (record.first_hit) first.push_back(ms_of(*record.first_hit));
    if (record.last_hit) last.push_back(ms_of(*record.last_hit));
    if (!record.report) continue;
    ++out.finished;
    took.push_back(ms_of(record.report->took));
    if (record.report->complete) ++out.complete;
    out.cut_by_budget += record.report->counts.cut_by_budget;
    out.unsearched += record.report->counts.unsearched;
    out.unanswered += record.report->counts.unanswered;
    out.hits_dropped += record.report->counts.hits_dropped;
  }
  const auto mean = [&](std::uint64_t sum) {
    return out.started == 0 ? 0 : static_cast<double>(sum) / out.started;
  };
  out.reach = mean(reach);
  out.messages = mean(copies);
  out.duplicates = mean(duplicates);
  out.lookups = mean(lookups);
  out.redundancy = copies == 0 ? 0 : static_cast<double>(duplicates) / static_cast<double>(copies);
  for (const std::int64_t peers : by_hop) {
    out.reach_by_hop.push_back(static_cast<double>(peers) / out.started);
  }
  if (tried > 0) out.reliability = reliability / tried;
  out.success = mean(successes);
  out.possible = mean(possible);
  out.recall = possible == 0 ? 0 : recall / static_cast<double>(possible);
  if (wanted > 0) out.recall_of_all = recall_of_all / static_cast<double>(wanted);
  out.coverage = ball == 0 ? 0 : static_cast<double>(reach) / static_cast<double>(ball);
  out.first_hit_ms = spread(std::move(first));
  out.all_hits_ms = spread(std::move(last));
  out.took_ms = spread(std::move(took));
}

void sum_up_loads(const Ledger& ledger, RunResult& out) {
  std::uint64_t sum = 0;
  std::uint32_t most = 0;
  for (const std::uint32_t load : ledger.loads()) {
    sum += load;
    most = std::max(most, load);
  }
  out.load_mean = out.peers == 0 ? 0 : static_cast<double>(sum) / out.peers;
  out.load_max = most;
  out.load_gini = gini(ledger.loads());
}

// Tells the hook, but not too often.
class Reporter {
 public:
  Reporter(const ProgressHook& hook, Clock::time_point begun) : hook_(hook), begun_(begun) {}

  void tell(Progress progress) {
    if (!hook_) return;
    const auto now = Clock::now();
    if (now - told_ < std::chrono::milliseconds(100)) return;
    told_ = now;
    progress.wall_s = seconds_since(begun_);
    hook_(progress);
  }

 private:
  const ProgressHook& hook_;
  Clock::time_point begun_;
  Clock::time_point told_{};
};

}  // namespace

Result<RunResult> run_once(const Experiment& experiment, std::uint64_t seed,
                           const RunManner& manner) {
  const auto begun = Clock::now();
  Reporter reporter(manner.hook, begun);
  reporter.tell({.stage = "drawing the graph", .peers = experiment.topology.parameters.peers});
  auto draft = draft_of(experiment, seed);
  if (!draft) return tl::unexpected(draft.error());
  RunResult out;
  out.seed = seed;
  out.peers = draft->graph().size();
  out.links = draft->graph().edges();
  out.threads = draft->threads;
  out.truth = experiment.run.truth;
  out.content = experiment.content.files_there() > 0;
  out.searches = experiment.workload.searches;
  for (const Deed& deed : draft->script) out.searches += deed.kind == Deed::Kind::kSearch ? 1 : 0;

  reporter.tell({.stage = "building", .peers = out.peers});
  Ledger ledger(out.peers);
  if (manner.release) manner.release();
  trim_heap();  // else the network might grow into what earlier runs left
  const auto bytes_before = static_cast<double>(bytes_held());
  auto scene = Scene::make(experiment, seed, *draft, Order::kGrouped);
  if (!scene) return tl::unexpected(scene.error());
  Engine& engine = *(*scene)->engine;
  engine.measure([&](std::uint32_t shard) { return ledger.tally_of(shard); });
  (*scene)->unsettle(experiment, seed);
  out.build_s = seconds_since(begun);

  Campaign campaign(experiment, **scene, ledger, seed);
  const auto measure_bytes = [&] {
    engine.shrink();
    trim_heap();
    const auto spare = manner.spare ? static_cast<double>(manner.spare()) : 0.0;
    const auto bytes_now = static_cast<double>(bytes_held());
    out.bytes_per_peer = std::max(0.0, bytes_now - spare - bytes_before) / out.peers;
  };
  campaign.on_first_over = measure_bytes;
  if ((*scene)->finds_neighbours) {
    campaign.on_settled = [&] { out.shape = shape_of(engine, seed); };
  }
  const auto start = Clock::now();
  campaign.run([&] {
    reporter.tell(
        {.stage = "running",
         .peers = out.peers,
         .virtual_s = std::chrono::duration<double>(engine.now().time_since_epoch()).count(),
         .deliveries = engine.deliveries(),
         .done = campaign.done()});
  });
  out.run_s = seconds_since(start);
  if (out.searches == 0) measure_bytes();

  sum_up(ledger.records(), out);
  sum_up_loads(ledger, out);
  out.traffic = ledger.messages();
  out.bytes = ledger.bytes();
  out.losses = ledger.losses();
  out.digest = engine.digest();
  out.deliveries = engine.deliveries();
  out.raised = engine.raised();
  out.virtual_s = std::chrono::duration<double>(engine.now().time_since_epoch()).count();
  out.peers_at_end = (*scene)->presence->size();
  out.departures = campaign.changes().departures;
  out.returns = campaign.changes().returns;
  out.moved = campaign.changes().moved;
  if ((*scene)->churn) {
    out.departures += (*scene)->churn->departures();
    out.returns += (*scene)->churn->returns();
  }
  if ((*scene)->turnover) out.moved += (*scene)->turnover->moved();
  if ((*scene)->faults) out.faults = (*scene)->faults->happened();
  return out;
}

void warm_up() {
  Experiment tiny;
  tiny.topology.parameters.peers = 40;
  static_cast<void>(run_once(tiny, 1));
}

}  // namespace shoal::sim
