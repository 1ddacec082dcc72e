// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/limits_index.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// One file that a peer offers through a directory.
struct IndexEntry {
  ContentId content;
  std::string name;
  friend bool operator==(const IndexEntry&, const IndexEntry&) = default;
};

/// What a peer says about its files at once, under one signature.
struct IndexUpdate {
  enum class Kind : std::uint8_t {
    kReplace = 1,  ///< these are all my files
    kChange = 2,   ///< these came (or have another name now), those went
  };
  Kind kind = Kind::kReplace;
  std::uint64_t sequence = 0;
  std::int64_t issued_unix = 0;  ///< seconds; when it was signed
  std::vector<IndexEntry> add;
  std::vector<ContentId> remove;  ///< of a change; what is not there is no error
  friend bool operator==(const IndexUpdate&, const IndexUpdate&) = default;
};

/// How far a directory is with one peer's files.
struct IndexHead {
  std::uint64_t sequence = 0;  ///< of the last update; 0: there was none
  std::uint64_t entries = 0;
  friend bool operator==(const IndexHead&, const IndexHead&) = default;
};

struct IndexLimits {
  std::size_t update = limits::kIndexUpdate;
  std::uint64_t per_peer = limits::kIndexPerPeer;
  std::uint64_t all = limits::kIndexMax;
};

/// UTF-8 of 1 to limits::kFileNameMax bytes, no '/', and nothing that moves a cursor or hides.
bool is_index_name(std::string_view name);

/// Whether anybody would take such an update: bounds, names, each content once.
/// Errors: kInvalidArgument, kTooLarge.
Result<void> check_update(const IndexUpdate& update, const IndexLimits& limits = {});

/// What the rules must know about what is kept.
struct IndexState {
  IndexHead head;
  std::uint64_t added_known = 0;    ///< of update.add: contents that the peer has there already
  std::uint64_t removed_known = 0;  ///< of update.remove: those that are there
  std::uint64_t all = 0;            ///< entries of all peers
};

/// The head after `update`, when it may be carried out. `lease_stamp` is the last stamp of the
/// peer's live lease (bootstrap/core/leases.h).
///
/// A replacement needs a sequence above the last one and above that stamp: whoever replays an old
/// one, perhaps of before the peer left and came back, is too late. A change must be the very next:
/// a gap means that the directory misses something, and the peer replaces all. Requires
/// check_update. Errors: kConflict, kTooLarge (the peer's bound), kOverloaded (the directory's).
Result<IndexHead> judge(const IndexUpdate& update, const IndexState& state,
                        std::uint64_t lease_stamp, const IndexLimits& limits = {});

}  // namespace shoal::bootstrap
