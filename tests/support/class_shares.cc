// SPDX-License-Identifier: Apache-2.0
#include "tests/support/class_shares.h"

#include <iostream>

namespace shoal::tests {

bool ClassShares::enough(const std::string& property, unsigned least) const {
  bool all = cases_ > 0;
  std::cout << property << ": " << cases_ << " cases";
  for (const auto& [name, count] : counts_) {
    const unsigned share = cases_ == 0 ? 0 : 100 * count / cases_;
    std::cout << ", " << name << ' ' << share << " %";
    all = all && share >= least;
  }
  std::cout << '\n';
  if (!all) std::cerr << property << ": a class is under " << least << " % of the cases\n";
  return all || (cases_ > 0 && cases_ < kEnforcedFrom);
}

}  // namespace shoal::tests
