// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/selection.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "proto/types/limits_folders.h"

namespace shoal::transfer {
namespace {

// The oracle: for each beginning of the pattern, all beginnings of the name that it can stand for.
bool table_match(const std::string& pattern, const std::string& name) {
  std::vector<bool> fits(name.size() + 1);
  fits[0] = true;
  for (const char one : pattern) {
    std::vector<bool> next(fits.size());
    for (std::size_t at = 0; at < fits.size(); ++at) {
      if (one == '*') {
        next[at] = fits[at] || (at > 0 && next[at - 1]);
      } else {
        next[at] = at > 0 && fits[at - 1] && (one == '?' || one == name[at - 1]);
      }
    }
    fits = next;
  }
  return fits.back();
}

RC_GTEST_PROP(Selection, MatchesNamesAsATableDoes, ()) {
  const auto pattern =
      *rc::gen::container<std::string>(rc::gen::element('a', 'b', '*', '?')).as("pattern");
  const auto name = *rc::gen::container<std::string>(rc::gen::element('a', 'b')).as("name");
  RC_ASSERT(name_matches(pattern, name) == table_match(pattern, name));
}

enum class Kind { kFile, kFolder };

bool takes(const std::string& pattern, const std::string& path, Kind kind = Kind::kFile) {
  ListingEntry entry{path, std::nullopt};
  if (kind == Kind::kFile) entry.content.emplace();
  return Selection::make({pattern}).value().takes(entry);
}

TEST(Selection, TakesEverythingWithoutPatterns) {
  EXPECT_TRUE(Selection().takes({"a/b", std::nullopt}));
  EXPECT_TRUE(Selection::make({}).value().takes({"x", ContentId{}}));
}

TEST(Selection, APatternWithASlashIsForTheWholePath) {
  EXPECT_TRUE(takes("docs/*.pdf", "docs/a.pdf"));
  EXPECT_FALSE(takes("docs/*.pdf", "docs/a.txt"));
  EXPECT_FALSE(takes("docs/*.pdf", "more/docs/a.pdf"));
  EXPECT_FALSE(takes("docs/*.pdf", "docs/deep/a.pdf"));
  EXPECT_TRUE(takes("docs/**/*.pdf", "docs/deep/er/a.pdf"));
  EXPECT_TRUE(takes("docs/**/*.pdf", "docs/a.pdf"));
  EXPECT_TRUE(takes("**/b", "a/b"));
  EXPECT_TRUE(takes("./a", "a"));
  EXPECT_FALSE(takes("./a", "b/a"));
  EXPECT_FALSE(takes("/a", "b/a"));
}

TEST(Selection, APatternWithoutASlashIsForAnyName) {
  EXPECT_TRUE(takes("*.pdf", "a.pdf"));
  EXPECT_TRUE(takes("*.pdf", "x/y/a.pdf"));
  EXPECT_FALSE(takes("*.pdf", "x/a.pdf.gz"));
  EXPECT_TRUE(takes("docs", "x/docs/a"));
  EXPECT_TRUE(takes("?", "é"));
  EXPECT_FALSE(takes("??", "é"));
}

TEST(Selection, AFolderIsTakenWithAllInIt) {
  EXPECT_TRUE(takes("a/b", "a/b/c/d"));
  EXPECT_TRUE(takes("docs/", "docs/a"));
  EXPECT_FALSE(takes("docs/", "docs"));
  EXPECT_TRUE(takes("docs/", "docs", Kind::kFolder));
  EXPECT_FALSE(takes("a/b/", "a/b"));
  EXPECT_TRUE(takes("a/b/", "a/b/c"));
}

TEST(Selection, RefusesNoPatterns) {
  for (const std::string pattern : {"", "/", "./", "//"}) {
    const auto made = Selection::make({pattern});
    ASSERT_FALSE(made) << pattern;
    EXPECT_EQ(made.error().code, Errc::kInvalidArgument);
  }
  EXPECT_FALSE(Selection::make({std::string(limits::kSelectionBytes + 1, 'a')}));
  EXPECT_FALSE(Selection::make(std::vector<std::string>(limits::kSelectionPatterns + 1, "a")));
}

TEST(Selection, AskedForTheWorstIsStillQuick) {
  std::string pattern;
  while (pattern.size() + 2 < limits::kSelectionBytes) pattern += "a*";
  EXPECT_FALSE(takes(pattern + "b", std::string(255, 'a')));
  std::string path = "a";
  for (int deep = 0; deep < 64; ++deep) path += "/a";
  std::string stars = "**";
  while (stars.size() + 5 < limits::kSelectionBytes) stars += "/a/**";
  EXPECT_FALSE(takes(stars + "/b", path));
}

}  // namespace
}  // namespace shoal::transfer
