// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "proto/types/limits_http.h"

namespace shoal::http {

/// Connections that were accepted and have no place yet; who has said something goes before those
/// that are silent.
///
/// To let one in costs far more than to accept it, since another may have to go for it. A client
/// behind a crowd that calls all at once would wait for all of them, if they were let in one after
/// the other as they came. Owns the descriptors. Not thread-safe.
class Newcomers {
 public:
  Newcomers() = default;
  ~Newcomers() { clear(); }
  Newcomers(const Newcomers&) = delete;
  Newcomers& operator=(const Newcomers&) = delete;

  /// Requires that it is not full().
  void add(int fd);
  /// Who is let in next: of those that have said something or hung up the `spoken` eldest, then the
  /// `silent` eldest of the others. The caller owns them from here on.
  /// Cost: one system call and O(size()).
  std::vector<int> take(std::size_t spoken, std::size_t silent);
  /// Closes all.
  void clear();

  [[nodiscard]] bool full() const { return waiting_.size() >= limits::kHttpNewcomers; }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  std::deque<int> waiting_;  // the eldest first
};

}  // namespace shoal::http
