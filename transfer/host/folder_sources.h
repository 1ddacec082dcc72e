// SPDX-License-Identifier: Apache-2.0
// Whom the files of a folder are fetched from. Internal to this folder.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "transfer/host/folder_manager.h"

namespace shoal::transfer {

/// Groups of sources, each with its key. A search replaces what the last one found. What a link or
/// the user named stays, unless it is reached with the key of a query, which admits us for some
/// minutes only: that is as old as a search that is replaced.
class FolderSources {
 public:
  explicit FolderSources(std::vector<SourceGroup> given) : given_(std::move(given)) {}

  /// A search found these; none: it found nobody, and nothing changes.
  void found(std::vector<SourceInfo> sources, std::string key_pem) {
    if (sources.empty()) return;
    std::erase_if(given_, [](const SourceGroup& one) { return !one.key_pem.empty(); });
    found_ = {std::move(sources), std::move(key_pem)};
  }
  [[nodiscard]] bool empty() const { return given_.empty() && found_.sources.empty(); }
  /// The freshest first; at least one, which may have no sources.
  [[nodiscard]] std::vector<SourceGroup> groups() const {
    std::vector<SourceGroup> all{found_};
    if (found_.sources.empty() && !given_.empty()) all.clear();
    all.insert(all.end(), given_.begin(), given_.end());
    return all;
  }

 private:
  std::vector<SourceGroup> given_;
  SourceGroup found_;
};

}  // namespace shoal::transfer
