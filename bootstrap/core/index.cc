// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/index.h"

#include <set>
#include <string_view>

#include "proto/types/limits.h"
#include "proto/types/utf8.h"

namespace shoal::bootstrap {
namespace {

constexpr std::string_view kNotTaken = "the index is not taken";

tl::unexpected<Error> bad(std::string why, std::string next = {}) {
  return fail(Errc::kInvalidArgument, std::string(kNotTaken), std::move(why), std::move(next));
}

}  // namespace

bool is_index_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kFileNameMax &&
         name.find('/') == std::string_view::npos && disarm(name) == name;
}

Result<void> check_update(const IndexUpdate& update, const IndexLimits& limits) {
  if (update.add.size() + update.remove.size() > limits.update) {
    return fail(Errc::kTooLarge, std::string(kNotTaken),
                "one update holds at most " + std::to_string(limits.update) + " files",
                "send the rest as changes");
  }
  if (update.kind == IndexUpdate::Kind::kReplace && !update.remove.empty()) {
    return bad("what replaces all removes nothing by name", "leave \"remove\" out");
  }
  if (update.sequence == 0 || update.sequence > limits::kStampMax) {
    return bad("its sequence is no number from 1 to 2^53-1");
  }
  std::set<ContentId> seen;
  for (const IndexEntry& entry : update.add) {
    if (!is_index_name(entry.name)) {
      return bad("a name in it is none that a file can have, in 1 to 255 bytes of UTF-8");
    }
    if (entry.content.length > limits::kFileBytesMax) return bad("no file is as long as one of it");
    if (!seen.insert(entry.content).second) return bad("a content stands twice in it");
  }
  for (const ContentId& content : update.remove) {
    if (!seen.insert(content).second) return bad("a content stands twice in it");
  }
  return {};
}

Result<IndexHead> judge(const IndexUpdate& update, const IndexState& state,
                        std::uint64_t lease_stamp, const IndexLimits& limits) {
  const auto old = [](std::string why, std::string next) {
    return fail(Errc::kConflict, std::string(kNotTaken), std::move(why), std::move(next));
  };
  IndexHead after{update.sequence, update.add.size()};
  if (update.kind == IndexUpdate::Kind::kReplace) {
    if (update.sequence <= state.head.sequence || update.sequence <= lease_stamp) {
      return old("its sequence is not above the last one and the lease's stamp",
                 "send one above the one in this answer");
    }
  } else {
    if (state.head.sequence == 0 || update.sequence != state.head.sequence + 1) {
      return old("it does not follow on what this directory has", "replace all with a PUT");
    }
    after.entries += state.head.entries - state.added_known - state.removed_known;
  }
  if (after.entries > limits.per_peer) {
    return fail(Errc::kTooLarge, std::string(kNotTaken),
                "this directory takes " + std::to_string(limits.per_peer) + " files of one peer",
                "publish fewer");
  }
  // What shrinks is always taken, also where a bound was lowered.
  if (after.entries > state.head.entries &&
      state.all - state.head.entries + after.entries > limits.all) {
    return fail(Errc::kOverloaded, std::string(kNotTaken), "the directory's index is full",
                "try again later, or another directory");
  }
  return after;
}

}  // namespace shoal::bootstrap
