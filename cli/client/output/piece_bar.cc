// SPDX-License-Identifier: Apache-2.0
#include "cli/client/output/piece_bar.h"

#include <algorithm>
#include <array>

namespace shoal::client {
namespace {

constexpr std::array<std::string_view, 5> kShades{"·", "░", "▒", "▓", "█"};
constexpr std::array<std::string_view, 5> kLetters{".", "-", "+", "*", "#"};

unsigned digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return 0;
}

bool has(std::string_view map, std::size_t piece) {
  if (piece / 4 >= map.size()) return false;
  return (digit(map[piece / 4]) >> (3 - piece % 4) & 1U) != 0;
}

template <class Has>
std::string bar(std::size_t pieces, std::size_t columns, bool ascii, Has here) {
  const auto& marks = ascii ? kLetters : kShades;
  std::string out = "[";
  const std::size_t cells = std::min(pieces, columns);
  if (cells == 0) out += marks.back();
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const std::size_t begin = cell * pieces / cells;
    const std::size_t end = (cell + 1) * pieces / cells;
    std::size_t count = 0;
    for (std::size_t piece = begin; piece < end; ++piece) count += here(piece) ? 1U : 0U;
    std::size_t shade = count * 4 / (end - begin);
    if (count > 0) shade = std::max<std::size_t>(shade, 1);
    out += marks[shade];
  }
  return out + "]";
}

}  // namespace

std::string piece_bar(std::string_view map, std::size_t pieces, std::size_t columns, bool ascii) {
  return bar(pieces, columns, ascii, [map](std::size_t piece) { return has(map, piece); });
}

std::string full_piece_bar(std::size_t pieces, std::size_t columns, bool ascii) {
  return bar(pieces, columns, ascii, [](std::size_t) { return true; });
}

}  // namespace shoal::client
