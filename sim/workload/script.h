// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/result.h"
#include "proto/types/time.h"

namespace shoal::sim {

/// One line of a script: what somebody does, and when.
struct Deed {
  enum class Kind : std::uint8_t { kJoin, kLeave, kShare, kWithdraw, kSearch };
  Instant at;
  Kind kind = Kind::kSearch;
  std::uint32_t peer = 0;
  std::uint32_t file = 0;  ///< of kShare, kWithdraw and kSearch
  friend bool operator==(const Deed&, const Deed&) = default;
};

/// The peer that goes by a number, if there is one.
using PeerNamed = std::function<std::optional<std::uint32_t>(std::uint32_t)>;

/// Lines of `time peer JOIN|LEAVE|SHARE file|WITHDRAW file|SEARCH [file]`: time in seconds with up
/// to six decimals, not before the line above; `#` begins a remark. A SEARCH without a file wants
/// file 0. `name` is that of the file, for errors; `peer_named` says which peer is called so.
/// Errors: kInvalidArgument with name:line:column.
Result<std::vector<Deed>> parse_script(std::string_view text, const std::string& name,
                                       const PeerNamed& peer_named, std::uint32_t files);

}  // namespace shoal::sim
