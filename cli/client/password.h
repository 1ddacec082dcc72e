// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>

#include "proto/types/result.h"

namespace shoal::client {

/// A line from `in`, without its end. From a terminal without an echo, after `prompt` on `out`;
/// what the terminal was is put back whatever happens.
/// Errors: kInvalidArgument (there is none, or it is too long), kCancelled (`stop` turned true).
Result<std::string> read_password(int in, int out, const std::string& prompt,
                                  const std::atomic<bool>& stop);

}  // namespace shoal::client
