// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/types/bodies.h"

namespace shoal::sim {

/// What one simulated peer shares: the stand-in for the library of a real one.
class Shelf {
 public:
  void add(HitFile file) { files_.push_back(std::move(file)); }
  void clear() { files_.clear(); }

  /// The files that answer `query`, in the order in which they were added: its content, or names
  /// that have every one of its words (ASCII, split at spaces), and a length within its bounds.
  [[nodiscard]] std::vector<HitFile> matches(const QueryBody& query) const;
  /// As Content::list; files of one content are one, with the words of all its names.
  bool list(const ContentId& after, std::uint32_t limit, std::vector<SharedFile>& files) const;

 private:
  std::vector<HitFile> files_;
};

/// `files` in hit payloads of at most limits::kHitFilesMax each. Requires count <= files.size().
std::vector<PayloadRef> hits_of(const PeerId& holder, const std::vector<HitFile>& files,
                                std::size_t count);

}  // namespace shoal::sim
