// SPDX-License-Identifier: Apache-2.0
// Writes gossip with one bug each: plant GOSSIP.CC FOLDER.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "tests/overlay/gossip/bugs.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: plant GOSSIP.CC FOLDER\n";
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::filesystem::create_directories(argv[2]);
  for (std::size_t number = 0; number < shoal::tests::kGossipBugs.size(); ++number) {
    const auto& bug = shoal::tests::kGossipBugs[number];
    const std::size_t at = text.find(bug.was);
    if (at == std::string::npos || text.find(bug.was, at + 1) != std::string::npos) {
      std::cerr << argv[1] << " does not hold exactly once: " << bug.was << '\n';
      return 1;
    }
    std::string changed = text;
    changed.replace(at, bug.was.size(), bug.is);
    const std::string name = "bug_" + std::to_string(number);
    std::ofstream out(std::filesystem::path(argv[2]) / (name + ".cc"), std::ios::binary);
    out << "#define Gossip Gossip_" << name << "\n#define make_gossip make_" << name << "\n"
        << changed;
    if (!out.flush()) return 1;
  }
  return 0;
}
