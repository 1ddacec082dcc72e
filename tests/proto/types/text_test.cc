// SPDX-License-Identifier: Apache-2.0
#include "proto/types/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace shoal {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";

PeerId any_peer() {
  PeerId id;
  const auto bytes =
      *rc::gen::container<std::vector<std::uint8_t>>(32, rc::gen::arbitrary<std::uint8_t>())
           .as("id");
  std::ranges::copy(bytes, id.bytes.begin());
  return id;
}

// Base32 the slow way: through a string of bits.
std::string dumb_base32(const PeerId& id) {
  std::string bits;
  for (const std::uint8_t byte : id.bytes) {
    for (int bit = 7; bit >= 0; --bit) bits += (byte >> bit & 1) != 0 ? '1' : '0';
  }
  while (bits.size() % 5 != 0) bits += '0';
  std::string out;
  for (std::size_t at = 0; at < bits.size(); at += 5) {
    out += kAlphabet[std::stoul(bits.substr(at, 5), nullptr, 2)];
  }
  return out;
}

RC_GTEST_PROP(PeerIdText, ReadsBackAndIsBase32, ()) {
  const PeerId id = any_peer();
  const std::string text = to_text(id);
  RC_ASSERT(text.size() == 53U);
  RC_ASSERT(text.substr(0, 52) == dumb_base32(id));
  RC_ASSERT(to_short_text(id) == text.substr(0, 8));
  const auto read = parse_peer_id(text);
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == id);
}

// Every place and every other character: 53 x 31 texts a case.
RC_GTEST_PROP(PeerIdText, ShowsAnySingleWrongCharacter, ()) {
  const std::string text = to_text(any_peer());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string wrong = text;
    for (const char c : kAlphabet) {
      if (c == text[at]) continue;
      wrong[at] = c;
      RC_ASSERT(!parse_peer_id(wrong).has_value());
    }
  }
}

RC_GTEST_PROP(PeerIdText, ShowsSwappedNeighboursButOnePair, ()) {
  const std::string text = to_text(any_peer());
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    const char left = text[at];
    const char right = text[at + 1];
    const bool blind = (left == 'a' && right == '7') || (left == '7' && right == 'a');
    if (left == right || blind) continue;
    std::string swapped = text;
    std::swap(swapped[at], swapped[at + 1]);
    RC_ASSERT(!parse_peer_id(swapped).has_value());
  }
}

TEST(PeerIdText, IsRefusedInWordsWhenItIsNone) {
  const std::string good = to_text(PeerId{});
  EXPECT_EQ(good, std::string(53, 'a'));
  std::string upper = good;
  upper[0] = 'A';
  // The last of 52 characters holds one bit of the id, and four that must be 0. "q" sets the bit;
  // "b" sets an unused one, with the check character that fits it.
  const std::string unused = std::string(51, 'a') + "b" + "6";
  EXPECT_NE(parse_peer_id(unused).error().why.find("unused"), std::string::npos);
  for (const std::string& text :
       {std::string(), good.substr(1), good + "a", upper, std::string(53, '1'),
        std::string(52, 'a') + "=", std::string(53, '\0'), unused}) {
    const auto read = parse_peer_id(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Errc::kInvalidArgument);
    EXPECT_FALSE(read.error().what.empty());
    EXPECT_FALSE(read.error().why.empty());
    EXPECT_FALSE(read.error().next.empty());
  }
  int accepted = 0;  // of all check characters after an unused bit: none
  for (const char c : kAlphabet) {
    accepted += parse_peer_id(std::string(51, 'a') + "b" + c) ? 1 : 0;
  }
  EXPECT_EQ(accepted, 0);
}

RC_GTEST_PROP(ContentIdText, ReadsBack, ()) {
  ContentId id;
  id.root.bytes = any_peer().bytes;
  id.length = *rc::gen::arbitrary<std::uint64_t>().as("length");
  const auto read = parse_content_id(to_text(id));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == id);
}

TEST(ContentIdText, IsRefusedWhenItIsNotWrittenTheOneWay) {
  const std::string root(64, '0');
  EXPECT_EQ(to_text(ContentId{}), root + "-0");
  EXPECT_EQ(parse_content_id(root + "-18446744073709551615")->length, UINT64_MAX);
  for (const std::string& text :
       {std::string(), root, root + "-", root + "-00", root + "-01", root + "-+1", root + "--1",
        root + "-18446744073709551616", root + "-1 ", root + "-1x", root.substr(1) + "-1",
        root + "0-1", std::string(64, 'g') + "-1", root + "_1", "-" + root}) {
    const auto read = parse_content_id(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Errc::kInvalidArgument);
    EXPECT_FALSE(read.error().next.empty());
  }
}

RC_GTEST_PROP(Hex, ReadsBackInEitherCase, ()) {
  const auto bytes = *rc::gen::arbitrary<std::vector<std::uint8_t>>().as("bytes");
  std::string text = to_hex(bytes);
  RC_ASSERT(text.size() == 2 * bytes.size());
  if (*rc::gen::arbitrary<bool>().as("upper")) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  }
  std::vector<std::uint8_t> read(bytes.size());
  RC_ASSERT(from_hex(text, read));
  RC_ASSERT(read == bytes);
  read.push_back(0);
  RC_ASSERT(!from_hex(text, read));
}

TEST(Hex, HasSixteenDigits) {
  std::vector<std::uint8_t> one(1);
  int good = 0;
  for (int c = 0; c < 256; ++c) {
    const std::string text{'0', static_cast<char>(c)};
    good += from_hex(text, one) ? 1 : 0;
    good += from_hex(std::string{text[1], text[0]}, one) ? 1 : 0;
  }
  EXPECT_EQ(good, 2 * 22);
}

RC_GTEST_PROP(QueryIdText, ReadsBack, ()) {
  QueryId id;
  id.high = *rc::gen::arbitrary<std::uint64_t>().as("high");
  id.low = *rc::gen::arbitrary<std::uint64_t>().as("low");
  const std::string text = to_text(id);
  RC_ASSERT(text.size() == 32U);
  RC_ASSERT(parse_query_id(text) == id);
  RC_ASSERT(parse_query_id(text.substr(1)) == std::nullopt);
  RC_ASSERT(parse_query_id(text + "0") == std::nullopt);
}

TEST(QueryIdText, HasTheHighWordFirst) {
  EXPECT_EQ(to_text(QueryId{0x0123456789abcdefULL, 1}), "0123456789abcdef0000000000000001");
  EXPECT_EQ(parse_query_id("0123456789abcdefg000000000000001"), std::nullopt);
}

}  // namespace
}  // namespace shoal
