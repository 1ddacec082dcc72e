// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/tidy/tree.h"

namespace shoal::tidy {

inline constexpr int kReadmeLinesMax = 65;  ///< of a folder's README: a screen

/// Folders with C++ outside tests that have no README, or one of more than a screen, or one that
/// does not name each of their files in backticks, and READMEs whose tables of files name what is
/// not there.
///
/// `a.h`, `a.cc` and `a` all name both files of that name; `a_*.cc` names what it matches. A table
/// of files is one whose head begins with "| file |"; its first column holds nothing but names.
Violations check_readmes(const Tree& tree);

/// Markdown that names C++ in backticks by a path, from the root or from its own folder, where no
/// such file is.
Violations check_named_paths(const Tree& tree);

}  // namespace shoal::tidy
