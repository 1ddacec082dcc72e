// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace shoal::transfer {

/// A file name that is safe to create in a folder, made from one that a peer wrote: valid UTF-8 in
/// NFC, one component of 1 to limits::kFileNameMax bytes, neither "." nor "..", without control
/// characters, text direction marks, zero-width characters and what Windows reserves (characters,
/// device names, a trailing dot or blank). What is not allowed becomes '_'; what is invisible goes.
/// Idempotent. A name of which nothing is left becomes "file".
std::string safe_name(std::string_view remote);

/// "name.ext" -> "name (2).ext", within the same bounds. Requires a safe name.
std::string numbered_name(const std::string& safe, unsigned number);

}  // namespace shoal::transfer
