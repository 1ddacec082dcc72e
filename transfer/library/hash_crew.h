// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "proto/types/result.h"
#include "transfer/library/hash_file.h"
#include "transfer/library/hash_help.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {

/// Hashes files, several at once and the pieces of one as well: whoever is free takes the next
/// piece, in the order of the files. What waits for its turn is bounded (limits::kHashFilesAhead
/// and kHashPiecesAhead), and each of those at work holds limits::kHashReadBytes.
///
/// Threads: the owner's; helpers come and go by themselves, and let go of everything soon after the
/// crew is gone.
class HashCrew {
 public:
  explicit HashCrew(HashHelp help);
  ~HashCrew();
  HashCrew(const HashCrew&) = delete;
  HashCrew& operator=(const HashCrew&) = delete;

  /// A file that was added, and what came of it.
  struct Done {
    std::string relative;
    FileStamp met;  ///< as the walk saw it
    /// Errors: those of hash_file.
    Result<HashedFile> result;
  };

  [[nodiscard]] bool empty() const;
  /// No further file now: take one first.
  [[nodiscard]] bool full() const;
  /// Requires !full().
  void add(const Met& met);
  /// The file that was added first, when it is hashed; works along until then. One that changed
  /// meanwhile is read once more. `on_bytes` hears of each 8 MiB that this thread sees hashed, with
  /// how many bytes there are of files not taken yet; false stops with kCancelled.
  /// Requires !empty().
  Done take(const std::function<bool(std::uint64_t)>& on_bytes);
  /// Bytes hashed of files that were not taken yet.
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  HashHelp help_;
  std::uint64_t told_ = 0;  ///< bytes ever hashed when on_bytes was called last
};

}  // namespace shoal::transfer
