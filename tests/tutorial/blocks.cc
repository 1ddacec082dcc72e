// SPDX-License-Identifier: Apache-2.0
#include "tests/tutorial/blocks.h"

#include <fstream>
#include <iterator>
#include <sstream>

namespace shoal::tests {
namespace {

constexpr std::string_view kFence = "```";
constexpr std::string_view kPiece = " (a piece)";

}  // namespace

Blocks blocks_of(std::string_view page) {
  Blocks blocks;
  std::istringstream lines{std::string(page)};
  std::string line;
  bool inside = false;
  std::string* into = nullptr;
  while (std::getline(lines, line)) {
    if (!line.starts_with(kFence)) {
      if (into != nullptr) *into += line + "\n";
      continue;
    }
    into = nullptr;
    inside = !inside;
    const auto blank = line.find(' ');
    if (!inside || blank == std::string::npos) continue;
    std::string path = line.substr(blank + 1);
    if (path.ends_with(kPiece)) {
      path.resize(path.size() - kPiece.size());
      into = &blocks.pieces.emplace_back(Blocks::Piece{path, ""}).text;
    } else {
      into = &blocks.files[path];
    }
  }
  return blocks;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace shoal::tests
