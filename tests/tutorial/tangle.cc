// SPDX-License-Identifier: Apache-2.0
// Writes the files that a page's code blocks make up: tangle PAGE FOLDER.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/tutorial/blocks.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: tangle PAGE FOLDER\n";
    return 2;
  }
  const auto blocks = shoal::tests::blocks_of(shoal::tests::text_of(argv[1]));
  if (blocks.files.empty()) {
    std::cerr << argv[1] << " holds no file\n";
    return 1;
  }
  for (const auto& [path, text] : blocks.files) {
    const std::filesystem::path at = std::filesystem::path(argv[2]) / path;
    std::filesystem::create_directories(at.parent_path());
    std::ofstream out(at, std::ios::binary);
    out << text;
    if (!out.flush()) {
      std::cerr << "cannot write " << at << '\n';
      return 1;
    }
  }
  return 0;
}
