// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace shoal::transfer {

/// Room for the bytes of one piece, which nobody has written yet: zeros that are overwritten at
/// once would cost as much as a copy.
///
/// It comes straight from the kernel, and what is freed is kept for the next piece, up to
/// limits::kPieceBytesSpare for all: blocks of this size that several threads allocate and others
/// free stay in the heaps of all of them, several times what is ever in use.
class PieceBytes {
 public:
  explicit PieceBytes(std::size_t size);
  ~PieceBytes();
  PieceBytes(PieceBytes&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PieceBytes& operator=(PieceBytes&&) = delete;
  PieceBytes(const PieceBytes&) = delete;
  PieceBytes& operator=(const PieceBytes&) = delete;

  [[nodiscard]] std::span<std::uint8_t> all() { return {bytes_, size_}; }
  [[nodiscard]] std::span<const std::uint8_t> all() const { return {bytes_, size_}; }

 private:
  std::uint8_t* bytes_;
  std::size_t size_;
};

}  // namespace shoal::transfer
