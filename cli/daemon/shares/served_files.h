// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "transfer/host/serve/file_source.h"

namespace shoal::daemon {

/// What this peer gives to those who may fetch: the library first, else the pieces that are here of
/// a file that it is fetching itself. Any thread.
class ServedFiles final : public transfer::FileSource {
 public:
  using Running =
      std::function<Result<std::shared_ptr<transfer::ServedFile>>(const ContentId& content)>;
  /// `library` must outlive this.
  ServedFiles(transfer::FileSource& library, Running running)
      : library_(library), running_(std::move(running)) {}

  Result<std::shared_ptr<transfer::ServedFile>> open_file(const ContentId& id) override {
    auto file = library_.open_file(id);
    if (file) return file;
    auto partial = running_(id);
    // A file that is neither is told of in the library's words.
    return partial ? std::move(partial) : std::move(file);
  }

 private:
  transfer::FileSource& library_;
  const Running running_;
};

}  // namespace shoal::daemon
