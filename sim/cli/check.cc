// SPDX-License-Identifier: Apache-2.0
// shoal-sim check: drawn scenarios, or those of files, against the contract.
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>
#include <thread>

#include "sim/check/hunt.h"
#include "sim/cli/page_file.h"
#include "sim/cli/progress.h"
#include "sim/cli/verbs.h"
#include "sim/experiment/result.h"
#include "sim/experiment/text_table.h"

namespace shoal::sim::cli {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kRuns = 1000;
constexpr std::size_t kFileBytes = 16U << 20;

// The command on a page that makes it once more.
std::string page_again(const std::string& file) {
  return "shoal-sim check " + file + " --page wave.html";
}

tl::unexpected<Error> wrong(std::string why, std::string next = {}) {
  return fail(Errc::kInvalidArgument, "the command line is wrong", std::move(why), std::move(next));
}

Result<HuntPlan> plan_of(const Arguments& arguments) {
  HuntPlan plan;
  const auto name = arguments.last("--overlay");
  std::string names;
  for (const auto& overlay : overlay::registry()) {
    if (promises_of(overlay.id) == nullptr) continue;
    names += (names.empty() ? "" : ", ") + std::string(overlay.name);
    if (!name || *name == overlay.name) plan.overlays.push_back(&overlay);
  }
  if (plan.overlays.empty()) {
    return wrong("there is no overlay \"" + name.value_or("").substr(0, 40) + "\" with promises",
                 "there are: " + names);
  }
  const auto seed = arguments.number("--seed", UINT64_MAX / 2);
  if (!seed) return tl::unexpected(seed.error());
  const auto runs = arguments.number("--runs", 1'000'000'000);
  if (!runs) return tl::unexpected(runs.error());
  const auto jobs = arguments.number("--jobs", limits::kSimThreadsMax);
  if (!jobs) return tl::unexpected(jobs.error());
  plan.first_seed = seed->value_or(1);
  plan.runs = runs->value_or(*seed ? plan.overlays.size() : kRuns);
  if (plan.runs == 0) return wrong("--runs 0 would say nothing");
  if (const auto minutes = arguments.last("--minutes")) {
    const char* const end = minutes->data() + minutes->size();
    const auto [at, error] = std::from_chars(minutes->data(), end, plan.minutes);
    if (error != std::errc{} || at != end || !(plan.minutes > 0) || plan.minutes > 1e6) {
      return wrong("--minutes " + minutes->substr(0, 40) + ": a number above 0 is expected");
    }
  }
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1U, 64U);
  plan.jobs = std::max(1U, static_cast<unsigned>(jobs->value_or(cores)));
  return plan;
}

std::string sentence(const Breach& breach) {
  std::string text(words_of(breach.clause));
  text += "\n  seen: ";
  if (breach.search) text += "search " + std::to_string(*breach.search) + ": ";
  return text + breach.words + ", at " +
         decimals(std::chrono::duration<double>(breach.at.time_since_epoch()).count(), 3) + " s";
}

json::object to_json(const Breach& breach) {
  json::object out{{"clause", name_of(breach.clause)},
                   {"words", words_of(breach.clause)},
                   {"seen", breach.words},
                   {"at_us", breach.at.time_since_epoch().count()}};
  if (breach.search) out["search"] = *breach.search;
  return out;
}

json::object to_json(const Sights& sights) {
  return {{"scenarios", sights.scenarios},
          {"deliveries", sights.deliveries},
          {"searches", sights.searches},
          {"searches_after_the_heal", sights.calm},
          {"copies", sights.copies},
          {"hits", sights.hits},
          {"complete_reports", sights.complete},
          {"copies_lost", sights.lost},
          {"copies_given_back", sights.given_back},
          {"crashes", sights.crashes},
          {"clock_jumps", sights.jumps},
          {"strangers", sights.strangers},
          {"open", sights.open},
          {"steady", sights.steady}};
}

std::string table(const Sights& sights) {
  TextTable lines;
  lines.add("scenarios", grouped(sights.scenarios),
            grouped(sights.deliveries) + " messages delivered");
  lines.add("searches", grouped(sights.searches),
            grouped(sights.calm) + " of them when all was healed");
  lines.add("copies", grouped(sights.copies),
            grouped(sights.lost) + " lost, " + grouped(sights.given_back) + " given back");
  lines.add("hits", grouped(sights.hits), grouped(sights.complete) + " complete reports");
  lines.add("crashes", grouped(sights.crashes), grouped(sights.jumps) + " jumps of clocks");
  lines.add("open networks", grouped(sights.open),
            "searches, " + grouped(sights.steady) + " of them when it was healed and still");
  lines.add("strangers", grouped(sights.strangers), "messages that nobody had sent");
  return lines.text();
}

/// A name in `folder` that nothing has yet, for both files.
Result<std::string> free_name(const std::string& folder, const std::string& stem) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Errc::kInvalidArgument, "cannot make " + folder, error.message());
  for (unsigned i = 0; i < 10'000; ++i) {
    const std::string more = i == 0 ? "" : "-" + std::to_string(i);
    const std::string path = folder + "/" + stem + more;
    if (!std::filesystem::exists(path + ".txt", error) &&
        !std::filesystem::exists(path + ".html", error)) {
      return path;
    }
  }
  return fail(Errc::kInvalidArgument, "cannot keep the scenario", folder + " is full of them");
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return fail(Errc::kIo, "cannot write " + path, "the disk may be full");
}

/// Where a broken scenario is kept.
struct Kept {
  std::string file;
  std::string page;
};

Result<Kept> keep(const Arguments& arguments, const std::string& stem, const Scenario& scenario,
                  const std::vector<std::string>& remarks) {
  const auto path = free_name(arguments.last("--keep").value_or("check-failures"), stem);
  if (!path) return tl::unexpected(path.error());
  const Kept kept{*path + ".txt", *path + ".html"};
  if (auto done = write_file(kept.file, text_of(scenario, remarks)); !done) {
    return tl::unexpected(done.error());
  }
  const auto page = page_of(scenario, page_again(kept.file));
  if (!page) return tl::unexpected(page.error());
  if (auto done = write_file(kept.page, *page); !done) return tl::unexpected(done.error());
  return kept;
}

std::string size_of(const Scenario& scenario) {
  const auto count = [](std::size_t number, const char* what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
  };
  return count(scenario.peers, "peer") + ", " + count(scenario.links.size(), "link") + ", " +
         std::to_string(scenario.searches.size()) +
         (scenario.searches.size() == 1 ? " search, " : " searches, ") +
         count(scenario.troubles.size(), "trouble") + ", " +
         count(scenario.strangers.size(), "stranger");
}

Result<int> tell_prey(World& world, const Arguments& arguments, const Hunt& found) {
  const Prey& prey = *found.prey;
  const Breach& first = prey.breaches.front();
  const std::string seed = std::to_string(prey.seed);
  const std::string replay =
      "shoal-sim check --overlay " + std::string(prey.overlay->name) + " --seed " + seed;
  if (!arguments.has("--json")) {
    world.out << "BROKEN by " << prey.overlay->name << ", seed " << seed << ": " << sentence(first)
              << "\n  again: " << replay << "\n  drawn: " << size_of(prey.scenario) << "\n"
              << std::flush;
  }
  const Tamed small = tame(prey.scenario, first.clause);
  const std::string stem =
      std::string(prey.overlay->name) + "-" + seed + "-" + std::string(name_of(first.clause));
  const auto kept = keep(arguments, stem, small.scenario,
                         {std::string(name_of(small.breach.clause)) + ": " +
                              std::string(words_of(small.breach.clause)),
                          "seen: " + small.breach.words, "drawn by " + replay});
  if (!kept) return tl::unexpected(kept.error());
  if (arguments.has("--json")) {
    json::object out{{"schema", "shoal/sim.check/1"},
                     {"holds", false},
                     {"overlay", prey.overlay->name},
                     {"seed", prey.seed},
                     {"breach", to_json(first)},
                     {"replay", replay},
                     {"shrunk", json::object{{"breach", to_json(small.breach)},
                                             {"peers", small.scenario.peers},
                                             {"links", small.scenario.links.size()},
                                             {"searches", small.scenario.searches.size()},
                                             {"troubles", small.scenario.troubles.size()},
                                             {"tries", small.tries},
                                             {"file", kept->file},
                                             {"page", kept->page}}},
                     {"sights", to_json(found.sights)}};
    world.out << pretty(out) << "\n";
    return 1;
  }
  world.out << "  shrunk, in " << small.tries << " tries: " << size_of(small.scenario)
            << "\n  there: " << small.breach.words << "\n  kept:  shoal-sim check " << kept->file
            << "\n  watch: " << kept->page << "\n";
  return 1;
}

Result<Scenario> read_scenario(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return fail(Errc::kNotFound, "cannot read " + path, "there is no such file, or it is empty");
  }
  if (text.view().size() > kFileBytes) return fail(Errc::kTooLarge, "cannot read " + path);
  auto scenario = parse_scenario(text.view(), path);
  if (!scenario) return scenario;
  const auto* const overlay = overlay::find_in(overlay::registry(), scenario->overlay);
  if (overlay == nullptr || promises_of(overlay->id) == nullptr) {
    return fail(Errc::kInvalidArgument, "the scenario cannot be used",
                path + ": the overlay \"" + scenario->overlay + "\" states no promises");
  }
  return scenario;
}

/// Kept scenarios, each as it is.
Result<int> check_files(World& world, const Arguments& arguments) {
  std::vector<Scenario> scenarios;
  for (const std::string& path : arguments.words()) {
    auto scenario = read_scenario(path);
    if (!scenario) return tl::unexpected(scenario.error());
    scenarios.push_back(std::move(*scenario));
  }
  json::array results;
  int code = 0;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const std::string& path = arguments.words()[i];
    const Verdicts verdicts = play(scenarios[i]);
    json::array breaches;
    for (const Breach& breach : verdicts.breaches) breaches.push_back(to_json(breach));
    if (!verdicts.breaches.empty()) code = 1;
    if (arguments.has("--json")) {
      results.push_back(json::object{{"file", path},
                                     {"holds", verdicts.breaches.empty()},
                                     {"breaches", std::move(breaches)},
                                     {"sights", to_json(verdicts.sights)}});
    } else if (verdicts.breaches.empty()) {
      world.out << path << ": the contract holds (" << size_of(scenarios[i]) << ")\n";
    } else {
      world.out << path << ": BROKEN: " << sentence(verdicts.breaches.front()) << "\n";
    }
    if (const auto page = arguments.last("--page")) {
      const auto html = page_of(scenarios[i], page_again(path));
      if (!html) return tl::unexpected(html.error());
      if (auto done = write_page(*page, *html); !done) return tl::unexpected(done.error());
    }
  }
  if (arguments.has("--json")) {
    world.out << pretty(json::object{{"schema", "shoal/sim.check_files/1"},
                                     {"holds", code == 0},
                                     {"files", std::move(results)}})
              << "\n";
  }
  return code;
}

}  // namespace

Result<int> check_verb(World& world, const Arguments& arguments) {
  if (!arguments.words().empty()) {
    if (arguments.has("--page") && arguments.words().size() > 1) {
      return wrong("--page goes with one FILE");
    }
    return check_files(world, arguments);
  }
  if (arguments.has("--page")) return wrong("--page goes with a FILE");
  const auto plan = plan_of(arguments);
  if (!plan) return tl::unexpected(plan.error());
  ProgressLine line(world.err, world.err_is_terminal, arguments.has("--quiet"));
  const bool timed = plan->minutes > 0;
  double shown_at = 0;
  const Hunt found = hunt(*plan, [&](const HuntProgress& progress) {
    if (!line.due(progress.wall_s) || progress.wall_s < shown_at + 0.5) return;
    shown_at = progress.wall_s;
    const auto done = static_cast<double>(progress.done);
    const double left = timed ? plan->minutes * 60 - progress.wall_s
                              : (static_cast<double>(plan->runs) - done) * progress.wall_s / done;
    line.write(grouped(progress.done) + " scenarios, " +
                   grouped(static_cast<std::uint64_t>(done / progress.wall_s)) + "/s, " +
                   time_left(std::max(0.0, left)) + " left",
               progress.wall_s);
  });
  line.wipe();
  if (found.prey) return tell_prey(world, arguments, found);
  if (arguments.has("--json")) {
    json::array names;
    for (const auto* const overlay : plan->overlays) names.emplace_back(overlay->name);
    world.out << pretty(json::object{{"schema", "shoal/sim.check/1"},
                                     {"holds", true},
                                     {"overlays", std::move(names)},
                                     {"first_seed", plan->first_seed},
                                     {"sights", to_json(found.sights)}})
              << "\n";
    return 0;
  }
  std::string names;
  for (const auto* const overlay : plan->overlays) {
    names += (names.empty() ? "" : ", ") + std::string(overlay->name);
  }
  world.out << "the contract holds for " << names << ", from seed " << plan->first_seed << " on\n"
            << table(found.sights);
  return 0;
}

}  // namespace shoal::sim::cli
