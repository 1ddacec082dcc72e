// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/bans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace shoal::tidy {
namespace {

std::string sample_of(std::string_view glob) {
  std::string name(glob);
  std::replace(name.begin(), name.end(), '*', 'x');
  return name;
}

bool banned(const std::string& path, const std::string& code) {
  return !check_bans({{path, code}}).empty();
}

TEST(Bans, EachIsFoundWhereItHoldsAndNotInTests) {
  for (const auto& ban : bans()) {
    const std::string code = "void f() { " + sample_of(ban.name) + "(); }\n";
    const std::string path = ban.scope == Scope::kMachine || ban.scope == Scope::kCore
                                 ? "overlay/core/a.cc"
                             : ban.scope == Scope::kDeterministic ? "sim/a.cc"
                             : ban.scope == Scope::kHost          ? "transfer/host/a.cc"
                                                                  : "cli/client/a.cc";
    EXPECT_TRUE(banned(path, code)) << ban.name;
    EXPECT_FALSE(banned("tests/wire/a.cc", code)) << ban.name;
  }
}

TEST(Bans, CoresAreAllOfThem) {
  for (const std::string folder :
       {"proto/types", "overlay/core", "overlay/flood", "overlay/membership", "overlay",
        "transfer/core", "bootstrap/core"}) {
    EXPECT_TRUE(banned(folder + "/a.h", "auto t = std::chrono::steady_clock::now();")) << folder;
    EXPECT_TRUE(banned(folder + "/a.h", "std::mt19937_64 rng;")) << folder;
    EXPECT_TRUE(banned(folder + "/a.h", "std::uniform_int_distribution<int> d;")) << folder;
    EXPECT_TRUE(banned(folder + "/a.h", "std::scoped_lock lock(m);")) << folder;
  }
}

TEST(Bans, LetValuesPrintBeforeTheyAbort) {
  EXPECT_FALSE(banned("proto/types/a.cc", "std::fprintf(stderr, text);"));
  EXPECT_TRUE(banned("overlay/core/a.cc", "std::fprintf(stderr, text);"));
}

TEST(Bans, DoNotHoldOutsideTheirScope) {
  EXPECT_FALSE(banned("overlay/host/a.cc", "std::chrono::steady_clock::now();"));
  EXPECT_FALSE(banned("cli/daemon/a.cc", "std::thread t;"));
  EXPECT_TRUE(banned("overlay/host/a.cc", "std::thread t;"));
  EXPECT_TRUE(banned("sim/a.cc", "std::mt19937 g;"));
  EXPECT_FALSE(banned("sim/a.cc", "std::thread t;"));
}

TEST(Bans, PassOverCommentsLiteralsAndOtherNames) {
  EXPECT_FALSE(banned("overlay/core/a.h", "// no steady_clock here\n"));
  EXPECT_FALSE(banned("overlay/core/a.h", "auto s = \"std::mutex\";"));
  EXPECT_FALSE(banned("overlay/core/a.h",
                      "int shuffle_period_ms; boost::system::error_code e; row.grpc = 1;"));
}

bool iterates(const std::string& code, const std::string& header = "") {
  return !check_iteration({{"overlay/flood/flood.cc", code}, {"overlay/flood/flood.h", header}})
              .empty();
}

TEST(Iteration, OverHashTablesIsFound) {
  const std::string table = "boost::unordered_flat_map<Id, std::vector<int>> seen_;\n";
  EXPECT_TRUE(iterates(table + "for (auto& [id, v] : seen_) f(v);"));
  EXPECT_TRUE(iterates(table + "for (auto it = seen_.begin(); it != seen_.end(); ++it) f(*it);"));
  EXPECT_TRUE(iterates("for (auto& [id, v] : seen_) f(v);", table));
  EXPECT_TRUE(iterates("std::unordered_set<int> s;\nfor (int x : s) f(x);"));
}

TEST(Iteration, OverOthersAndLookupsAreFine) {
  const std::string table = "std::unordered_map<int, int> seen_; std::vector<int> order_;\n";
  EXPECT_FALSE(iterates(table + "for (int x : order_) f(seen_.find(x) != seen_.end());"));
  EXPECT_FALSE(iterates(table + "std::erase(order_, seen_.size()); not_seen_.begin();"));
}

TEST(Iteration, IsFreeOutsideTheCores) {
  const std::string code = "std::unordered_set<int> s;\nfor (int x : s) f(x);";
  EXPECT_TRUE(check_iteration({{"transfer/library/a.cc", code}}).empty());
  EXPECT_FALSE(check_iteration({{"sim/a.cc", code}}).empty());
}

}  // namespace
}  // namespace shoal::tidy
