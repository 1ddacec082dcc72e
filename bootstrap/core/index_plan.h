// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bootstrap/core/index.h"

namespace shoal::bootstrap {

/// A peer's files as an index has them: a content has one name.
using IndexList = std::map<ContentId, std::string>;

/// The updates, without sequence and time, that take a directory from `there` to `here`: none when
/// nothing is to be said. `there` is none when it is not known what the directory has: then the
/// first one replaces all. What goes is said before what comes, so that a peer at its bound stays
/// below it. Requires update > 0. Cost: linear.
std::vector<IndexUpdate> plan_updates(const std::optional<IndexList>& there, const IndexList& here,
                                      std::size_t update = limits::kIndexUpdate);

/// What `list` is after that update.
void carry_out(const IndexUpdate& update, IndexList& list);

}  // namespace shoal::bootstrap
