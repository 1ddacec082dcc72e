// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace shoal::tests {

/// How often each class of cases came up in a property's run; so that a generator that stopped
/// drawing the hard cases fails instead of passing.
class ClassShares {
 public:
  static constexpr unsigned kEnforcedFrom = 1000;

  /// One more case, with the classes it belongs to marked by mark().
  void next_case() { ++cases_; }
  void mark(const std::string& name, bool belongs) { counts_[name] += belongs ? 1 : 0; }

  /// Prints every class's share; false, with a line on stderr, if one is under `least` percent.
  /// Fewer cases than kEnforcedFrom (under sanitizers, which look at memory) are told and not
  /// judged.
  [[nodiscard]] bool enough(const std::string& property, unsigned least = 10) const;

 private:
  std::map<std::string, unsigned> counts_;
  unsigned cases_ = 0;
};

}  // namespace shoal::tests
