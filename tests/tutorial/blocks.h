// SPDX-License-Identifier: Apache-2.0
// The code blocks of a page that say which file they belong to.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::tests {

struct Blocks {
  /// By path: all blocks that begin with "```LANGUAGE PATH", put together.
  std::map<std::string, std::string> files;
  struct Piece {
    std::string path;
    std::string text;
  };
  /// Those that begin with "```LANGUAGE PATH (a piece)".
  std::vector<Piece> pieces;
};

/// What does not name a file is left out.
Blocks blocks_of(std::string_view page);

/// Empty when there is no such file.
std::string text_of(const std::string& path);

}  // namespace shoal::tests
