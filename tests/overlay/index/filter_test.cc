// SPDX-License-Identifier: Apache-2.0
#include "overlay/index/filter.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "proto/types/rng.h"
#include "tests/support/reference_data.h"

namespace shoal::tests {
namespace {

using overlay::Filter;
using overlay::keyword_of;
using overlay::qrp_hash;

TEST(QrpHash, EqualsTheVectorsOfReferenceData) {
  const auto path = reference_data("vectors/qrp_hash.tsv");
  if (!path) GTEST_SKIP() << kNoReferenceData;
  std::ifstream in(*path);
  unsigned vectors = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto first = line.find('\t');
    const auto second = line.find('\t', first + 1);
    const auto bits = static_cast<unsigned>(std::stoul(line.substr(first + 1)));
    EXPECT_EQ(qrp_hash(line.substr(0, first), bits), std::stoul(line.substr(second + 1))) << line;
    ++vectors;
  }
  EXPECT_EQ(vectors, 33U);
}

TEST(QrpHash, EqualsSomeOfThePrintedVectors) {
  EXPECT_EQ(qrp_hash("", 13), 0U);
  EXPECT_EQ(qrp_hash("eb", 13), 6791U);
  EXPECT_EQ(qrp_hash("ebcklmen", 13), 1062U);
  EXPECT_EQ(qrp_hash("ndflaleme", 16), 45559U);
  EXPECT_EQ(qrp_hash("3nJa9", 10), 581U);
}

std::string random_word(Rng& rng) {
  std::string word;
  for (std::size_t left = 4 + rng.below(8); left > 0; --left) {
    word += static_cast<char>('a' + rng.below(26));
  }
  return word;
}

/// The share of false answers of a blocked filter, whose blocks hold unequally many keywords
/// (Poisson): Putze et al., equation 3.
double blocked_false(double bits, unsigned hashes, double keys) {
  const double mean = keys * 512 / bits;
  double share = 0;
  double p = std::exp(-mean);
  for (unsigned held = 0; held < 20 * mean + 60; ++held) {
    const double fill = 1 - std::pow(1 - 1.0 / 512, static_cast<double>(held) * hashes);
    share += p * std::pow(fill, hashes);
    p *= mean / (held + 1);
  }
  return share;
}

TEST(Filter, HoldsTheTableOfReferenceData) {
  const auto table = ReferenceTable::read("oracle/bloom_qrp.csv");
  if (!table) GTEST_SKIP() << kNoReferenceData;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const auto hashes = static_cast<unsigned>(table->number(row, "hashes"));
    const auto keys = static_cast<unsigned>(table->number(row, "keys"));
    const double bits = table->number(row, "bits");
    SCOPED_TRACE(table->text(row, "bits") + " bits, " + std::to_string(hashes) + " hashes, " +
                 std::to_string(keys) + " keys");
    Rng rng(row + 1);
    Filter filter(static_cast<unsigned>(std::lround(std::log2(bits))), hashes);
    for (unsigned i = 0; i < keys; ++i) filter.add(keyword_of(random_word(rng)));
    EXPECT_NEAR(static_cast<double>(filter.bits_set()) / bits, table->number(row, "fill"), 0.005);
    constexpr unsigned kTries = 100'000;
    std::vector<unsigned> wrong(4);
    for (unsigned i = 0; i < kTries; ++i) {
      bool all = true;
      for (unsigned words = 1; words <= 3; ++words) {
        all = all && filter.may_hold(keyword_of("0" + random_word(rng)));
        wrong[words] += all ? 1U : 0U;
      }
    }
    const auto share = [&](unsigned words) { return wrong[words] / double{kTries}; };
    // With one bit a keyword it makes no difference that bits lie in blocks.
    const double one = table->number(row, "false_positive_1kw");
    const double blocked = hashes == 1 ? one : blocked_false(bits, hashes, keys);
    EXPECT_GE(blocked, one * 0.999);
    EXPECT_NEAR(share(1), blocked, 0.005);
    if (hashes > 1) continue;
    EXPECT_NEAR(share(2), table->number(row, "false_positive_2kw"), 0.003);
    EXPECT_NEAR(share(3), table->number(row, "false_positive_3kw"), 0.003);
  }
  EXPECT_EQ(table->rows(), 8U);
}

TEST(Filter, OfTheSizeThatFitsIsSeldomWrong) {
  for (const std::size_t keys : {1UL, 60UL, 1000UL, 6000UL}) {
    Rng rng(keys);
    Filter filter(Filter::log2_for(keys, 16), 6);
    for (std::size_t i = 0; i < keys; ++i) filter.add(keyword_of(random_word(rng)));
    unsigned wrong = 0;
    for (unsigned i = 0; i < 20'000; ++i) {
      wrong += filter.may_hold(keyword_of("0" + random_word(rng))) ? 1U : 0U;
    }
    EXPECT_LT(wrong, 20'000 * 0.025) << keys;
  }
}

RC_GTEST_PROP(FilterProperty, NeverDeniesWhatItHolds, ()) {
  const auto log2 = *rc::gen::inRange(9U, 13U).as("log2 bits");
  const auto hashes = *rc::gen::inRange(1U, 8U).as("hashes");
  const auto words = *rc::gen::arbitrary<std::vector<std::string>>().as("words");
  Filter filter(log2, hashes);
  for (const std::string& word : words) filter.add(keyword_of(word));
  const auto read = Filter::from(log2, hashes, filter.bytes());
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == filter);
  for (const std::string& word : words) RC_ASSERT(read->may_hold(keyword_of(word)));
}

// As the library matches: all words, the last one as a beginning.
RC_GTEST_PROP(FilterProperty, NeverDeniesWhatAFileAnswers, ()) {
  const auto letter = rc::gen::elementOf(std::string("abc"));
  const auto word = rc::gen::nonEmpty(rc::gen::container<std::string>(letter));
  const auto words =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(word)).as("file");
  std::string name;
  for (const std::string& one : words) name += (name.empty() ? "" : " ") + one;
  std::vector<overlay::Keyword> keywords;
  overlay::add_keywords(name, keywords);
  Filter filter(12, 6);
  for (const overlay::Keyword keyword : keywords) filter.add(keyword);
  const auto some = [&](const char* what) {
    return words[*rc::gen::inRange<std::size_t>(0, words.size()).as(what)];
  };
  const std::string last = some("last");
  const auto cut = *rc::gen::inRange<std::size_t>(1, last.size() + 1).as("letters");
  const std::string terms = some("first") + " " + last.substr(0, cut);
  for (const overlay::Keyword keyword : overlay::keywords_of_search(terms)) {
    RC_ASSERT(filter.may_hold(keyword));
  }
  for (const overlay::Keyword keyword : overlay::keywords_of_search(last.substr(0, cut))) {
    RC_ASSERT(filter.may_hold(keyword));
  }
}

TEST(Filter, KnowsAContentByRootAndLength) {
  ContentId one;
  one.root.bytes[31] = 1;
  one.length = 5;
  ContentId other = one;
  other.length = 6;
  Filter filter(9, 6);
  filter.add(keyword_of(one));
  EXPECT_TRUE(filter.may_hold(keyword_of(one)));
  EXPECT_FALSE(filter.may_hold(keyword_of(other)));
}

TEST(Filter, SplitsWordsAtSpaces) {
  std::vector<overlay::Keyword> keywords;
  overlay::add_keywords("red  cedar ", keywords);
  EXPECT_EQ(keywords.size(), 2U + 3U + 4U);  // r, re, red; c, ce, ced, ceda
  EXPECT_NE(std::ranges::find(keywords, keyword_of("red")), keywords.end());
  EXPECT_NE(std::ranges::find(keywords, keyword_of("cedar")), keywords.end());
  EXPECT_TRUE(overlay::keywords_of_search(" ").empty());
}

}  // namespace
}  // namespace shoal::tests
