// SPDX-License-Identifier: Apache-2.0
// Memory in large pages. Internal to this folder.
#pragma once

#include <cstddef>
#include <utility>

namespace shoal::sim {

/// Zeroed memory straight from the system, in huge pages where it has them: what is read here and
/// there in it costs fewer walks through page tables. Moved, not copied.
class HugeBlock {
 public:
  HugeBlock() = default;
  /// At least `bytes`, aligned to a page at least; in huge pages only the first `used` bytes, so
  /// that what is never touched costs nothing. Throws std::bad_alloc.
  HugeBlock(std::size_t bytes, std::size_t used);
  HugeBlock(HugeBlock&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  HugeBlock& operator=(HugeBlock&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~HugeBlock();

  [[nodiscard]] std::byte* data() const { return begin_; }
  [[nodiscard]] std::size_t size() const { return bytes_; }

 private:
  std::byte* begin_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace shoal::sim
