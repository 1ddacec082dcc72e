// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/readmes.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal::tidy {
namespace {

// What is wrong with the README of a folder with these files.
std::string checked(const std::string& readme) {
  return show(check_readmes({{"sim/a/disk.cc", ""},
                             {"sim/a/disk.h", ""},
                             {"sim/a/rest_x.cc", ""},
                             {"sim/a/rest_y.cc", ""},
                             {"sim/a/texts/x.json", ""},
                             {"sim/a/README.md", readme}}));
}

TEST(Readmes, NameEachFileWithOrWithoutItsEnding) {
  EXPECT_EQ(checked("`disk`, `rest_x.cc`, `rest_y.cc`\n"), "");
  EXPECT_EQ(checked("`disk.h` `rest_x rest_y`\n"), "");
  EXPECT_EQ(checked("`rest_*.cc disk`\n"), "");
  EXPECT_EQ(checked("`disk` rest_x `rest_y`\n"), "sim/a/README.md:0: does not name rest_x.cc\n");
}

TEST(Readmes, AreNotHelpedByTheirExamples) {
  EXPECT_NE(checked("`rest_*.cc`\n```\n`disk`\n```\n"), "");
}

TEST(Readmes, NameNothingThatIsGone) {
  const std::string all = "`rest_*.cc disk`\n";
  EXPECT_EQ(checked(all + "| file | what |\n|---|---|\n| `disk`, `texts/` | by `gone` |\n"), "");
  EXPECT_EQ(checked(all + "| file | what |\n|---|---|\n| `gone.cc` | |\n"),
            "sim/a/README.md:4: gone.cc is not in this folder\n");
  EXPECT_EQ(checked(all + "| request | what |\n|---|---|\n| `gone` | |\n"), "");
}

TEST(Readmes, AreOfOneScreen) {
  const std::string all = "`rest_*.cc disk`\n";
  EXPECT_EQ(checked(all + std::string(kReadmeLinesMax - 1, '\n')), "");
  EXPECT_NE(checked(all + std::string(kReadmeLinesMax, '\n')), "");
}

TEST(Readmes, AreThereWhereThereIsCodeOutsideTests) {
  EXPECT_EQ(show(check_readmes({{"sim/a/b.cc", ""}})), "sim/a/README.md:0: is missing\n");
  EXPECT_TRUE(check_readmes({{"tests/sim/b.cc", ""}, {"configs/demo/a.yaml", ""}}).empty());
}

TEST(NamedPaths, AreThere) {
  const auto named = [](const std::string& text) {
    return show(check_named_paths({{"sim/a/b.cc", ""}, {"sim/README.md", text}}));
  };
  EXPECT_EQ(named("`sim/a/b.cc`, `a/b.cc`, `b.h`, `sim/*.cc`, sim/c.cc\n"), "");
  EXPECT_EQ(named("\nby `sim/b.cc`\n"), "sim/README.md:2: sim/b.cc is not there\n");
}

}  // namespace
}  // namespace shoal::tidy
