// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/listing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "transfer/core/merkle.h"

namespace shoal::transfer {
namespace {

ContentId content(std::uint8_t seed, std::uint64_t length) {
  if (length == 0) return TreeHasher(0).finish().id;
  ContentId id;
  id.root.bytes.fill(seed);
  id.length = length;
  return id;
}

// A tree of folders: a name leads to a file or a tree. As a list sees it when it is walked.
std::vector<ListingEntry> any_folder() {
  std::map<std::string, std::optional<ContentId>> paths;
  for (int left = *rc::gen::inRange(0, 12).as("entries"); left > 0; --left) {
    std::string path;
    for (int deep = *rc::gen::inRange(1, 5).as("depth"); deep > 0; --deep) {
      path += (path.empty() ? "" : "/") +
              *rc::gen::element<std::string>("a", "b", "a-b", "a.b", "A", " ", "\n", "%41", "...",
                                             "\xff", "é", "a b", "~", "\x01")
                   .as("name");
    }
    const bool clashes = std::ranges::any_of(paths, [&](const auto& one) {
      return one.first == path || one.first.starts_with(path + "/") ||
             path.starts_with(one.first + "/");
    });
    if (clashes) continue;
    const auto length = *rc::gen::element<std::uint64_t>(0, 1, 1 << 20, limits::kFileBytesMax);
    if (*rc::gen::inRange(0, 4).as("empty folder if 0") == 0) {
      paths[path] = std::nullopt;
    } else {
      paths[path] = content(static_cast<std::uint8_t>(left), length);
    }
  }
  std::vector<ListingEntry> entries;
  for (const auto& [path, id] : paths) entries.push_back({path, id});
  std::ranges::sort(entries,
                    [](const auto& a, const auto& b) { return listed_before(a.path, b.path); });
  return entries;
}

// The oracle of the order: lists of names, compared name by name.
std::vector<std::string> names_of(const std::string& path) {
  std::vector<std::string> names(1);
  for (const char c : path) {
    if (c == '/') {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  return names;
}

RC_GTEST_PROP(Listing, OrdersByNames, ()) {
  const auto path = [](const char* what) {
    return *rc::gen::container<std::string>(rc::gen::element('a', 'b', '/', '.', '-', '\xff', ' '))
                .as(what);
  };
  const std::string a = path("a");
  const std::string b = path("b");
  const auto bytes = [](const std::string& name) {
    return std::vector<std::uint8_t>(name.begin(), name.end());
  };
  const auto before = [&](const std::vector<std::string>& x, const std::vector<std::string>& y) {
    return std::ranges::lexicographical_compare(
        x, y, [&](const auto& l, const auto& r) { return bytes(l) < bytes(r); });
  };
  RC_ASSERT(listed_before(a, b) == before(names_of(a), names_of(b)));
}

RC_GTEST_PROP(Listing, ReadsBackWhatItWrote, ()) {
  const auto entries = any_folder();
  const auto text = print_listing(entries);
  RC_ASSERT(text.has_value());
  const auto read = parse_listing(*text);
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == entries);
}

// There is one text for one folder: a damaged list is refused or is another folder's, and what
// comes out of it leads nowhere else.
RC_GTEST_PROP(Listing, DamageIsRefusedOrHarmless, ()) {
  auto text = print_listing(any_folder()).value();
  for (int left = *rc::gen::inRange(1, 4).as("changes"); left > 0 && !text.empty(); --left) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size()).as("position");
    const char other =
        *rc::gen::element('/', '.', '\n', '%', ' ', '\0', 'd', 'f', '0', 'a', '\xff').as("byte");
    switch (*rc::gen::inRange(0, 3).as("kind")) {
      case 0:
        text[at] = other;
        break;
      case 1:
        text.insert(at, 1, other);
        break;
      default:
        text.erase(at, 1);
    }
  }
  const auto read = parse_listing(text);
  if (!read) {
    RC_ASSERT(!read.error().why.empty());
    return;
  }
  RC_ASSERT(print_listing(*read).value() == text);
  for (const ListingEntry& entry : *read) {
    RC_ASSERT(!entry.path.empty());
    for (const std::string& name : names_of(entry.path)) {
      RC_ASSERT((!name.empty() && name != "." && name != ".." && name.find('\0') == name.npos));
    }
  }
}

std::string why(const std::string& lines) {
  const auto read = parse_listing(std::string(kListingHead) + lines);
  return read ? "nothing" : read.error().why;
}

std::string file(const std::string& path) {
  return "f " + std::string(64, 'a') + " 5 " + path + "\n";
}

TEST(Listing, RefusesPathsThatLeadElsewhere) {
  EXPECT_EQ(why(file("a")), "nothing");
  for (const std::string path : {"..", "../a", "a/..", "a/../b", ".", "a/.", "./a"}) {
    EXPECT_EQ(why(file(path)), "line 2: a path leads out of the folder") << path;
    EXPECT_EQ(why("d " + path + "\n"), "line 2: a path leads out of the folder") << path;
  }
  for (const std::string path : {"", "/", "/etc/passwd", "a//b", "a/", "//"}) {
    EXPECT_EQ(why(file(path)), "line 2: a path has an empty name in it") << path;
  }
  EXPECT_EQ(why(file("%00")), "line 2: a name has a NUL in it");
  EXPECT_EQ(why(file(std::string(256, 'x'))), "line 2: a name is too long");
  std::string deep = "a";
  for (std::size_t at = 0; at < limits::kScanDepthMax; ++at) deep += "/a";
  EXPECT_EQ(why(file(deep)), "nothing");
  EXPECT_EQ(why(file(deep + "/a")), "line 2: a path is too deep");
  EXPECT_EQ(why(file(std::string(limits::kListingPath + 1, 'x'))), "line 2: a path is too long");
}

TEST(Listing, RefusesDuplicatesAndOtherOrders) {
  EXPECT_EQ(why(file("a") + file("a")), "line 3: a path is there twice");
  EXPECT_EQ(why("d a\n" + file("a")), "line 3: a path is there twice");
  EXPECT_EQ(why(file("b") + file("a")), "line 3: its order is wrong");
  EXPECT_EQ(why(file("a-b") + file("a/b")), "line 3: its order is wrong");
  EXPECT_EQ(why(file("a") + file("a/b")), "line 3: what lies above it is no folder with files");
  EXPECT_EQ(why("d a\n" + file("a/b")), "line 3: what lies above it is no folder with files");
}

TEST(Listing, RefusesWhatCouldBeWrittenOtherwise) {
  EXPECT_EQ(why(file("%61")), "line 2: it could be written otherwise");
  EXPECT_EQ(why(file("%0a")), "line 2: it could be written otherwise");
  EXPECT_EQ(why(file("%0A")), "nothing");
  EXPECT_EQ(why("f " + std::string(64, 'A') + " 5 a\n"), "line 2: it could be written otherwise");
  EXPECT_EQ(why("f " + std::string(64, 'a') + " 05 a\n"), "line 2: it could be written otherwise");
  EXPECT_EQ(why("f " + std::string(64, 'a') + " 5 a"), "line 2: it is cut off");
  for (const std::string line : {"\n", "x a\n", "f a\n", "fa\n", "d\n"}) {
    EXPECT_EQ(why(line), "line 2: it is neither a file nor an empty folder") << line;
  }
  EXPECT_EQ(parse_listing("").error().why, "line 1: it does not begin as a folder's list");
  EXPECT_EQ(parse_listing("shoal-folder 2\n").error().why,
            "line 1: it does not begin as a folder's list");
}

TEST(Listing, RefusesImpossibleLengths) {
  const std::string root(64, 'a');
  EXPECT_EQ(why("f " + root + " 0 a\n"), "line 2: an empty file has another root");
  EXPECT_EQ(why("f " + root + " 4398046511105 a\n"), "line 2: no file is that long");
  EXPECT_EQ(why("f " + root + " 99999999999999999999 a\n"),
            "line 2: it is neither a file nor an empty folder");
  std::vector<ListingEntry> entries;
  for (int at = 100; at < 100 + 257; ++at) {
    entries.push_back({std::to_string(at), content(1, limits::kFileBytesMax)});
  }
  const auto text = print_listing(entries);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Errc::kTooLarge);
}

TEST(Listing, HoldsAHundredThousandNamesAndNoMore) {
  std::vector<ListingEntry> entries;
  for (std::size_t at = 0; at < limits::kListingEntries; ++at) {
    entries.push_back({std::to_string(1'000'000 + at), content(7, at + 1)});
  }
  const auto text = print_listing(entries);
  ASSERT_TRUE(text) << text.error().why;
  const auto read = parse_listing(*text);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->size(), limits::kListingEntries);
  const auto more = parse_listing(*text + "d 2000000\n");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Errc::kTooLarge);
  EXPECT_EQ(parse_listing(std::string(kListingHead) + std::string(limits::kListingBytes, 'x'))
                .error()
                .code,
            Errc::kTooLarge);
}

}  // namespace
}  // namespace shoal::transfer
