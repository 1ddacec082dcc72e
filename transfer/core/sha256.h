// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "proto/types/ids.h"

namespace shoal::transfer {

using Bytes = std::span<const std::uint8_t>;

/// A running SHA-256 (FIPS 180-4), reusable after each `finish`. Computation only: no I/O, no state
/// outside the object.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(Bytes bytes);
  /// The hash of all bytes since the start or the last `finish`; starts anew.
  Hash256 finish();
  /// The hash of `bytes` alone. Only between a `finish` and the next `update`.
  Hash256 of(Bytes bytes);
  /// The hash of two hashes, one after the other: a parent node of a tree. Same rule.
  Hash256 of(const Hash256& left, const Hash256& right);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shoal::transfer
