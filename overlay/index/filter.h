// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/ids.h"

namespace shoal::overlay {

/// The keyword hash of Gnutella's query routing tables (Rohrs, "Query Routing for the Gnutella
/// Network" v1.0, appendix A): bytes, ASCII letters made small, are folded over four of them, times
/// a constant; the highest `bits` (1..32) of 32 are the hash.
std::uint32_t qrp_hash(std::string_view word, unsigned bits);

/// What a filter knows of a keyword: QRP's hash, and beside it FNV-1a, for QRP folds words over one
/// another.
using Keyword = std::uint64_t;
Keyword keyword_of(std::string_view word);
/// A content id is a keyword too.
Keyword keyword_of(const ContentId& content);
/// Appends what a search may ask of a file with these words, which single spaces part: the words,
/// and how they begin, for the last word of a search may be the beginning of one.
void add_keywords(std::string_view words, std::vector<Keyword>& keywords);
/// What all must be there for a file to answer a search for `terms`.
std::vector<Keyword> keywords_of_search(std::string_view terms);

/// A set of keywords that may say it holds one that it does not, and never the other way: a Bloom
/// filter whose bits for one keyword lie in one block of 512 (Putze, Sanders, Singler, "Cache-,
/// Hash- and Space-Efficient Bloom Filters", WEA 2007, section 3).
class Filter {
 public:
  static constexpr unsigned kBlockLog2 = 9;
  static constexpr unsigned kLog2Max = 20;
  static constexpr unsigned kHashesMax = 7;

  /// 2^`log2_bits` bits, kBlockLog2..kLog2Max; `hashes` bits a keyword, 1..kHashesMax.
  Filter(unsigned log2_bits, unsigned hashes);
  /// Bits for about 1 % of false answers, but at most 2^`most`.
  static unsigned log2_for(std::size_t keywords, unsigned most);
  /// What bytes() gave. Nothing when those are not 2^`log2_bits` bits.
  static std::optional<Filter> from(unsigned log2_bits, unsigned hashes, std::string_view bytes);

  void add(Keyword keyword);
  [[nodiscard]] bool may_hold(Keyword keyword) const;

  [[nodiscard]] unsigned log2_bits() const { return log2_bits_; }
  [[nodiscard]] std::size_t bits_set() const;
  /// Little-endian words.
  [[nodiscard]] std::string bytes() const;
  [[nodiscard]] std::size_t memory() const { return words_.capacity() * sizeof(std::uint64_t); }
  friend bool operator==(const Filter&, const Filter&) = default;

 private:
  [[nodiscard]] std::size_t bit(Keyword keyword, unsigned hash) const;

  std::vector<std::uint64_t> words_;
  std::uint8_t log2_bits_;
  std::uint8_t hashes_;
};

}  // namespace shoal::overlay
