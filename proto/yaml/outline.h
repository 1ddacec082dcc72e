// SPDX-License-Identifier: Apache-2.0
// YAML as a small tree with positions, for readers of configurations that say where a mistake is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal::yaml {

/// Something wrong at a place; lines and columns count from 1, 0 when there is no place.
struct Trouble {
  std::size_t line = 0;
  std::size_t column = 0;
  std::string why;
  std::string next;
};

struct Entry;

/// One value of a YAML document.
struct Item {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::size_t line = 0;
  std::size_t column = 0;
  std::string text;            ///< of a scalar
  std::vector<Item> items;     ///< of a list
  std::vector<Entry> entries;  ///< of a map

  /// Trouble here.
  [[nodiscard]] Trouble trouble(std::string why, std::string next = {}) const {
    return {line, column, std::move(why), std::move(next)};
  }
};

/// One line of a map; the key is a scalar.
struct Entry {
  Item key;
  Item value;
};

/// Reads one document of YAML; an empty one is an empty map. Anchors, aliases, tags and a second
/// document are refused, and so is what is nested deeper than limits::kConfigDepth.
std::optional<Trouble> read_outline(std::string_view text, Item& out);

}  // namespace shoal::yaml
