// SPDX-License-Identifier: Apache-2.0
#include "sim/report/sweep_page.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include "sim/experiment/run_store.h"
#include "sim/experiment/sweep.h"
#include "sim/report/command.h"
#include "sim/report/measures.h"
#include "tests/sim/report/page_data.h"
#include "tests/support/temp_folder.h"

namespace shoal::sim {
namespace {

// A small sweep in `folder`, as the verb makes it.
SweepPlan run_small_sweep(const tests::TempFolder& folder) {
  SweepPlan plan;
  plan.fixed = {{"topology.peers", "40"},
                {"topology.degree", "4"},
                {"content.files", "4"},
                {"workload.searches", "10"},
                {"network.min", "20ms"}};
  plan.axes = {{"overlay.ttl", {"3", "1", "2"}}, {"content.placement", {"uniform", "owner"}}};
  plan.first_seed = 4;
  plan.seeds = 3;
  const auto points = points_of(plan);
  EXPECT_TRUE(points);
  auto store = RunStore::open(folder / "runs.db");
  EXPECT_TRUE(store);
  EXPECT_TRUE(run_sweep(plan, *points, *store, {}));
  EXPECT_TRUE(write_csv(folder / "runs.csv", plan, *points, *store));
  return plan;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) {
    ++found;
  }
  return found;
}

TEST(SweepTable, HoldsWhatTheSweepVariedInOrder) {
  const tests::TempFolder folder;
  run_small_sweep(folder);
  const auto table = read_sweep_table(folder.path());
  ASSERT_TRUE(table) << table.error().why;
  ASSERT_EQ(table->varied.size(), 2U);
  EXPECT_EQ(table->varied[0].key, "overlay.ttl");
  EXPECT_EQ(table->varied[0].values, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(table->varied[0].numbers, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(table->varied[1].values, (std::vector<std::string>{"owner", "uniform"}));
  EXPECT_TRUE(table->varied[1].numbers.empty());
  ASSERT_EQ(table->points.size(), 6U);
  EXPECT_TRUE(table->full());
  EXPECT_TRUE(table->same_seeds());
  EXPECT_EQ(table->points[5].seeds, (std::vector<std::uint64_t>{4, 5, 6}));
  EXPECT_EQ(table->points[5].figures.at("reach").size(), 3U);

  // The CSV tells the same but for what all runs share.
  const auto csv = read_sweep_table(folder / "runs.csv");
  ASSERT_TRUE(csv) << csv.error().why;
  ASSERT_EQ(csv->points.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    // Words stand as they are met: uniform first in the CSV.
    const std::size_t same = i % 2 == 0 ? i + 1 : i - 1;
    EXPECT_EQ(csv->points[same].digests, table->points[i].digests);
    EXPECT_EQ(csv->points[same].figures.at("reach"), table->points[i].figures.at("reach"));
  }
  EXPECT_EQ(csv->command(), "");
}

// The command is what makes the very same runs.
TEST(SweepTable, GivesTheCommandThatRepeatsIt) {
  const tests::TempFolder folder;
  run_small_sweep(folder);
  const auto table = read_sweep_table(folder / "runs.db");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->command(),
            "shoal-sim sweep --set network.min=20ms --set topology.peers=40 --set "
            "topology.degree=4 --set content.files=4 --set workload.searches=10 --vary "
            "overlay.ttl=1,2,3 --vary content.placement=owner,uniform --seed 4 --seeds 3 --out "
            "again");
  SweepPlan again;
  again.fixed = changed_keys(table->shared);
  for (const VariedKey& key : table->varied) again.axes.push_back({key.key, key.values});
  const auto store = RunStore::open(folder / "runs.db", true);
  ASSERT_TRUE(store);
  const auto points = points_of(again);
  ASSERT_TRUE(points);
  for (const SweepPoint& point : *points) {
    for (const std::uint64_t seed : {4U, 5U, 6U}) EXPECT_TRUE(store->has(point.experiment, seed));
  }
}

TEST(SweepTable, RefusesWhatIsNoSweep) {
  const tests::TempFolder folder;
  const auto refused = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    const auto table = read_sweep_table(folder / name);
    EXPECT_FALSE(table);
    EXPECT_TRUE(table || table.error().code == Errc::kInvalidArgument);
    return table ? "" : table.error().why.substr((folder / name).size() + 2);
  };
  const std::string head = "overlay.ttl,seed,digest,reach\n";
  EXPECT_EQ(refused("a.csv", "time,place\n"), "line 1: it is not the head of a sweep's table");
  EXPECT_EQ(refused("b.csv", ""), "it holds no run");
  EXPECT_EQ(refused("c.csv", head), "it holds no run");
  EXPECT_EQ(refused("d.csv", head + "1,2\n"), "line 2: it has 2 cells and not 4");
  EXPECT_EQ(refused("e.csv", head + "1,x,00,3\n"), "line 2: \"x\" is no seed");
  EXPECT_EQ(refused("f.csv", head + "1,1,00,3\n1,2,00,inf\n"), "line 3: \"inf\" is no number");
  EXPECT_NE(refused("g.db", std::string(4096, 'g')).find("not a database"), std::string::npos);
  const auto nothing = read_sweep_table(folder / "nothing");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().why, folder / "nothing" + ": there is no such file or folder");
  const tests::TempFolder empty;
  const auto bare = read_sweep_table(empty.path());
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().why, empty.path() + ": it holds no runs.db");
}

TEST(SweepPage, PlotsEveryMeasureAgainstEveryKey) {
  const tests::TempFolder folder;
  run_small_sweep(folder);
  const auto table = read_sweep_table(folder.path());
  ASSERT_TRUE(table);
  const auto by_ttl = charts_of(*table, 0);
  ASSERT_EQ(by_ttl.size(), 1U);
  EXPECT_EQ(by_ttl[0].held, "");
  EXPECT_EQ(by_ttl[0].charts[0].title, "searches that found");
  EXPECT_EQ(by_ttl[0].charts[0].y_high, 1.0);
  for (const Chart& chart : by_ttl[0].charts) {
    ASSERT_EQ(chart.lines.size(), 2U);
    EXPECT_EQ(chart.lines[0].name, "content.placement = owner");
    EXPECT_TRUE(chart.words.empty());
    for (const ChartLine& line : chart.lines) {
      if (chart.title.ends_with("hit after")) continue;  // some seeds have no hit
      for (const ChartPoint& point : line.points) EXPECT_TRUE(point.half_width) << chart.title;
    }
  }
  const auto copies = std::ranges::find(by_ttl[0].charts, "copies per search", &Chart::title);
  ASSERT_NE(copies, by_ttl[0].charts.end());
  ASSERT_EQ(copies->lines[1].points.size(), 3U);
  const auto& values = table->points[3].figures.at("messages");  // TTL 2, uniform
  EXPECT_DOUBLE_EQ(copies->lines[1].points[1].y, (values[0] + values[1] + values[2]) / 3);
  EXPECT_EQ(copies->lines[1].points[1].x, 2);
  const auto by_placement = charts_of(*table, 1);
  ASSERT_EQ(by_placement.size(), 1U);
  EXPECT_EQ(by_placement[0].charts[0].words, (std::vector<std::string>{"owner", "uniform"}));
  EXPECT_EQ(by_placement[0].charts[0].lines.size(), 3U);

  const std::string page = sweep_html(*table, "small");
  std::size_t points = 0;
  for (const auto* const groups : {&by_ttl, &by_placement}) {
    for (const Chart& chart : (*groups)[0].charts) {
      for (const ChartLine& line : chart.lines) points += line.points.size();
    }
  }
  EXPECT_EQ(count(page, "<g class=\"point\""), points);
  EXPECT_EQ(count(page, "<figure>"), by_ttl[0].charts.size() + by_placement[0].charts.size());
  EXPECT_NE(page.find(table->command()), std::string::npos);
  for (const SweptPoint& point : table->points) {
    for (const std::string& digest : point.digests) EXPECT_EQ(count(page, digest), 1U);
  }
  EXPECT_EQ(sweep_html(*read_sweep_table(folder.path()), "small"), page);
  expect_self_contained(page);
}

TEST(SweepPage, GivesKeysBeyondEightLinesGroupsOfTheirOwn) {
  SweepTable table;
  table.varied = {{"a", {"1", "2"}, {1, 2}, ""},
                  {"b", {"x", "y", "z"}, {}, ""},
                  {"c", {"p", "q", "r", "s"}, {}, ""}};
  for (std::size_t a = 0; a < 2; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      for (std::size_t c = 0; c < 4; ++c) {
        table.points.push_back(
            {{a, b, c}, {1}, {"00"}, {{"reach", {static_cast<double>(1 + a + b * c)}}}});
      }
    }
  }
  const auto groups = charts_of(table, 0);
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[1].held, "c = q");
  ASSERT_EQ(groups[1].charts.size(), 1U);
  EXPECT_EQ(groups[1].charts[0].lines.size(), 3U);
  EXPECT_EQ(groups[1].charts[0].lines[2].name, "b = z");
  EXPECT_FALSE(groups[1].charts[0].lines[2].points[0].half_width);
  EXPECT_EQ(charts_of(table, 2)[0].charts[0].lines.size(), 6U);
}

TEST(SweepPage, TellsWhyThereIsNoCommand) {
  SweepTable table;
  table.tells_shared = true;
  table.varied = {{"a", {"1", "2"}, {1, 2}, ""}};
  table.points = {{{0}, {1, 2}, {"00", "01"}, {{"reach", {1, 2}}}},
                  {{1}, {1, 3}, {"02", "03"}, {{"reach", {3, 4}}}}};
  EXPECT_EQ(table.command(), "");
  EXPECT_NE(sweep_html(table, "x").find("do not have the same seeds"), std::string::npos);
  table.points.pop_back();
  EXPECT_NE(sweep_html(table, "x").find("Not every combination was run"), std::string::npos);
}

TEST(SweepPage, KnowsEveryFigureThatTheMachineDoesNotDecide) {
  std::vector<std::string> known;
  for (const Measure& measure : measures()) known.push_back(measure.figure);
  EXPECT_EQ(known.front(), "success");
  for (const Figure& figure : figures()) {
    const bool machine = figure.name == "deliveries_per_second" || figure.name == "bytes_per_peer";
    EXPECT_EQ(std::ranges::count(known, figure.name), machine ? 0 : 1) << figure.name;
  }
}

TEST(SweepPage, UsesLogarithmsWhereTheyHelp) {
  EXPECT_TRUE(worth_a_log({1, 30, 1000}, 50));
  EXPECT_FALSE(worth_a_log({0, 30, 1000}, 50));
  EXPECT_FALSE(worth_a_log({1, 1000}, 50));
  EXPECT_FALSE(worth_a_log({20, 30, 1000 - 1}, 50));
}

TEST(SweepPage, KeepsNamesThatAreMarkupAsText) {
  const std::string name = "</script><img src=x onerror=alert(1)>\"'&";
  SweepTable table;
  table.tells_shared = true;
  table.varied = {{name, {name, "2" + name}, {}, ""}, {"b", {name, "c"}, {}, ""}};
  table.shared = {{name, name}};
  for (std::size_t a = 0; a < 2; ++a) {
    for (std::size_t b = 0; b < 2; ++b) {
      table.points.push_back({{a, b}, {1}, {name}, {{"reach", {static_cast<double>(1 + a)}}}});
    }
  }
  const std::string page = sweep_html(table, name);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(count(page, "</script"), 1U);
  EXPECT_EQ(page.find("onerror=alert(1)>"), std::string::npos);
  EXPECT_NE(page.find("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"),
            std::string::npos);
}

TEST(Command, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(quoted("overlay.ttl=1,2"), "overlay.ttl=1,2");
  EXPECT_EQ(quoted("a b"), "'a b'");
  EXPECT_EQ(quoted("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(quoted(""), "''");
}

TEST(Chart, MarksTheValuesThatWereTried) {
  Chart chart;
  chart.x_values = {0.02, 0.75, 12.5, 15000};
  chart.x_log = true;
  chart.lines.push_back({"", 0, {{0.05, 1, {}, "a"}}});
  const std::string svg = svg_of(chart);
  for (const char* const mark : {">0.02<", ">0.75<", ">12.5<", ">15k<"}) {
    EXPECT_EQ(count(svg, mark), 1U) << mark;
  }
  chart.x_values = {1, 1.001, 100};  // two of them have room
  EXPECT_EQ(count(svg_of(chart), ">1.001<"), 0U);
}

TEST(Chart, GivesEachOfItsEightColoursAMarkOfItsOwn) {
  std::set<std::string> marks;
  for (std::size_t look = 0; look < kChartLooks; ++look) marks.insert(mark_svg(look, 10, 10, 3.6));
  EXPECT_EQ(marks.size(), kChartLooks);
}

TEST(Chart, IsAFileOfItsOwnToo) {
  Chart chart;
  chart.title = "speed";
  chart.unit = "1/s";
  chart.x_label = "peers";
  chart.x_log = true;
  chart.lines.push_back({"engine", 0, {{100, 5e6, {}, "a"}, {1e6, 4e6, 1e5, "b"}}});
  const std::string svg = svg_document(chart);
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_EQ(count(svg, "class=\"mark\""), 2U);
  EXPECT_EQ(count(svg, "class=\"whisker\""), 3U);
  EXPECT_EQ(svg, svg_document(chart));
}

}  // namespace
}  // namespace shoal::sim
