// SPDX-License-Identifier: Apache-2.0
// Results for people, and JSON with short numbers.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "sim/experiment/result.h"
#include "sim/experiment/setting.h"
#include "sim/experiment/text_table.h"

namespace shoal::sim {
namespace {

namespace json = boost::json;

template <class... Args>
std::string format(const char* pattern, Args... args) {
  std::array<char, 160> buffer{};
  std::snprintf(buffer.data(), buffer.size(), pattern, args...);
  return buffer.data();
}

std::string grouped(double value) {
  return sim::grouped(static_cast<std::uint64_t>(std::llround(std::max(0.0, value))));
}

std::string plain(double value, std::string_view unit) {
  if (unit == "share") return format("%.2f %%", value * 100);
  if (unit == "ms") return format("%.1f ms", value);
  if (unit == "bytes") return grouped(value) + " bytes";
  std::string text = value == std::floor(value) || value >= 1000
                         ? grouped(value)
                         : format(std::abs(value) < 0.1 ? "%.5f" : "%.3f", value);
  if (unit == "1/s") return text + " /s";
  return text;
}

std::string title(const Experiment& e, const RunResult& first) {
  const std::string where = e.topology.file.empty()
                                ? e.topology.family
                                : e.topology.file.substr(e.topology.file.rfind('/') + 1);
  std::string out = e.overlay.via + " ttl=" + std::to_string(e.overlay.ttl) +
                    (e.overlay.duplicates == DuplicateRule::kClassic ? ", classic" : ", deepest") +
                    (e.overlay.echo ? "" : ", echo off") + ", " + grouped(first.peers) +
                    " peers, " + grouped(static_cast<double>(first.links)) + " links (" + where +
                    ")";
  if (e.membership.open()) out += ", neighbours by hyparview";
  return out + ", seed " + std::to_string(first.seed);
}

void add_drops(TextTable& lines, const json::object& drops) {
  std::string text;
  for (const auto& [name, value] : drops) {
    const double count = value.to_number<double>();
    if (count == 0) continue;
    std::string words(name);
    std::ranges::replace(words, '_', ' ');
    text += (text.empty() ? "" : ", ") + words + " " + grouped(count);
  }
  lines.add("drops", text.empty() ? "none" : "", text);
}

void add_hops(TextTable& lines, const json::array& hops) {
  double most = 0;
  for (const auto& hop : hops) most = std::max(most, hop.to_number<double>());
  const auto shown = [](double peers) { return std::round(peers * 10) / 10; };
  std::size_t end = hops.size();  // of what is seen: a long walk's last steps may round to none
  while (end > 0 && shown(hops[end - 1].to_number<double>()) == 0) --end;
  for (std::size_t i = 0; i < end; ++i) {
    const double peers = hops[i].to_number<double>();
    lines.add(i == 0 ? "by hop                  1" : format("%25zu", i + 1),
              plain(shown(peers), ""), bar(peers, most));
  }
}

// Members on lines of their own, down to where a value fits a line.
void print(const json::value& value, std::size_t indent, std::string& out) {
  constexpr std::size_t kLineMax = 96;
  const auto flat = [](const json::value& v, const auto& self) -> std::string {
    if (v.is_double()) return show_real(v.get_double());
    std::string text;
    if (v.is_array()) {
      for (const auto& item : v.get_array()) text += (text.empty() ? "" : ", ") + self(item, self);
      return "[" + text + "]";
    }
    if (v.is_object()) {
      for (const auto& [key, item] : v.get_object()) {
        text += (text.empty() ? "" : ", ") + json::serialize(key) + ": " + self(item, self);
      }
      return "{" + text + "}";
    }
    return json::serialize(v);
  };
  const std::string line = flat(value, flat);
  const bool nested = value.is_object() || value.is_array();
  if (!nested || (indent > 0 && line.size() + indent <= kLineMax)) {
    out += line;
    return;
  }
  const std::string margin(indent + 2, ' ');
  bool first = true;
  const auto begin = [&] {
    out += first ? "\n" : ",\n";
    out += margin;
    first = false;
  };
  out += value.is_object() ? '{' : '[';
  if (value.is_object()) {
    for (const auto& [key, item] : value.get_object()) {
      begin();
      out += json::serialize(key) + ": ";
      print(item, indent + 2, out);
    }
  } else {
    for (const auto& item : value.get_array()) {
      begin();
      print(item, indent + 2, out);
    }
  }
  out += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
}

}  // namespace

std::string pretty(const json::value& value) {
  std::string out;
  print(value, 0, out);
  return out;
}

std::string table(const Experiment& experiment, const std::vector<RunResult>& results) {
  const json::object all = summary(experiment, results);
  const RunResult& first = results.front();
  TextTable lines;
  lines.say(title(experiment, first) +
            (results.size() > 1 ? " and " + std::to_string(results.size() - 1) + " more" : ""));
  const json::object& searches = all.at("searches").get_object();
  const auto count = [&](const json::object& in, std::string_view name) {
    return grouped(in.at(name).to_number<double>());
  };
  lines.add("searches", count(searches, "wanted"),
            count(searches, "started") + " started, " + count(searches, "finished") +
                " finished, " + count(searches, "complete") + " with a complete report");
  lines.blank();
  for (const Figure& figure : figures()) {
    const json::value& value = all.at(figure.name);
    if (value.is_null()) continue;
    std::string note;
    const json::value* const half =
        results.size() > 1 ? &all.at("confidence").at(figure.name) : nullptr;
    if (half != nullptr && !half->is_null()) {
      note = "+- " + plain(half->to_number<double>(), figure.unit);
    }
    lines.add(figure.label, plain(value.to_number<double>(), figure.unit), note);
  }
  lines.blank();
  add_hops(lines, all.at("reach_by_hop").get_array());
  const json::object& traffic = all.at("traffic").get_object();
  const json::object& bytes = all.at("bytes").get_object();
  for (const char* const kind : {"queries", "echoes", "hits", "others"}) {
    lines.add(std::string("all ") + kind, count(traffic, kind), count(bytes, kind) + " bytes");
  }
  add_drops(lines, all.at("drops").get_object());
  if (first.departures + first.returns + first.faults + first.moved > 0) {
    const json::object& changes = all.at("changes").get_object();
    lines.add("changes", count(changes, "departures"),
              "departures, " + count(changes, "returns") + " returns, " + count(changes, "faults") +
                  " faults, " + count(changes, "files_moved") + " files moved; " +
                  grouped(all.at("peers_at_end").to_number<double>()) + " peers at the end");
  }
  if (first.raised > 0) {
    lines.add("delays raised to the floor", grouped(static_cast<double>(first.raised)));
  }
  lines.add("time", format("%.1f s", all.at("virtual_s").to_number<double>()),
            format("virtual; built in %.2f s, ran %.2f s on %u thread%s",
                   all.at("build_s").to_number<double>(), all.at("run_s").to_number<double>(),
                   first.threads, first.threads == 1 ? "" : "s"));
  lines.say("digest " + std::string(all.at("digest").get_string()));
  return lines.text();
}

}  // namespace shoal::sim
