// SPDX-License-Identifier: Apache-2.0
#include "sim/report/sweep_page.h"

#include <algorithm>

#include "sim/experiment/text_table.h"
#include "sim/measure/statistics.h"
#include "sim/report/command.h"
#include "sim/report/measures.h"
#include "sim/report/page.h"
#include "sim/report/scale.h"

namespace shoal::sim {
namespace {

constexpr std::size_t kGroupsMax = 24;  // per key; the table has the rest

std::string cell(std::string_view tag, std::string_view text, std::string_view attributes = {}) {
  return "<" + std::string(tag) + std::string(attributes) + ">" + escaped(text) + "</" +
         std::string(tag) + ">";
}

std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
  if (seeds.size() == 1) return std::to_string(seeds.front());
  if (seeds.back() - seeds.front() + 1 == seeds.size()) {
    return std::to_string(seeds.front()) + " to " + std::to_string(seeds.back());
  }
  std::string out;
  for (const std::uint64_t seed : seeds) out += (out.empty() ? "" : ", ") + std::to_string(seed);
  return out;
}

// ---- plots -------------------------------------------------------------------------------------

std::string legend(const std::vector<ChartLine>& lines) {
  if (lines.size() < 2) return {};
  std::string out = "<ul class=\"legend\" aria-label=\"Lines\">";
  for (const ChartLine& line : lines) {
    out +=
        "<li class=\"look" + std::to_string(line.look % kChartLooks) +
        "\"><svg viewBox=\"0 0 26 12\" aria-hidden=\"true\"><path class=\"line\" d=\"M1 6H25\"/>" +
        mark_svg(line.look, 13, 6, 4) + "</svg>" + cell("span", line.name) + "</li>";
  }
  return out + "</ul>";
}

std::string plots(const ChartGroup& group) {
  std::string out = legend(group.charts.front().lines) + "<div class=\"plots\">";
  for (const Chart& chart : group.charts) out += "<figure>" + svg_of(chart) + "</figure>";
  return out + "</div>";
}

std::string plots_against(const SweepTable& table, std::size_t axis) {
  const auto groups = charts_of(table, axis);
  if (groups.empty()) return {};
  std::string out =
      "<section><h2>Against <code>" + escaped(table.varied[axis].key) + "</code></h2>";
  if (groups.size() == 1) return out + plots(groups.front()) + "</section>";
  const std::size_t shown = std::min(groups.size(), kGroupsMax);
  for (std::size_t i = 0; i < shown; ++i) {
    out += std::string("<details") + (i == 0 ? " open" : "") + ">" +
           cell("summary", groups[i].held) + plots(groups[i]) + "</details>";
  }
  if (shown < groups.size()) {
    out += "<p class=\"soft\">" + std::to_string(groups.size() - shown) +
           " more combinations are in the table below.</p>";
  }
  return out + "</section>";
}

std::string constant_measures(const SweepTable& table) {
  std::string out;
  for (const Measure& measure : measures()) {
    if (!constant_in(table, measure)) continue;
    for (const SweptPoint& point : table.points) {
      const auto values = point.figures.find(measure.figure);
      if (values == point.figures.end()) continue;
      out += (out.empty() ? "" : "; ") + measure.label + " " + figure_text(values->second.front());
      if (!measure.unit.empty() && measure.unit != "share") out += " " + measure.unit;
      break;
    }
  }
  if (out.empty()) return {};
  return "<p class=\"soft\">The same in every run, so not plotted: " + escaped(out) + ".</p>";
}

// ---- the table ---------------------------------------------------------------------------------

std::string shown_mean(const SweptPoint& point, const Measure& measure) {
  const auto values = point.figures.find(measure.figure);
  if (values == point.figures.end()) return "<td class=\"soft\">none</td>";
  const Estimate known = estimate(values->second);
  const std::string text = estimate_text(known.mean, known.half_width);
  const std::size_t behind = std::min(text.find(" ±"), text.size());
  return "<td>" + text.substr(0, behind) + "<span class=\"soft\">" + text.substr(behind) +
         "</span></td>";
}

std::string grid(const SweepTable& table) {
  std::string out =
      "<section><h2>All points</h2><p class=\"soft\">Means over seeds ± half the width of the 95 % "
      "confidence interval.</p><div class=\"scroll\" tabindex=\"0\"><table "
      "class=\"grid\"><thead><tr>";
  for (const VariedKey& key : table.varied) {
    out += cell("th", key.key, " scope=\"col\" class=\"key\"");
  }
  const bool seeds_differ = !table.same_seeds();
  if (seeds_differ) out += cell("th", "seeds", " scope=\"col\"");
  std::vector<Measure> shown;
  for (const Measure& measure : measures()) {
    const bool known = std::ranges::any_of(table.points, [&](const SweptPoint& point) {
      return point.figures.contains(measure.figure);
    });
    if (!known) continue;
    shown.push_back(measure);
    out += "<th scope=\"col\">" + escaped(measure.label);
    if (!measure.unit.empty())
      out += "<span class=\"unit-of\">" + escaped(measure.unit) + "</span>";
    out += "</th>";
  }
  out += "</tr></thead><tbody>";
  for (const SweptPoint& point : table.points) {
    out += "<tr>";
    for (std::size_t key = 0; key < point.at.size(); ++key) {
      out += cell("th", table.varied[key].values[point.at[key]], " scope=\"row\" class=\"key\"");
    }
    if (seeds_differ) out += cell("td", seeds_text(point.seeds));
    for (const Measure& measure : shown) out += shown_mean(point, measure);
    out += "</tr>";
  }
  return out + "</tbody></table></div></section>";
}

// ---- who it is ---------------------------------------------------------------------------------

std::string rows_of(const std::vector<Override>& keys) {
  std::string out = "<div class=\"scroll\"><table><tbody>";
  for (const auto& [key, value] : keys) {
    out += "<tr>" + cell("th", key, " scope=\"row\"") + cell("td", value) + "</tr>";
  }
  return out + "</tbody></table></div>";
}

std::string repeat(const SweepTable& table) {
  if (const std::string command = table.command(); !command.empty()) {
    return "<p>The same runs again, with the same digests on any machine:</p>" +
           cell("pre", command, " class=\"command\"");
  }
  if (!table.tells_shared) {
    return "<p>These runs come from a table, which does not hold the keys that they share. The "
           "folder "
           "of the sweep does.</p>";
  }
  if (!table.full()) {
    return "<p>Not every combination was run, so no single command makes just these runs.</p>";
  }
  if (!table.same_seeds()) {
    return "<p>The points do not have the same seeds in a row, so no single command makes just "
           "these "
           "runs.</p>";
  }
  return "<p>A varied value is empty or has a comma, so no single command makes these runs.</p>";
}

std::string digests(const SweepTable& table) {
  std::string out =
      "<details><summary>Digests of all runs</summary><div class=\"scroll\"><table><tbody>";
  for (const SweptPoint& point : table.points) {
    std::string values;
    for (std::size_t key = 0; key < point.at.size(); ++key) {
      values += (key == 0 ? "" : ", ") + table.varied[key].values[point.at[key]];
    }
    for (std::size_t i = 0; i < point.seeds.size(); ++i) {
      out += "<tr>" + cell("td", values) + cell("td", "seed " + std::to_string(point.seeds[i])) +
             "<td><code>" + escaped(point.digests[i]) + "</code></td></tr>";
    }
  }
  return out + "</tbody></table></div></details>";
}

std::string identity(const SweepTable& table) {
  std::string out = "<section><h2>The experiment</h2>" + repeat(table);
  std::vector<Override> rows;
  for (const VariedKey& key : table.varied) {
    std::string values;
    for (const std::string& value : key.values) values += (values.empty() ? "" : ", ") + value;
    rows.emplace_back(key.key, values);
  }
  rows.emplace_back("seeds", table.same_seeds() ? seeds_text(table.points.front().seeds)
                                                : "see the table: they differ by point");
  for (const Override& key : changed_keys(table.shared)) rows.push_back(key);
  rows.emplace_back("page made by", "shoal-sim " SHOAL_VERSION);
  out += rows_of(rows);
  if (table.tells_shared) {
    out +=
        "<p class=\"soft\">All other keys have their built-in values.</p><details><summary>All "
        "keys "
        "that the runs share</summary>" +
        rows_of(table.shared) + "</details>";
  }
  return out + digests(table) + "</section>";
}

std::string intro(const SweepTable& table) {
  std::size_t runs = 0;
  std::size_t fewest = table.points.front().seeds.size();
  for (const SweptPoint& point : table.points) {
    runs += point.seeds.size();
    fewest = std::min(fewest, point.seeds.size());
  }
  std::string out = grouped(runs) + (runs == 1 ? " run" : " runs") + " at " +
                    grouped(table.points.size()) +
                    (table.points.size() == 1 ? " point" : " points") + ".";
  if (table.varied.empty()) return out + " Nothing was varied, so there is nothing to plot.";
  if (fewest > 1) {
    out += " Marks are means over seeds; whiskers are 95 % confidence intervals.";
  } else {
    out += " A point with one seed has no confidence interval.";
  }
  return out + " Point at a mark, or move to it with the tab key, for its numbers.";
}

}  // namespace

std::string sweep_html(const SweepTable& table, const std::string& name) {
  std::string keys;
  for (std::size_t i = 0; i < table.varied.size(); ++i) {
    const bool last = i + 1 == table.varied.size();
    keys += std::string(i == 0 ? "" : last ? " and " : ", ") + table.varied[i].key;
  }
  const std::string title = keys.empty() ? name : name + ": " + keys;
  std::string body = "<header>" + cell("h1", title) + cell("p", intro(table), " class=\"soft\"") +
                     "</header>\n<main>\n";
  for (std::size_t axis = 0; axis < table.varied.size(); ++axis) body += plots_against(table, axis);
  body += constant_measures(table) + grid(table) + identity(table) +
          "\n</main>\n<div id=\"tip\" role=\"status\" hidden></div>\n";
  std::string css(page_files::kChartCss);
  css += page_files::kSweepCss;
  PageParts parts;
  parts.title = title;
  parts.css = css;
  parts.body = body;
  parts.js = page_files::kSweepJs;
  return page_of_parts(parts);
}

}  // namespace shoal::sim
