// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/slice.h>

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
  /// A piece that came in one message, from its byte `begin` on: nothing is copied.
  PieceBytes(grpc::Slice message, std::size_t begin)
      : message_(std::move(message)),
        bytes_(const_cast<std::uint8_t*>(message_.begin()) + begin),
        size_(message_.size() - begin) {}
  ~PieceBytes();
  PieceBytes(const PieceBytes&) = delete;
  PieceBytes& operator=(const PieceBytes&) = delete;

  /// Not of one that came in a message.
  [[nodiscard]] std::span<std::uint8_t> all() { return {bytes_, size_}; }
  [[nodiscard]] std::span<const std::uint8_t> all() const { return {bytes_, size_}; }

 private:
  const grpc::Slice message_;  ///< empty: the bytes are our own
  std::uint8_t* const bytes_;
  const std::size_t size_;
};

}  // namespace shoal::transfer
