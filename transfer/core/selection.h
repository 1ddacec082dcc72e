// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/result.h"
#include "transfer/core/listing.h"

namespace shoal::transfer {

/// Some files of a folder, chosen by patterns of paths: '*' stands for any characters of a name,
/// '?' for one, a whole name "**" for any number of folders. A pattern with a '/' is for the whole
/// path from the folder on, one without for any name in it; one that ends in '/' is for folders
/// only. A folder that matches is taken with all that is in it. No pattern: everything.
///
/// Cost: of one answer at most (bytes of the path) x (bytes of the patterns).
class Selection {
 public:
  /// Errors: kInvalidArgument (an empty pattern, or over limits::kSelectionPatterns or
  /// kSelectionBytes).
  static Result<Selection> make(std::vector<std::string> patterns);
  Selection() = default;

  [[nodiscard]] bool takes(const ListingEntry& entry) const;
  /// As they were given.
  [[nodiscard]] const std::vector<std::string>& patterns() const { return given_; }

 private:
  struct Pattern {
    std::vector<std::string> names;
    bool anywhere = false;  ///< it has no '/'
    bool folders_only = false;
  };
  /// The first `last` of `names` are folders, or all that there is.
  static bool fits(const Pattern& pattern, const std::vector<std::string_view>& names,
                   std::size_t last);

  std::vector<std::string> given_;
  std::vector<Pattern> patterns_;
};

/// Whether '*' and '?' in `pattern` can stand for what `name` has. '?' is one code point.
bool name_matches(std::string_view pattern, std::string_view name);

}  // namespace shoal::transfer
