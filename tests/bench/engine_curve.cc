// SPDX-License-Identifier: Apache-2.0
// Plots what `shoal-sim bench --json` printed, one run after the other:
//   engine_curve FOLDER < RUNS
// writes FOLDER/simulator-speed.svg and FOLDER/simulator-memory.svg, and a table on stdout. Of runs
// of the same settings the fastest counts, since all that can happen to a run makes it slower.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "sim/report/chart.h"

namespace shoal::tests {
namespace {

namespace json = boost::json;

struct Run {
  double peers = 0;
  double threads = 0;
  bool echo = false;
  double per_second = 0;
  double bytes = 0;
  double build_seconds = 0;
};

void keep_fastest(std::vector<Run>& runs, const Run& run) {
  const auto same = std::ranges::find_if(runs, [&](const Run& other) {
    return other.peers == run.peers && other.threads == run.threads && other.echo == run.echo;
  });
  if (same == runs.end()) {
    runs.push_back(run);
  } else if (same->per_second < run.per_second) {
    *same = run;
  }
}

/// All objects in `text`, one behind the other.
std::vector<Run> read_runs(const std::string& text) {
  std::vector<Run> runs;
  std::size_t at = 0;
  const auto skip = [&] { at = std::min(text.find_first_not_of(" \r\n\t", at), text.size()); };
  for (skip(); at < text.size(); skip()) {
    json::stream_parser parser;
    at += parser.write_some(text.data() + at, text.size() - at);
    const json::value run = parser.release();
    const auto number = [&](const char* name) { return run.at(name).to_number<double>(); };
    keep_fastest(
        runs, {number("peers"), number("threads"), run.at("echo").as_bool(),
               number("deliveries_per_second"), number("bytes_per_peer"), number("build_seconds")});
  }
  return runs;
}

std::string name_of(const Run& run) {
  return std::to_string(static_cast<int>(run.threads)) +
         (run.threads > 1 ? " threads" : " thread") + (run.echo ? ", echo on" : "");
}

/// Runs that differ in their peers only are one line.
template <class Value>
sim::Chart plot(const std::vector<Run>& runs, std::string title, std::string unit,
                std::string legend, Value value) {
  sim::Chart chart;
  chart.title = std::move(title);
  chart.unit = std::move(unit);
  chart.x_label = std::move(legend);
  chart.x_log = true;
  for (const Run& run : runs) {
    auto line = std::ranges::find(chart.lines, name_of(run), &sim::ChartLine::name);
    if (line == chart.lines.end()) {
      chart.lines.push_back({name_of(run), chart.lines.size(), {}});
      line = chart.lines.end() - 1;
    }
    line->points.push_back({run.peers, value(run), std::nullopt, {}});
  }
  return chart;
}

void print_table(const std::vector<Run>& runs) {
  std::map<double, std::map<std::string, Run>> table;
  for (const Run& run : runs) table[run.peers][name_of(run)] = run;
  std::printf(
      "| peers | M/s, 1 thread | M/s, 4 threads | M/s, 1 thread, echo on | bytes per peer "
      "| built in |\n|---:|---:|---:|---:|---:|---:|\n");
  for (auto& [peers, row] : table) {
    std::printf("| %.0f | %.1f | %.1f | %.1f | %.0f | %.2f s |\n", peers,
                row["1 thread"].per_second / 1e6, row["4 threads"].per_second / 1e6,
                row["1 thread, echo on"].per_second / 1e6, row["1 thread"].bytes,
                row["1 thread"].build_seconds);
  }
}

}  // namespace
}  // namespace shoal::tests

int main(int argc, char** argv) {
  using namespace shoal;
  if (argc != 2) {
    std::fprintf(stderr, "engine_curve FOLDER < RUNS\n");
    return 2;
  }
  try {
    const auto runs = tests::read_runs({std::istreambuf_iterator<char>(std::cin), {}});
    const std::string folder = argv[1];
    std::ofstream(folder + "/simulator-speed.svg") << sim::svg_document(
        tests::plot(runs, "Speed of the simulator", "million deliveries per second",
                    "● 1 thread  ■ 4 threads  ▲ echo on;  peers",
                    [](const tests::Run& run) { return run.per_second / 1e6; }));
    std::vector<tests::Run> single;
    std::ranges::copy_if(runs, std::back_inserter(single),
                         [](const tests::Run& run) { return run.threads == 1 && !run.echo; });
    std::ofstream(folder + "/simulator-memory.svg")
        << sim::svg_document(tests::plot(single, "Memory of the simulator", "bytes per idle peer",
                                         "peers", [](const tests::Run& run) { return run.bytes; }));
    tests::print_table(runs);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "engine_curve: %s\n", error.what());
    return 2;
  }
  return 0;
}
