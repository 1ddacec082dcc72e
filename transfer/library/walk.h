// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>

#include "proto/types/result.h"
#include "transfer/library/shared_file.h"

namespace shoal::transfer {

/// A regular file met on a walk. Valid during the call.
struct Met {
  int folder;            ///< descriptor of its folder
  const char* name;      ///< within it
  std::string relative;  ///< raw bytes, from the share
  FileStamp stamp;
};

struct Walker {
  std::function<bool(const Met&)> on_file;  ///< false ends the walk
  std::function<void(const std::string& relative, const std::string& why)> on_error;
};

/// Where a share starts.
struct ShareRoot {
  Fd fd;             ///< the folder; for a single file, the folder that holds it
  std::string file;  ///< the single file's name; empty for a folder
  std::uint64_t device = 0;
};

/// Opens a share's path, following no symbolic link at its end. Errors: kNotFound, kDenied,
/// kInvalidArgument (neither a folder nor a regular file), kIo.
Result<ShareRoot> open_root(const std::string& path);

/// Calls `walker` for each regular file below `root` that may be shared: no symbolic links, no
/// other file system, nothing hidden, no `.part`, at most limits::kScanDepthMax deep. False when it
/// was ended by on_file.
bool walk(const ShareRoot& root, const Walker& walker);

/// Nothing but "." and ".." in that folder.
bool is_empty_folder(const ShareRoot& root);

}  // namespace shoal::transfer
