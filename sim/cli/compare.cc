// SPDX-License-Identifier: Apache-2.0
// shoal-sim compare: whether results got worse.
#include "sim/experiment/compare.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>

#include "sim/cli/verbs.h"
#include "sim/experiment/result.h"
#include "sim/experiment/setting.h"
#include "sim/experiment/text_table.h"

namespace shoal::sim::cli {
namespace {

namespace json = boost::json;

Result<void> set_threshold(const std::string& text, std::map<std::string, Threshold>& thresholds) {
  const std::size_t equals = text.find('=');
  const auto refuse = [&](std::string why) {
    return fail(Errc::kInvalidArgument, "the command line is wrong",
                "--threshold " + text.substr(0, 60) + ": " + std::move(why), "write messages=5%");
  };
  if (equals == std::string::npos) return refuse("FIGURE=X% is expected");
  const auto known = thresholds.find(text.substr(0, equals));
  if (known == thresholds.end()) return refuse("there is no such figure");
  std::string_view share = std::string_view(text).substr(equals + 1);
  const double unit = share.ends_with('%') ? 0.01 : 1;
  if (share.ends_with('%')) share.remove_suffix(1);
  double value = 0;
  const auto [at, error] = std::from_chars(share.data(), share.data() + share.size(), value);
  if (error != std::errc{} || at != share.data() + share.size() || !(value >= 0)) {
    return refuse("no share");
  }
  known->second.worse_by = value * unit;
  return {};
}

std::string_view to_text(Change change) {
  switch (change) {
    case Change::kSame:
      return "same";
    case Change::kBetter:
      return "better";
    case Change::kWorse:
      return "WORSE";
    case Change::kUnjudged:
      return "";
  }
  return "";
}

// The keys in which a point differs from the other points.
std::string short_name(const std::string& experiment, const std::vector<ComparedPoint>& points) {
  std::string out;
  for (std::size_t at = 0; at < experiment.size();) {
    const std::size_t end = std::min(experiment.find('\n', at), experiment.size());
    const std::string line = experiment.substr(at, end - at);
    const bool everywhere = std::ranges::all_of(points, [&](const ComparedPoint& point) {
      return ("\n" + point.experiment + "\n").find("\n" + line + "\n") != std::string::npos;
    });
    if (!everywhere) out += (out.empty() ? "" : ", ") + line;
    at = end + 1;
  }
  return out;
}

std::string percent(double by) {
  if (std::isinf(by)) return by > 0 ? "from nothing" : "to below nothing";
  return (by > 0 ? "+" : "") + decimals(by * 100, 2) + " %";
}

std::string value_of(const Estimate& known) {
  const int places = std::abs(known.mean) < 10 ? 4 : 1;
  std::string text = decimals(known.mean, places);
  if (known.half_width) text += " +-" + decimals(*known.half_width, places);
  return text;
}

json::object to_json(const ComparedFigure& figure) {
  json::object out{{"experiment", figure.experiment},
                   {"figure", figure.figure},
                   {"before", figure.before.mean},
                   {"after", figure.after.mean},
                   {"change", to_text(figure.change)}};
  out["by"] = std::isinf(figure.by) ? json::value() : json::value(figure.by);
  return out;
}

}  // namespace

Result<int> compare_verb(World& world, const Arguments& arguments) {
  if (arguments.words().size() != 2) {
    return fail(Errc::kInvalidArgument, "the command line is wrong",
                "two results are expected: before and after");
  }
  auto thresholds = built_in_thresholds();
  for (const std::string& text : arguments.all("--threshold")) {
    if (auto done = set_threshold(text, thresholds); !done) return tl::unexpected(done.error());
  }
  const auto before = read_results(arguments.words()[0]);
  if (!before) return tl::unexpected(before.error());
  const auto after = read_results(arguments.words()[1]);
  if (!after) return tl::unexpected(after.error());
  const auto figures = compare(*before, *after, thresholds);
  if (figures.empty()) {
    return fail(Errc::kInvalidArgument, "there is nothing to compare",
                "the two have no experiment in common");
  }
  const auto unlike = unlike_keys(*before, *after);
  const auto worse = std::ranges::count(figures, Change::kWorse, &ComparedFigure::change);
  if (arguments.has("--json")) {
    json::array rows;
    for (const ComparedFigure& figure : figures) rows.push_back(to_json(figure));
    json::array keys;
    for (const auto& [key, was, is] : unlike) {
      keys.push_back(json::object{{"key", key}, {"before", was}, {"after", is}});
    }
    world.out << pretty(json::object{{"schema", "shoal/sim.comparison/1"},
                                     {"unlike", std::move(keys)},
                                     {"worse", worse},
                                     {"figures", std::move(rows)}})
              << "\n";
    return worse > 0 ? 1 : 0;
  }
  TextTable lines;
  if (!unlike.empty()) lines.say("the two are unlike in");
  for (const auto& [key, was, is] : unlike) {
    const auto told = [](const std::string& value) { return value.empty() ? "-" : value; };
    lines.add("  " + key, told(was), "-> " + told(is));
  }
  if (!unlike.empty()) lines.say("and so");
  std::string last = "run";
  for (const ComparedFigure& figure : figures) {
    if (figure.experiment != last) {
      last = figure.experiment;
      lines.say(short_name(last, *before));
    }
    const std::string word(to_text(figure.change));
    lines.add("  " + figure.figure, value_of(figure.before),
              "-> " + value_of(figure.after) + "   " + percent(figure.by) +
                  (word.empty() ? "" : "   " + word));
  }
  lines.say(worse == 0 ? "no figure got worse" : std::to_string(worse) + " figures got worse");
  world.out << lines.text();
  return worse > 0 ? 1 : 0;
}

}  // namespace shoal::sim::cli
