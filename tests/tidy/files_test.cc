// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace shoal::tidy {
namespace {

const std::string kSpdx = "SPDX-License-Identifier: Apache-2.0\n";

std::string text_of(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) text += "x\n";
  return text;
}

TEST(Sizes, HaveACapThatTestsExceedALittle) {
  EXPECT_TRUE(check_sizes({{"sim/a.cc", text_of(kLinesMax)}}).empty());
  EXPECT_EQ(check_sizes({{"sim/a.cc", text_of(kLinesMax + 1)}}).size(), 1U);
  EXPECT_TRUE(check_sizes({{"tests/sim/a.cc", text_of(kTestLinesMax)}}).empty());
  EXPECT_EQ(check_sizes({{"tests/sim/a.cc", text_of(kTestLinesMax + 1)}}).size(), 1U);
  EXPECT_EQ(check_sizes({{"go", text_of(kLinesMax + 1)}}).size(), 1U);
  EXPECT_TRUE(check_sizes({{"LICENSE", text_of(9999)}}).empty());
}

TEST(Licence, StandsInTheFirstLine) {
  EXPECT_TRUE(check_licence({{"sim/a.h", "// " + kSpdx}}).empty());
  EXPECT_TRUE(check_licence({{"go", "#!/usr/bin/env bash\n# " + kSpdx}}).empty());
  EXPECT_TRUE(check_licence({{"sim/CMakeLists.txt", "# " + kSpdx}}).empty());
  EXPECT_EQ(check_licence({{"sim/a.h", "\n// " + kSpdx}}).size(), 1U);
  EXPECT_EQ(check_licence({{"sim/a.h", ""}}).size(), 1U);
  EXPECT_EQ(check_licence({{"proto/shoal/v1/a.proto", "syntax = \"proto3\";\n"}}).size(), 1U);
}

TEST(TopLevel, HasNoStrangers) {
  EXPECT_TRUE(check_top_level({{"README.md", ""}, {"sim/a.h", ""}}).empty());
  EXPECT_EQ(check_top_level({{"utils/a.h", ""}, {"utils/b.h", ""}}).size(), 1U);
  EXPECT_EQ(check_top_level({{"notes.txt", ""}}).size(), 1U);
}

TEST(Wildcards, AreFound) {
  EXPECT_EQ(check_wildcards({{"sim/CMakeLists.txt", "file(GLOB x *.cc)\n"}}).size(), 1U);
  EXPECT_EQ(check_wildcards({{"sim/a.h", "using namespace std;\n"}}).size(), 1U);
  EXPECT_EQ(check_wildcards({{"sim/a.h", "#include <bits/stdc++.h>\n"}}).size(), 1U);
  EXPECT_TRUE(check_wildcards({{"sim/a.cc", "using namespace std::chrono_literals;\n"}}).empty());
  EXPECT_TRUE(check_wildcards({{"sim/a.cc", "#include <vector>\nusing std::vector;\n"}}).empty());
}

TEST(Guards, StandFirst) {
  EXPECT_TRUE(check_guards({{"sim/a.h", "// " + kSpdx + "#pragma once\n"}}).empty());
  EXPECT_EQ(check_guards({{"sim/a.h", "// " + kSpdx + "int x;\n"}}).size(), 1U);
  EXPECT_EQ(check_guards({{"sim/a.h", "#include <vector>\n#pragma once\n"}}).size(), 1U);
}

TEST(MachinePaths, AreFoundInEveryTextFile) {
  EXPECT_EQ(check_machine_paths({{"docs/a.md",
                                  "see /ro"
                                  "ot/x\n"}})
                .size(),
            1U);
  EXPECT_EQ(check_machine_paths({{"sim/a.cc",
                                  "\n// /wo"
                                  "rk/main\n"}})[0]
                .line,
            2);
  EXPECT_TRUE(
      check_machine_paths({{"docs/a.md", "see /usr/include and the root/branch\n"}}).empty());
}

TEST(Tree, LeavesOutBuildOutputAndBinaries) {
  std::string root = (std::filesystem::temp_directory_path() / "tidy_XXXXXX").string();
  ASSERT_NE(mkdtemp(root.data()), nullptr);
  for (const std::string folder : {"/build", "/.git", "/sim/build"}) {
    std::filesystem::create_directories(root + folder);
  }
  for (const std::string name : {"/build/a.h", "/.git/b.h", "/sim/build/c.h", "/go"}) {
    std::ofstream(root + name) << "x\n";
  }
  std::ofstream(root + "/picture.png") << std::string("a\0b", 3);
  const Tree tree = read_tree(root);
  std::filesystem::remove_all(root);
  ASSERT_EQ(tree.size(), 2U);
  EXPECT_EQ(tree[0].path, "go");
  EXPECT_EQ(tree[1].path, "sim/build/c.h");
}

}  // namespace
}  // namespace shoal::tidy
