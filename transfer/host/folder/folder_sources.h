// SPDX-License-Identifier: Apache-2.0
// Whom the files of a folder are fetched from. Internal to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "transfer/host/folder/folder_manager.h"

namespace shoal::transfer {

/// Groups of sources, each with its key. What a search finds, by each of its ways, replaces what
/// the last one found. What a link or the user named stays, unless it is reached with the key of a
/// query, which admits us for some minutes only: that is as old as a search that is replaced.
class FolderSources {
 public:
  explicit FolderSources(std::vector<SourceGroup> given) : given_(std::move(given)) {}

  /// A way of that search found these; none: nothing changes. Searches are numbered from 1 in the
  /// order of their beginning; what one finds after a later one is not needed any more. False then.
  bool found(std::uint64_t search, std::vector<SourceInfo> sources, std::string key_pem) {
    if (sources.empty() || search < newest_) return false;
    if (search > newest_) {
      newest_ = search;
      found_.clear();
      std::erase_if(given_, [](const SourceGroup& one) { return !one.key_pem.empty(); });
    }
    found_.push_back({std::move(sources), std::move(key_pem)});
    return true;
  }
  [[nodiscard]] bool empty() const { return given_.empty() && found_.empty(); }
  /// The freshest first; at least one, which may have no sources.
  [[nodiscard]] std::vector<SourceGroup> groups() const {
    std::vector<SourceGroup> all = found_;
    all.insert(all.end(), given_.begin(), given_.end());
    if (all.empty()) all.emplace_back();
    return all;
  }

 private:
  std::vector<SourceGroup> given_;
  std::vector<SourceGroup> found_;
  std::uint64_t newest_ = 0;  ///< the search that found these
};

}  // namespace shoal::transfer
