// SPDX-License-Identifier: Apache-2.0
// Folders on the disk: names, the tree that is put together, and what is refused.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "tests/transfer/host/folder_world.h"
#include "transfer/host/disk/name.h"
#include "transfer/host/folder/folder_names.h"
#include "transfer/host/folder/folder_note.h"
#include "transfer/host/folder/folder_tree.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;
using testing::id_of;

std::vector<ListingEntry> in_order(const std::set<std::string>& paths) {
  std::vector<ListingEntry> entries;
  for (const std::string& path : paths) entries.push_back({path, id_of("")});
  std::ranges::sort(entries,
                    [](const auto& a, const auto& b) { return listed_before(a.path, b.path); });
  return entries;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return text;
}

// What listings may have, however nasty.
std::set<std::string> any_paths() {
  std::set<std::string> paths;
  for (int left = *rc::gen::inRange(0, 16).as("paths"); left > 0; --left) {
    std::string path;
    for (int deep = *rc::gen::inRange(1, 4).as("depth"); deep > 0; --deep) {
      path += (path.empty() ? "" : "/") +
              *rc::gen::element<std::string>(
                   "a", "A", "a.", "a ", "a:", "a?", "CON", "con.txt", "_CON", "...", "\xff",
                   "\xfe", "_", "\xe2\x80\xae", "a (2)", "\xc3\xa9", "e\xcc\x81", "\xc3\x89", "\\",
                   "..\\x", "\n", "file", ".part", std::string(255, 'x'), std::string(255, 'X'))
                   .as("name");
    }
    const bool clashes = std::ranges::any_of(paths, [&](const auto& one) {
      return one == path || one.starts_with(path + "/") || path.starts_with(one + "/");
    });
    if (!clashes) paths.insert(path);
  }
  return paths;
}

RC_GTEST_PROP(FolderNames, AreSafeAndDistinctAndKeepTheStructure, ()) {
  const auto entries = in_order(any_paths());
  const LocalNames names = local_names(entries);
  RC_ASSERT(names.paths == local_names(entries).paths);
  RC_ASSERT(names.paths.size() == entries.size());
  std::set<std::string> taken;
  std::map<std::string, std::string> folders;
  std::size_t changed = 0;
  for (std::size_t at = 0; at < entries.size(); ++at) {
    const std::string& local = names.paths[at];
    if (local != entries[at].path) ++changed;
    RC_ASSERT(taken.insert(lower(local)).second);
    RC_ASSERT(std::ranges::count(local, '/') == std::ranges::count(entries[at].path, '/'));
    std::string rest = local + "/";
    while (!rest.empty()) {
      const std::string name = rest.substr(0, rest.find('/'));
      RC_ASSERT(safe_name(name) == name);
      rest.erase(0, name.size() + 1);
    }
    // One folder for one folder.
    std::string remote_above = parent_of(entries[at].path);
    std::string local_above = parent_of(local);
    for (; !remote_above.empty(); remote_above = parent_of(remote_above)) {
      const auto [known, fresh] = folders.emplace(remote_above, local_above);
      RC_ASSERT(known->second == local_above);
      local_above = parent_of(local_above);
    }
  }
  std::set<std::string> distinct;
  for (const auto& [remote, local] : folders) RC_ASSERT(distinct.insert(lower(local)).second);
  RC_ASSERT(names.changed == changed);
}

// All of them are one name once they are safe: no square in their number.
TEST(FolderNames, AHundredThousandThatClashAreNamedQuickly) {
  std::set<std::string> paths;
  for (std::size_t at = 0; paths.size() < limits::kListingEntries; ++at) {
    std::string name;
    for (std::size_t rest = at, digit = 0; digit < 17; ++digit, rest /= 2) {
      name += rest % 2 == 0 ? "\x01" : "\x02";
    }
    paths.insert(name);
  }
  const LocalNames names = local_names(in_order(paths));
  EXPECT_EQ(std::set<std::string>(names.paths.begin(), names.paths.end()).size(), paths.size());
  EXPECT_EQ(names.changed, paths.size());
  for (const std::string& name : names.paths) ASSERT_EQ(safe_name(name), name);
}

class Tree : public ::testing::Test {
 protected:
  Tree() { fs::create_directories(folder / "dl"); }

  FolderTree open() { return std::move(FolderTree::open(folder / "dl", list).value()); }
  void stage(FolderTree& tree, const std::string& bytes) {
    std::ofstream(tree.place() + "/" + to_text(id_of(bytes))) << bytes;
  }
  static PlacedEntry file(const std::string& path, const std::string& bytes) {
    return {path, id_of(bytes)};
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const tests::TempFolder folder;
  const ContentId list = id_of("the list");
};

TEST_F(Tree, IsBuiltReadBackAndNamed) {
  auto tree = open();
  const std::vector<PlacedEntry> entries{file("a", "one"), file("b/c", "two"), file("b/d", "one"),
                                         file("b/e", ""),  {"void", {}},       {"w/x", {}}};
  stage(tree, "one");
  stage(tree, "two");
  ASSERT_TRUE(tree.build(entries, {}));
  ASSERT_TRUE(tree.verify(entries, {}));
  fs::create_directory(folder / "dl/Album");
  EXPECT_EQ(tree.free_name("Album").value(), "Album (2)");
  EXPECT_EQ(tree.give_name("Album").error().code, Errc::kConflict);
  EXPECT_EQ(tree.give_name("Album (2)").value(), folder / "dl/Album (2)");
  EXPECT_EQ(
      tree.verify_placed("Album (2)", entries, [](std::uint64_t) { return false; }).error().code,
      Errc::kCancelled);
  EXPECT_TRUE(tree.verify_placed("Album (2)", entries, {}));
  tree.remove();
  EXPECT_TRUE(fs::is_empty(folder / "dl/.part"));
  EXPECT_EQ(read(folder / "dl/Album (2)/b/d"), "one");
  EXPECT_EQ(fs::hard_link_count(folder / "dl/Album (2)/a"), 1U);
  EXPECT_TRUE(fs::is_directory(folder / "dl/Album (2)/w/x"));
  EXPECT_TRUE(fs::is_empty(folder / "dl/Album"));
}

TEST_F(Tree, WhatIsNotAsListedIsSeen) {
  auto tree = open();
  const std::vector<PlacedEntry> entries{file("a", "one"), file("b/c", "two"), {"void", {}}};
  const std::string top = tree.place() + "/tree/";
  const auto why_after = [&](const std::function<void()>& change) {
    stage(tree, "one");
    stage(tree, "two");
    EXPECT_TRUE(tree.build(entries, {}));
    change();
    const auto right = tree.verify(entries, {});
    return right ? "nothing" : right.error().why;
  };
  EXPECT_EQ(why_after([] {}), "nothing");
  EXPECT_EQ(why_after([&] { fs::remove(top + "a"); }), "a: it is missing");
  EXPECT_EQ(why_after([&] { std::ofstream(top + "b/x") << "x"; }), "b/x: it is not in the list");
  EXPECT_EQ(why_after([&] { fs::create_directory(top + "new"); }), "new: it is not in the list");
  EXPECT_EQ(why_after([&] { fs::remove(top + "void"); }), "void: it is missing");
  EXPECT_EQ(why_after([&] { std::ofstream(top + "a") << "enough"; }), "a: its length is another");
  EXPECT_EQ(why_after([&] { std::ofstream(top + "a") << "two"; }), "a: its bytes are others");
  EXPECT_EQ(tree.spoiled(), id_of("one"));
  EXPECT_EQ(why_after([&] {
              fs::remove(top + "a");
              fs::create_symlink("b/c", top + "a");
            }),
            "a: it is no file");
  EXPECT_EQ(why_after([&] {
              fs::remove(top + "void");
              fs::create_directory_symlink("b", top + "void");
            }),
            "void: it is no folder");
}

TEST_F(Tree, StopsWhenItIsToldTo) {
  auto tree = open();
  const std::vector<PlacedEntry> entries{file("a", "one"), file("b", "one")};
  stage(tree, "one");
  EXPECT_EQ(tree.build(entries, [](std::uint64_t) { return false; }).error().code,
            Errc::kCancelled);
  ASSERT_TRUE(tree.build(entries, {}));
  EXPECT_EQ(tree.verify(entries, [](std::uint64_t) { return false; }).error().code,
            Errc::kCancelled);
}

TEST_F(Tree, AMissingFileIsSaidSo) {
  auto tree = open();
  stage(tree, "one");
  EXPECT_EQ(tree.build({file("a", "one"), file("b", "two"), file("c", "one")}, {}).error().code,
            Errc::kNotFound);
}

TEST_F(Tree, BelongsToOneProcessAtATime) {
  const auto tree = open();
  EXPECT_EQ(FolderTree::open(folder / "dl", list).error().code, Errc::kConflict);
}

TEST_F(Tree, KeepsANoteAsAWhole) {
  {
    auto tree = open();
    EXPECT_EQ(tree.note().value(), std::nullopt);
    ASSERT_TRUE(tree.keep(to_text(FolderNote{"a", {"*.pdf"}, ""})));
    ASSERT_TRUE(tree.keep(to_text(FolderNote{"Album", {"*.pdf", "x/"}, "Album (2)"})));
  }
  const auto note = read_folder_note(open().note().value().value());
  ASSERT_TRUE(note);
  EXPECT_EQ(note->name, "Album");
  EXPECT_EQ(note->only, (std::vector<std::string>{"*.pdf", "x/"}));
  EXPECT_EQ(note->placing, "Album (2)");
  EXPECT_FALSE(read_folder_note("{}"));
  EXPECT_FALSE(read_folder_note("nonsense"));
}

// A folder of names that want out, as deep and as many as a quick test has time for.
TEST_F(Tree, NothingOfAHostileListLeavesTheFolder) {
  std::string text(kListingHead);
  std::set<std::string> paths;
  const std::string bad[] = {"...",
                             "..\\..\\x",
                             "C:",
                             "CON",
                             "~",
                             "$HOME",
                             "\x01",
                             "\xff\xfe",
                             "-rf",
                             "a\nb",
                             ".part",
                             "lock",
                             "note",
                             "tree",
                             "\xe2\x80\xae"
                             "gpj.exe"};
  for (std::size_t at = 0; at < 400; ++at) {
    std::string path;
    for (std::size_t deep = 0; deep <= at % 9; ++deep) {
      path += bad[(at / 7 + deep * 5) % std::size(bad)] + std::to_string(at % 5) + "/";
    }
    paths.insert(path + bad[at % std::size(bad)] + std::to_string(at));
  }
  std::string deepest = "d";
  for (std::size_t at = 0; at < limits::kScanDepthMax; ++at) deepest += "/d";
  paths.insert(deepest);
  const auto printed = print_listing(in_order(paths));
  ASSERT_TRUE(printed) << printed.error().why;
  const auto entries = parse_listing(*printed);
  ASSERT_TRUE(entries);
  const LocalNames names = local_names(*entries);
  std::vector<PlacedEntry> placed;
  for (std::size_t at = 0; at < entries->size(); ++at) {
    placed.push_back({names.paths[at], (*entries)[at].content});
  }
  auto tree = open();
  const auto built = tree.build(placed, {});
  ASSERT_TRUE(built) << built.error().what << built.error().why;
  const auto right = tree.verify(placed, {});
  ASSERT_TRUE(right) << right.error().why;
  ASSERT_TRUE(tree.give_name("x"));
  tree.remove();
  std::set<std::string> outside;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    outside.insert(entry.path().filename());
  }
  for (const auto& entry : fs::directory_iterator(folder / "dl")) {
    outside.insert(entry.path().filename());
  }
  EXPECT_EQ(outside, (std::set<std::string>{"dl", "x", ".part"}));
  EXPECT_TRUE(fs::is_empty(folder / "dl/.part"));
}

}  // namespace
}  // namespace shoal::transfer
