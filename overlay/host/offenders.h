// SPDX-License-Identifier: Apache-2.0
// Who is paused for its offences. Internal to this folder.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "overlay/host/host_types.h"
#include "proto/types/ids.h"

namespace shoal::overlay {

/// Peers whose link was cut for strikes, so that none gets fresh ones by linking again: a pause
/// after the first cut, a longer one after each further cut, forgotten when it stays decent. At
/// most limits::kOffendersMax; then the one whose pause ends first gives way.
class Offenders {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Offenders(const OffencePauses& pauses) : pauses_(pauses) {}

  /// One more cut. Returns when the pause ends.
  Time note(const PeerId& peer, Time now);
  /// When the pause of `peer` ends, if it is paused now.
  [[nodiscard]] std::optional<Time> paused_until(const PeerId& peer, Time now) const;
  /// Who is paused now, in the order of their ids.
  [[nodiscard]] std::vector<PeerId> paused(Time now) const;
  [[nodiscard]] std::size_t size() const { return until_.size(); }

 private:
  OffencePauses pauses_;
  std::map<PeerId, Time> until_;  ///< ends of pauses, past ones too
};

/// "paused for <whose> offences until 2026-01-31 12:00:00 UTC".
std::string paused_in_words(const char* whose, Offenders::Time until, Offenders::Time now);

}  // namespace shoal::overlay
