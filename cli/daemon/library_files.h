// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "transfer/host/download_manager.h"
#include "transfer/host/file_source.h"
#include "transfer/library/library.h"

namespace shoal::daemon {

/// The library as the transfer service wants it: files, and the lists of folders. Any thread.
class LibraryFiles final : public transfer::FileSource {
 public:
  /// `library` must outlive this.
  explicit LibraryFiles(const transfer::Library& library) : library_(library) {}
  Result<std::shared_ptr<transfer::ServedFile>> open_file(const ContentId& id) override;
  /// The same with its path, for who wants a copy.
  std::optional<transfer::LocalCopy> find(const ContentId& id);

 private:
  Result<std::shared_ptr<transfer::ServedFile>> open_folder(const ContentId& id);

  const transfer::Library& library_;
  std::mutex mutex_;
  /// Those that streams hold, so that one list is in memory once.
  std::vector<std::pair<ContentId, std::weak_ptr<transfer::ServedFile>>> lists_;
};

}  // namespace shoal::daemon
