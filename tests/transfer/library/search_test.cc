// SPDX-License-Identifier: Apache-2.0
// What a search by words puts first, and how much it looks at.
#include <algorithm>

#include "proto/types/limits_library.h"
#include "tests/transfer/library/library_world.h"

namespace shoal::transfer {
namespace {

using Search = LibraryWorld;

TEST_F(Search, PutsFirstWhatHasTheWordsInItsNameAndLittleElse) {
  put("handbook/notes.txt", "in the folder's name");
  put("the handbook of many other things.txt", "long");
  put("handbook.txt", "short");
  scan();
  EXPECT_EQ(names("handbook"), (Names{"handbook/", "handbook.txt",
                                      "the handbook of many other things.txt", "notes.txt"}));
  EXPECT_EQ(names("handbook txt").front(), "handbook.txt");
  EXPECT_EQ(names("hand").back(), "notes.txt");  // a beginning counts as the word
}

TEST_F(Search, LooksAtTheNewestOfWhatTooManyFilesMatch) {
  for (std::size_t n = 0; n < limits::kMatchesLooked + 40; ++n) {
    put("common " + std::to_string(n), std::to_string(n));
  }
  scan();
  put("common newest", "n");
  scan_part("", false);
  const auto matches = library_->search({.terms = "common", .content = {}, .limit = 10});
  ASSERT_TRUE(matches);
  EXPECT_EQ(matches->files.size(), 10U);
  EXPECT_EQ(matches->excess, limits::kMatchesLooked - 10);
  EXPECT_EQ(names("common newest"), Names{"common newest"});
  const auto all = library_->search({.terms = "common", .content = {}, .limit = 1000});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->files.size(), limits::kMatchesLooked);
  EXPECT_TRUE(std::ranges::any_of(
      all->files, [](const HitFile& file) { return file.name == "common newest"; }));
}

TEST_F(Search, BoundsOfLengthDoNotCountAsLookedAt) {
  put("common long", std::string(1000, 'l'));
  scan();
  for (std::size_t n = 0; n < limits::kMatchesLooked + 40; ++n) {
    put("common " + std::to_string(n), std::to_string(n));
  }
  scan_part("", false);
  const auto matches = library_->search({.terms = "common", .content = {}, .length_min = 1000});
  ASSERT_TRUE(matches);
  ASSERT_EQ(matches->files.size(), 1U);
  EXPECT_EQ(matches->files[0].name, "common long");
}

}  // namespace
}  // namespace shoal::transfer
