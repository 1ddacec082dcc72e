// SPDX-License-Identifier: Apache-2.0
#include "overlay/index/filter.h"

#include <algorithm>
#include <array>
#include <bit>

#include "overlay/core/bytes.h"
#include "overlay/index/faults.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/rng.h"

namespace shoal::overlay {
namespace {

constexpr std::uint32_t kQrpFactor = 0x4f1b'bcdcU;
constexpr unsigned kBitsPerKeyword = 10;

std::uint8_t small(char letter) {
  const bool capital = letter >= 'A' && letter <= 'Z';
  return static_cast<std::uint8_t>(capital ? letter + ('a' - 'A') : letter);
}

/// A search is judged by the longest of these that its last word has.
constexpr std::array<std::size_t, 5> kBeginnings{1, 2, 3, 4, 6};

Keyword beginning_of(std::string_view word, std::size_t length) {
  return keyword_of(std::string(1, '\1').append(word.substr(0, length)));  // no word begins so
}

/// Takes the first word off; empty at the end.
std::string_view take_word(std::string_view& words) {
  words.remove_prefix(std::min(words.find_first_not_of(' '), words.size()));
  const std::string_view word = words.substr(0, words.find(' '));
  words.remove_prefix(word.size());
  return word;
}

std::uint32_t fnv1a(std::string_view word) {
  std::uint32_t hash = 0x811c'9dc5U;
  for (const char letter : word) hash = (hash ^ static_cast<std::uint8_t>(letter)) * 0x0100'0193U;
  return hash;
}

}  // namespace

std::uint32_t qrp_hash(std::string_view word, unsigned bits) {
  std::uint32_t folded = 0;
  for (std::size_t at = 0; at < word.size(); ++at) {
    folded ^= std::uint32_t{small(word[at])} << (8 * (at % 4));
  }
  return folded * kQrpFactor >> (32 - bits);
}

Keyword keyword_of(std::string_view word) {
  return Rng(std::uint64_t{qrp_hash(word, 32)} << 32 | fnv1a(word)).next();
}

Keyword keyword_of(const ContentId& content) {
  std::string bytes(1, '\0');  // no word begins like that
  ByteWriter out(bytes);
  for (const std::uint8_t byte : content.root.bytes) out.u8(byte);
  out.u64(content.length);
  return keyword_of(bytes);
}

void add_keywords(std::string_view words, std::vector<Keyword>& keywords) {
  for (auto word = take_word(words); !word.empty(); word = take_word(words)) {
    keywords.push_back(keyword_of(word));
    for (const std::size_t length : kBeginnings) {
      if (length <= word.size() && !planted(IndexFault::kForgetBeginnings)) {
        keywords.push_back(beginning_of(word, length));
      }
    }
    if (planted(IndexFault::kForgetWords)) return;
  }
}

std::vector<Keyword> keywords_of_search(std::string_view terms) {
  std::vector<Keyword> keywords;
  std::string_view last = take_word(terms);
  for (auto word = take_word(terms); !word.empty(); word = take_word(terms)) {
    // A library looks at no more words than these, and takes its last one for a beginning.
    if (keywords.size() + 1 == limits::kSearchWordsMax) break;
    keywords.push_back(keyword_of(last));
    last = word;
  }
  std::size_t longest = 0;
  for (const std::size_t length : kBeginnings) {
    if (length <= last.size()) longest = length;
  }
  if (longest > 0) keywords.push_back(beginning_of(last, longest));
  return keywords;
}

Filter::Filter(unsigned log2_bits, unsigned hashes)
    : words_((std::size_t{1} << log2_bits) / 64),
      log2_bits_(static_cast<std::uint8_t>(log2_bits)),
      hashes_(static_cast<std::uint8_t>(hashes)) {
  SHOAL_ASSERT(log2_bits >= kBlockLog2 && log2_bits <= kLog2Max);
  SHOAL_ASSERT(hashes >= 1 && hashes <= kHashesMax);
}

unsigned Filter::log2_for(std::size_t keywords, unsigned most) {
  unsigned log2 = kBlockLog2;
  while (log2 < most && (std::size_t{1} << log2) < keywords * kBitsPerKeyword) ++log2;
  return log2;
}

std::optional<Filter> Filter::from(unsigned log2_bits, unsigned hashes, std::string_view bytes) {
  if (log2_bits < kBlockLog2 || log2_bits > kLog2Max || hashes < 1 || hashes > kHashesMax ||
      bytes.size() != (std::size_t{1} << log2_bits) / 8) {
    return std::nullopt;
  }
  Filter filter(log2_bits, hashes);
  ByteReader in(bytes);
  for (std::uint64_t& word : filter.words_) word = in.u64();
  return filter;
}

std::size_t Filter::bit(Keyword keyword, unsigned hash) const {
  const std::uint64_t mixed = Rng(keyword).next();
  const std::size_t in_block = mixed >> (kBlockLog2 * hash) & ((1U << kBlockLog2) - 1);
  const unsigned block_bits = log2_bits_ - kBlockLog2;
  const std::size_t block = block_bits == 0 ? 0 : keyword >> (64 - block_bits);
  return block << kBlockLog2 | in_block;
}

void Filter::add(Keyword keyword) {
  for (unsigned hash = 0; hash < hashes_; ++hash) {
    const std::size_t at = bit(keyword, hash);
    words_[at / 64] |= std::uint64_t{1} << (at % 64);
  }
}

bool Filter::may_hold(Keyword keyword) const {
  for (unsigned hash = 0; hash < hashes_; ++hash) {
    const std::size_t at = bit(keyword, hash);
    if ((words_[at / 64] >> (at % 64) & 1) == 0) return false;
  }
  return true;
}

std::size_t Filter::bits_set() const {
  std::size_t set = 0;
  for (const std::uint64_t word : words_) set += static_cast<std::size_t>(std::popcount(word));
  return set;
}

std::string Filter::bytes() const {
  std::string bytes;
  bytes.reserve(words_.size() * 8);
  ByteWriter out(bytes);
  for (const std::uint64_t word : words_) out.u64(word);
  return bytes;
}

}  // namespace shoal::overlay
