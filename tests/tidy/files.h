// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/tidy/tree.h"

namespace shoal::tidy {

inline constexpr int kLinesMax = 400;      ///< of a source file; near it, split by subject
inline constexpr int kTestLinesMax = 500;  ///< of a source file below tests

/// Source files (C++, .proto, scripts, CMake) longer than the cap.
Violations check_sizes(const Tree& tree);

/// Source files without `SPDX-License-Identifier: Apache-2.0` in their first line (second, after a
/// `#!`).
Violations check_licence(const Tree& tree);

/// Names at the top of the repository that the layout does not know.
Violations check_top_level(const Tree& tree);

/// Globs where lists are explicit: file(GLOB) in CMake, using-directives at the start of a line,
/// bits/stdc++.h.
Violations check_wildcards(const Tree& tree);

/// Headers without `#pragma once` before their first include.
Violations check_guards(const Tree& tree);

/// Paths that exist on one machine only.
Violations check_machine_paths(const Tree& tree);

}  // namespace shoal::tidy
