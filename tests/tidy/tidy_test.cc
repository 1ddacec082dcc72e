// SPDX-License-Identifier: Apache-2.0

// The rules over this repository. ctest runs tests in its root.

#include <gtest/gtest.h>

#include "tests/tidy/bans.h"
#include "tests/tidy/files.h"
#include "tests/tidy/layers.h"
#include "tests/tidy/parts.h"
#include "tests/tidy/readmes.h"

namespace shoal::tidy {
namespace {

const Tree& repository() {
  static const Tree tree = read_tree(".");
  return tree;
}

void expect_none(const Violations& violations) {
  EXPECT_TRUE(violations.empty()) << show(violations);
}

TEST(Repository, IsReadWhole) {
  int seen = 0;
  for (const auto& file : repository()) {
    seen += file.path == "CMakeLists.txt" || file.path == "tests/tidy/tidy_test.cc" ||
                    file.path == ".clang-format"
                ? 1
                : 0;
    EXPECT_FALSE(file.path.starts_with("build/")) << file.path;
    EXPECT_FALSE(file.path.starts_with(".git/")) << file.path;
  }
  EXPECT_EQ(seen, 3) << "run this in the repository's root";
}

TEST(Repository, KeepsItsLayers) { expect_none(check_layers(repository())); }
TEST(Repository, KeepsThePartsOfItsFolders) { expect_none(check_parts(repository())); }
TEST(Repository, HasNoCircles) { expect_none(check_cycles(repository())); }
TEST(Repository, UsesNoBannedNames) { expect_none(check_bans(repository())); }
TEST(Repository, IteratesOverNoHashTablesInCores) { expect_none(check_iteration(repository())); }
TEST(Repository, KeepsFilesShort) { expect_none(check_sizes(repository())); }
TEST(Repository, NamesAllFilesInItsReadmes) { expect_none(check_readmes(repository())); }
TEST(Repository, NamesNoFilesThatAreGone) { expect_none(check_named_paths(repository())); }
TEST(Repository, NamesTheLicence) { expect_none(check_licence(repository())); }
TEST(Repository, KnowsItsTopLevel) { expect_none(check_top_level(repository())); }
TEST(Repository, HasNoWildcards) { expect_none(check_wildcards(repository())); }
TEST(Repository, GuardsItsHeaders) { expect_none(check_guards(repository())); }
TEST(Repository, NamesNoPathsOfOneMachine) { expect_none(check_machine_paths(repository())); }

}  // namespace
}  // namespace shoal::tidy
