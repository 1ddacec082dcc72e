// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <iostream>

#include "sim/cli/app.h"

int main(int argc, char** argv) {
  shoal::sim::cli::World world{std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1};
  return shoal::sim::cli::run(world, std::vector<std::string>(argv + 1, argv + argc));
}
