// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/sweep.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>

#include "proto/types/assert.h"
#include "sim/engine/threads.h"
#include "sim/experiment/run.h"
#include "sim/experiment/scene.h"
#include "sim/experiment/setting.h"

namespace shoal::sim {
namespace {

constexpr std::size_t kRunsMax = 1'000'000;

tl::unexpected<Error> refuse(std::string why, std::string next = {}) {
  return fail(Errc::kInvalidArgument, "there is no such sweep", std::move(why), std::move(next));
}

// "overlay.ttl=7 topology.peers=1e4 "
std::string name_of(const SweepPlan& plan, const SweepPoint& point) {
  std::string out;
  for (std::size_t i = 0; i < plan.axes.size(); ++i) {
    out += plan.axes[i].key + "=" + point.values[i] + " ";
  }
  return out;
}

// Values that mean the same ("100" and "1e2") would be one run with two names. The points count
// through the axes, the last one fastest.
Result<void> check_values_differ(const SweepPlan& plan, const std::vector<SweepPoint>& points) {
  std::size_t stride = points.size();
  for (const Axis& axis : plan.axes) {
    stride /= axis.values.size();
    std::map<std::string, std::string> meant;
    for (std::size_t i = 0; i < axis.values.size(); ++i) {
      const auto keys = shown(points[i * stride].experiment);
      const auto key = std::ranges::find(keys, axis.key, [](const auto& k) { return k.first; });
      SHOAL_ASSERT(key != keys.end());
      const auto [before, fresh] = meant.emplace(key->second, axis.values[i]);
      if (fresh) continue;
      const std::string both = before->second == axis.values[i]
                                   ? axis.values[i] + " is named twice"
                                   : before->second + " and " + axis.values[i] + " are the same";
      return refuse(axis.key + ": " + both);
    }
  }
  return {};
}

// The runs that are still to be made, handed out to threads.
class Queue {
 public:
  Queue(const SweepPlan& plan, const std::vector<SweepPoint>& points, RunStore& store,
        const std::function<void(const SweepProgress&)>& hook)
      : plan_(plan), points_(points), store_(store), hook_(hook), begun_(Clock::now()) {
    progress_.runs = points.size() * plan.seeds;
    for (std::size_t point = 0; point < points.size(); ++point) {
      for (std::uint32_t i = 0; i < plan.seeds; ++i) {
        if (store.has(points[point].experiment, plan.first_seed + i)) {
          ++progress_.skipped;
        } else {
          left_.emplace_back(point, plan.first_seed + i);
        }
      }
    }
    progress_.done = progress_.skipped;
  }

  void work() {
    try {
      work_on();
    } catch (const std::exception& error) {  // memory that did not suffice, above all
      const std::lock_guard lock(mutex_);
      stop({Errc::kInternal, "a run failed", error.what(), {}});
    }
  }

  Result<SweepProgress> outcome() {
    if (error_) return tl::unexpected(*error_);
    return progress_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void work_on() {
    while (!failed_) {
      const std::size_t number = next_++;
      if (number >= left_.size()) return;
      const auto [point, seed] = left_[number];
      if (made_elsewhere(points_[point].experiment, seed)) continue;
      auto result = run_once(points_[point].experiment, seed);
      const std::lock_guard lock(mutex_);
      if (!result) {
        result.error().what = name_of(plan_, points_[point]) + "seed " + std::to_string(seed) +
                              ": " + result.error().what;
        stop(std::move(result.error()));
        return;
      }
      result->bytes_per_peer.reset();  // runs share the process
      if (auto kept = store_.add(points_[point].experiment, *result); !kept) {
        stop(std::move(kept.error()));
        return;
      }
      ++progress_.done;
      progress_.wall_s = std::chrono::duration<double>(Clock::now() - begun_).count();
      if (hook_) hook_(progress_);
    }
  }

  // By another sweep in the same folder, since this one began.
  bool made_elsewhere(const Experiment& experiment, std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    if (!store_.has(experiment, seed)) return false;
    ++progress_.skipped;
    ++progress_.done;
    return true;
  }

  void stop(Error error) {
    if (!error_) error_ = std::move(error);
    failed_ = true;
  }

  const SweepPlan& plan_;
  const std::vector<SweepPoint>& points_;
  RunStore& store_;
  const std::function<void(const SweepProgress&)>& hook_;
  Clock::time_point begun_;
  std::vector<std::pair<std::size_t, std::uint64_t>> left_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
  SweepProgress progress_;
};

}  // namespace

Result<Axis> parse_axis(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return refuse("\"" + std::string(text.substr(0, 60)) + "\" is no KEY=VALUE,VALUE,...");
  }
  Axis axis;
  axis.key = text.substr(0, equals);
  for (std::string_view rest = text.substr(equals + 1);;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (comma == 0) return refuse(axis.key + ": a value is missing");
    axis.values.emplace_back(rest.substr(0, comma));
    if (comma == rest.size()) return axis;
    rest.remove_prefix(comma + 1);
  }
}

Result<std::vector<SweepPoint>> points_of(const SweepPlan& plan) {
  std::size_t count = plan.seeds;
  for (const Axis& axis : plan.axes) {
    if (axis.key.starts_with("run.")) {
      return refuse(axis.key + " cannot be varied", "--seeds gives every point more seeds");
    }
    const auto same = [&](const Axis& other) { return other.key == axis.key; };
    if (std::ranges::count_if(plan.axes, same) > 1) return refuse(axis.key + " is varied twice");
    if (count > kRunsMax / axis.values.size()) return refuse("it has more than a million runs");
    count *= axis.values.size();
  }
  std::vector<SweepPoint> points;
  std::vector<std::size_t> digits(plan.axes.size());
  while (true) {
    SweepPoint point;
    std::vector<Override> changes = plan.fixed;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      point.values.push_back(plan.axes[i].values[digits[i]]);
      changes.emplace_back(plan.axes[i].key, point.values.back());
    }
    auto experiment = load_experiment(plan.file, changes);
    if (!experiment) return tl::unexpected(experiment.error());
    if (auto sound = check_early(*experiment); !sound) {
      std::string where = name_of(plan, point);
      if (!where.empty()) where.back() = ':';
      sound.error().what = where + (where.empty() ? "" : " ") + sound.error().what;
      return tl::unexpected(sound.error());
    }
    point.experiment = std::move(*experiment);
    point.experiment.run.threads = 1;
    points.push_back(std::move(point));
    std::size_t i = digits.size();
    while (i > 0 && ++digits[i - 1] == plan.axes[i - 1].values.size()) digits[--i] = 0;
    if (i == 0) break;
  }
  if (auto differ = check_values_differ(plan, points); !differ) {
    return tl::unexpected(differ.error());
  }
  return points;
}

Result<SweepProgress> run_sweep(const SweepPlan& plan, const std::vector<SweepPoint>& points,
                                RunStore& store,
                                const std::function<void(const SweepProgress&)>& hook) {
  SHOAL_ASSERT(plan.jobs >= 1);
  Queue queue(plan, points, store, hook);
  {
    const auto threads = start_threads(plan.jobs - 1, [&queue](unsigned) { queue.work(); });
    queue.work();
  }
  store.settle();
  return queue.outcome();
}

Result<void> write_csv(const std::string& path, const SweepPlan& plan,
                       const std::vector<SweepPoint>& points, const RunStore& store) {
  const std::string fresh =
      path + "." + std::to_string(getpid()) + ".new";  // others may write, too
  std::ofstream out(fresh, std::ios::trunc);
  for (const Axis& axis : plan.axes) out << axis.key << ",";
  out << "seed,digest";
  for (const Figure& figure : figures()) out << "," << figure.name;
  out << "\n";
  for (const SweepPoint& point : points) {
    for (std::uint32_t i = 0; i < plan.seeds; ++i) {
      const auto run = store.get(point.experiment, plan.first_seed + i);
      if (!run) return tl::unexpected(run.error());
      for (const std::string& value : point.values) out << value << ",";
      out << run->seed << "," << run->digest;
      for (const Figure& figure : figures()) {
        const auto value = run->figures.find(std::string(figure.name));
        out << "," << (value == run->figures.end() ? "" : show_real(value->second));
      }
      out << "\n";
    }
  }
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(fresh, path, error);
  if (out && !error) return {};
  std::error_code ignored;
  std::filesystem::remove(fresh, ignored);
  return fail(Errc::kIo, "cannot write " + path, error ? error.message() : "the disk took no more");
}

}  // namespace shoal::sim
