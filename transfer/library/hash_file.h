// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

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

// ---- its steps, for whoever hashes the pieces in another order ----

struct OpenedFile {
  Fd fd;
  FileStamp stamp;
};
/// Errors: as above.
Result<OpenedFile> open_to_hash(const Met& met);
/// At least one byte. Errors: kSourceChanged (the file ends before), kIo, kDenied.
Result<std::size_t> read_some(const Met& met, int fd, std::uint64_t offset,
                              std::span<std::uint8_t> into);
/// Whether the open file, and what its name leads to now, are still as at the start.
bool is_as_it_was(const Met& met, int fd, const FileStamp& stamp);
/// The error that says it is not.
tl::unexpected<Error> changed_meanwhile(const std::string& relative);

}  // namespace shoal::transfer
