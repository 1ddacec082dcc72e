// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::transfer {

/// Which pieces of a file somebody has: one bit each. Cost: pieces / 8 bytes.
class PieceMap {
 public:
  PieceMap() = default;
  /// All `pieces` absent.
  explicit PieceMap(std::uint32_t pieces) : words_((pieces + 63) / 64), size_(pieces) {}

  /// From the wire: one bit a piece, most significant first. None unless it has exactly the bytes
  /// for `pieces` and the spare bits are 0.
  static std::optional<PieceMap> unpack(std::string_view bytes, std::uint32_t pieces);
  [[nodiscard]] std::string pack() const;

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] bool all() const { return count_ == size_; }
  /// Requires piece < size(), as below.
  [[nodiscard]] bool has(std::uint32_t piece) const;
  void add(std::uint32_t piece);
  void remove(std::uint32_t piece);
  /// The first piece at or after `from` that is here and, if `also` is given, there as well.
  /// Requires also->size() == size().
  [[nodiscard]] std::optional<std::uint32_t> next(std::uint32_t from,
                                                  const PieceMap* also = nullptr) const;

  friend bool operator==(const PieceMap&, const PieceMap&) = default;

 private:
  std::vector<std::uint64_t> words_;
  std::uint32_t size_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace shoal::transfer
