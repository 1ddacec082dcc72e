// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "proto/types/result.h"

namespace shoal::rpc {

/// The contents of `dir`/identity.key; when there is none, what `make` gives, written first. Of two
/// processes that start at once both get the same key. Errors as Identity::load_or_create.
Result<std::string> read_or_write_key_file(const std::string& dir,
                                           const std::function<std::string()>& make);

}  // namespace shoal::rpc
