// SPDX-License-Identifier: Apache-2.0
// What `shoal directory` can do: one row each, one file for what belongs together.
#pragma once

#include <cstddef>
#include <string_view>

#include "proto/types/result.h"

namespace shoal::client {

class Context;

/// `shoal directory NAME WORDS...`
struct DirectoryVerb {
  std::string_view name;
  std::size_t words_max;  ///< after the name
  Result<int> (*run)(Context& context);
};

// ---- directory.cc ----
Result<int> directory_status(Context& context);
Result<int> directory_peers(Context& context);
// ---- directory_account.cc ----
Result<int> directory_register(Context& context);
Result<int> directory_login(Context& context);
Result<int> directory_logout(Context& context);
// ---- directory_index.cc ----
Result<int> directory_index(Context& context);
Result<int> directory_search(Context& context);

}  // namespace shoal::client
