// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "proto/types/result.h"
#include "transfer/core/merkle.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {

struct HashedFile {
  FileTree tree;
  FileStamp stamp;
};

/// Reads and hashes one file. `on_bytes` hears of each 8 MiB read; false stops.
/// Memory: 1 MiB and the manifest. Errors: kSourceChanged (it changed meanwhile), kTooLarge,
/// kInvalidArgument (no regular file any more), kCancelled, kDenied, kIo.
Result<HashedFile> hash_file(const Met& met, const std::function<bool(std::uint64_t)>& on_bytes);

}  // namespace shoal::transfer
