// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace shoal::transfer {

/// Room for the bytes of one piece, which nobody has written yet: zeros that are overwritten at
/// once would cost as much as a copy.
class PieceBytes {
 public:
  explicit PieceBytes(std::size_t size)
      : bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(size)), size_(size) {}

  [[nodiscard]] std::span<std::uint8_t> all() { return {bytes_.get(), size_}; }
  [[nodiscard]] std::span<const std::uint8_t> all() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_;
};

}  // namespace shoal::transfer
