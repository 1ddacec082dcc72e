// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "transfer/host/download/download_manager.h"
#include "transfer/host/serve/file_source.h"
#include "transfer/library/library.h"

namespace shoal::daemon {

/// The library as the transfer service wants it: files, and the lists of folders, of which it keeps
/// those that were asked for last, for as long as nothing changes. Any thread.
class LibraryFiles final : public transfer::FileSource {
 public:
  /// `library` must outlive this.
  explicit LibraryFiles(const transfer::Library& library) : library_(library) {}
  Result<std::shared_ptr<transfer::ServedFile>> open_file(const ContentId& id) override;
  /// The same with its path, for who wants a copy.
  std::optional<transfer::LocalCopy> find(const ContentId& id);

 private:
  Result<std::shared_ptr<transfer::ServedFile>> open_folder(const ContentId& id);

  /// A list as it was made when the library was at that version.
  struct Made {
    ContentId id;
    std::weak_ptr<transfer::ServedFile> file;  ///< by whoever holds it, so that it is there once
    std::shared_ptr<transfer::ServedFile> kept;
    std::int64_t version = 0;
  };
  /// One that is there, as it was made at that version; null: none is.
  std::shared_ptr<transfer::ServedFile> held_list(const ContentId& id, std::int64_t version);
  /// Requires the mutex.
  void keep_few();

  const transfer::Library& library_;
  std::mutex mutex_;         ///< never held while a list is made
  std::vector<Made> lists_;  ///< guarded by mutex_; the last that was asked for comes last
};

}  // namespace shoal::daemon
