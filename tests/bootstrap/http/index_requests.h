// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bootstrap/http/index_request.h"
#include "tests/bootstrap/core/index_support.h"

namespace shoal::bootstrap {

/// As an honest peer publishes.
inline IndexRequest files_of(const rpc::Identity& who, std::uint64_t sequence, std::int64_t now,
                             std::vector<IndexEntry> files) {
  IndexUpdate update = replacement(sequence, std::move(files));
  update.issued_unix = now;
  return sign_update(who, std::move(update));
}

inline IndexRequest change_of(const rpc::Identity& who, std::uint64_t sequence, std::int64_t now,
                              std::vector<IndexEntry> add, std::vector<ContentId> remove = {}) {
  IndexUpdate update = change(sequence, std::move(add), std::move(remove));
  update.issued_unix = now;
  return sign_update(who, std::move(update));
}

}  // namespace shoal::bootstrap
