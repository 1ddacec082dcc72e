// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <string>

#include "cli/client/context/context.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::client {

/// What the user means by a row of the last search, a content id or a link.
struct Wanted {
  ContentId content;
  std::string name;    ///< empty: not known; that of a folder ends in '/'
  std::string search;  ///< the daemon's name of the search that found it, or empty
  boost::json::array sources;

  [[nodiscard]] bool is_folder() const { return name.ends_with('/'); }
  /// As members of a request.
  [[nodiscard]] boost::json::object body() const;
};

/// Errors: kInvalidArgument, kNotFound (no such row), kIntegrity (the rows cannot be read).
Result<Wanted> wanted(Context& context, const std::string& word);

/// `path` made absolute: what the daemon understands. Errors: kIo.
Result<std::string> absolute(const std::string& path);

}  // namespace shoal::client
