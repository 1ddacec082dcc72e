// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "tests/tidy/tree.h"

namespace shoal::tidy {

/// Where a ban holds.
enum class Scope {
  kMachine,        ///< state machines without I/O
  kCore,           ///< those, and proto/types
  kDeterministic,  ///< cores and the simulator: equal seeds, equal runs
  kHost,           ///< drivers that are given executors
  kEverywhere,
};

/// A name that may not be used: a glob as in `matches`, and why.
struct Ban {
  Scope scope;
  std::string_view name;
  std::string_view why;
};

std::span<const Ban> bans();

/// Uses of banned names. Comments and literals do not count; files in tests are free.
Violations check_bans(const Tree& tree);

/// Loops over std:: or boost:: unordered tables in cores and the simulator: their order is not ours
/// to decide. Finds `for (.. : table)` and `table.begin()` where `table` is declared in the same
/// file or its header.
Violations check_iteration(const Tree& tree);

}  // namespace shoal::tidy
