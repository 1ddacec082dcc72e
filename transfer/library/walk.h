// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  /// A folder below the share with nothing in it that may be shared. May be empty.
  std::function<void(const std::string& relative)> on_empty = {};
};

/// Folders that no walk enters, wherever they lie.
using ClosedFolders = std::vector<std::pair<dev_t, ino_t>>;

/// Those of `paths` that are there.
ClosedFolders closed_folders(const std::vector<std::string>& paths);

/// Where a share starts.
struct ShareRoot {
  Fd fd;             ///< the folder; for a single file, the folder that holds it
  std::string file;  ///< the single file's name; empty for a folder
  std::uint64_t device = 0;
};

/// Opens a share's path, following no symbolic link at its end. Errors: kNotFound, kDenied,
/// kInvalidArgument (neither a folder nor a regular file), kIo.
Result<ShareRoot> open_root(const std::string& path);

/// A part of a share: what lies in a folder of it.
struct ScanRange {
  std::string folder = {};  ///< relative, raw bytes; empty: the share itself
  bool deep = true;         ///< with the folders below

  [[nodiscard]] bool whole() const { return folder.empty() && deep; }
};

/// A name that is never shared, nor what is below it: hidden, or ".part".
bool is_skipped(std::string_view name);

/// Calls `walker` for each regular file of that part of `root` that may be shared: no symbolic
/// links, no other file system, nothing hidden, no `.part`, nothing in a closed folder (an error
/// says so), at most limits::kScanDepthMax deep. False when it was ended by on_file.
bool walk(const ShareRoot& root, const ScanRange& range, const ClosedFolders& closed,
          const Walker& walker);

/// Nothing but "." and ".." in that folder.
bool is_empty_folder(const ShareRoot& root);

}  // namespace shoal::transfer
