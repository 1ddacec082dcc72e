// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "tests/tidy/tree.h"

namespace shoal::tidy {

/// A sub-folder of a folder that is cut into parts, and which parts of the same folder its files
/// may include: their names, and "." for the files right in the folder.
struct Part {
  std::string_view folder;  ///< "a/b/part"; "a/b/." for the files right in a/b
  std::string_view may_include;
};

std::span<const Part> parts();

/// Includes between the parts of a folder that no row allows, and parts without a row.
Violations check_parts(const Tree& tree);

}  // namespace shoal::tidy
