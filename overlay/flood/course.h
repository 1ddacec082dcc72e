// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "overlay/core/overlay.h"
#include "proto/types/ids.h"
#include "proto/types/report.h"

namespace shoal::overlay {

/// The next flood of a search that is made of several.
struct Step {
  std::uint8_t ttl = 1;
  std::vector<PeerRef> only;  ///< the neighbours to ask; empty: all
  /// Hops of the floods that will follow if this one finds too little, all together; 0: none will,
  /// so this one may have all the time that is left.
  unsigned later = 0;
};

/// What a search has come to when its next flood is chosen.
struct SoFar {
  std::uint32_t hits = 0;    ///< (holder, file) pairs handed out
  std::uint32_t wanted = 0;  ///< Plan::wanted
  const Counts& counts;      ///< of all its floods
};

/// How one search goes on, from flood to flood.
class Course {
 public:
  virtual ~Course() = default;
  Course() = default;
  Course(const Course&) = delete;
  Course& operator=(const Course&) = delete;

  /// The flood to make now, or nothing: then the search is over. Also called when enough was found,
  /// to know whether that spared anything.
  virtual std::optional<Step> next(const Context& context, const SoFar& so_far) = 0;
  /// Bytes of the object and its tables, without the allocator's own.
  [[nodiscard]] virtual std::size_t bytes() const = 0;
};

/// What a search begins with.
struct Plan {
  std::unique_ptr<Course> course;
  std::uint32_t wanted = 1;  ///< with so many pairs no further flood is made
  std::uint32_t enough = 0;  ///< with so many the flood that is on its way is taken back; 0: never
  /// Each flood has an id of its own, so that all peers are asked anew. Else all go by the search's
  /// id, and none may ask a neighbour with no more hops than one before.
  bool renames = false;
};

}  // namespace shoal::overlay
