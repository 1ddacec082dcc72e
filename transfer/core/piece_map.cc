// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/piece_map.h"

#include <bit>

#include "proto/types/assert.h"

namespace shoal::transfer {
namespace {

constexpr std::uint64_t bit(std::uint32_t piece) { return std::uint64_t{1} << (piece % 64); }

}  // namespace

std::optional<PieceMap> PieceMap::unpack(std::string_view bytes, std::uint32_t pieces) {
  if (bytes.size() != (std::uint64_t{pieces} + 7) / 8) return std::nullopt;
  PieceMap map(pieces);
  for (std::size_t at = 0; at < bytes.size() * 8; ++at) {
    const auto byte = static_cast<unsigned char>(bytes[at / 8]);
    if (((byte >> (7 - at % 8)) & 1U) == 0) continue;
    if (at >= pieces) return std::nullopt;
    map.add(static_cast<std::uint32_t>(at));
  }
  return map;
}

std::string PieceMap::pack() const {
  std::string bytes((std::size_t{size_} + 7) / 8, '\0');
  for (auto piece = next(0); piece; piece = next(*piece + 1)) {
    auto& byte = bytes[*piece / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) | (0x80U >> (*piece % 8)));
  }
  return bytes;
}

bool PieceMap::has(std::uint32_t piece) const {
  SHOAL_ASSERT(piece < size_);
  return (words_[piece / 64] & bit(piece)) != 0;
}

void PieceMap::add(std::uint32_t piece) {
  if (has(piece)) return;
  words_[piece / 64] |= bit(piece);
  ++count_;
}

void PieceMap::remove(std::uint32_t piece) {
  if (!has(piece)) return;
  words_[piece / 64] &= ~bit(piece);
  --count_;
}

std::optional<std::uint32_t> PieceMap::next(std::uint32_t from, const PieceMap* also) const {
  SHOAL_ASSERT(also == nullptr || also->size_ == size_);
  for (std::size_t word = from / 64; word < words_.size(); ++word) {
    std::uint64_t bits = words_[word];
    if (also != nullptr) bits &= also->words_[word];
    if (word == from / 64) bits &= ~std::uint64_t{0} << (from % 64);
    if (bits != 0)
      return static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits)));
  }
  return std::nullopt;
}

}  // namespace shoal::transfer
