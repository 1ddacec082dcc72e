// SPDX-License-Identifier: Apache-2.0
// Files that downloads are tried with, and what all those tests do with a core.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <variant>
#include <vector>

#include "transfer/core/download.h"

namespace shoal::transfer {

inline std::vector<std::uint8_t> file_of(std::uint64_t length) {
  std::vector<std::uint8_t> bytes(length);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>((i >> 10) * 7 + i);
  }
  return bytes;
}

/// Made once: hashing megabytes a thousand times would test nothing more.
struct Known {
  explicit Known(std::uint64_t length) : bytes(file_of(length)) {
    TreeHasher hasher(length);
    EXPECT_TRUE(hasher.update(bytes));
    tree = hasher.finish();
  }
  std::vector<std::uint8_t> bytes;
  FileTree tree;
};

inline const Known& known(std::size_t which) {
  static const std::vector<Known> all = [] {
    std::vector<Known> made;
    for (const std::uint64_t length : {0U, 5U, 1U << 20U, (3U << 20U) + 17U, 6U << 20U}) {
      made.emplace_back(length);
    }
    return made;
  }();
  return all[which];
}

std::uint64_t bytes_asked(const std::ranges::range auto& effects) {
  std::uint64_t bytes = 0;
  for (const Effect& one : effects) {
    if (const auto* ask = std::get_if<AskRange>(&one)) bytes += ask->length;
  }
  return bytes;
}

/// Answers all that is asked in `fx`, and then.
inline void answer_all(Download& core, Effects& fx) {
  for (std::size_t i = 0; i < fx.size(); ++i) {
    const auto* ask = std::get_if<AskRange>(&fx[i]);
    if (ask == nullptr) continue;
    const AskRange asked = *ask;
    ASSERT_TRUE(core.on_chunk(asked.source, asked.offset, asked.length, {}, fx));
  }
}

}  // namespace shoal::transfer
