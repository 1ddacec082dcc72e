// SPDX-License-Identifier: Apache-2.0
// What goes in and out of an OverlayHost, as plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proto/types/bodies.h"
#include "proto/types/limits_links.h"
#include "proto/types/message.h"
#include "proto/types/report.h"

namespace shoal::overlay {

/// The patience of links; shorter in tests only. See limits.h.
struct LinkTimes {
  std::chrono::milliseconds greet = limits::kLinkGreetTime;
  std::chrono::milliseconds ping = limits::kLinkPingTime;
  std::chrono::milliseconds silence = limits::kLinkSilence;
  std::chrono::milliseconds probe = limits::kLinkProbeTime;
  std::chrono::milliseconds crossed = limits::kDoubleDialTime;
  std::chrono::milliseconds visit_idle =
      std::chrono::duration_cast<std::chrono::milliseconds>(limits::kVisitIdle);
};

/// What strikes cost; shorter in tests only. See limits.h.
struct OffencePauses {
  std::chrono::milliseconds first = limits::kOffencePause;
  std::chrono::milliseconds again = limits::kOffencePauseAgain;
  std::chrono::milliseconds memory = limits::kOffenceMemory;
};

/// How fast a stranger is read: a bucket of `burst` messages and contacts, refilled so fast.
struct Pace {
  std::uint32_t per_second = 0;  ///< 0: as fast as it goes
  std::uint32_t burst = 0;
};

/// How many transient connections there may be; fewer in tests only. See limits_links.h.
struct VisitLimits {
  std::size_t all = limits::kVisitsMax;
  std::size_t served = limits::kVisitsServedMax;
};

/// A search as a user words it.
struct SearchSpec {
  std::string via = "flood";
  std::string terms;
  std::optional<ContentId> content;  ///< instead of words
  std::uint64_t length_min = 0;
  std::uint64_t length_max = UINT64_MAX;
  std::uint8_t ttl = limits::kTtlDefault;
  Duration budget{};  ///< 0: the default for its TTL
  DuplicateRule rule = DuplicateRule::kDeepest;
  bool echo = true;
  std::uint32_t enough = 0;  ///< 0: no bound but limits::kHitsMax
  /// "NAME=VALUE" each, for the parameters of `via`; a later one wins.
  std::vector<std::string> parameters = {};
};

struct StartedSearch {
  QueryId query;
  std::string key_pem;  ///< secret: proves to holders that it was we who asked
};

/// One holder's answer, verified: its card and the offer were signed by the key of `holder`.
struct FoundHit {
  PeerId holder;
  std::string name;
  std::vector<std::string> endpoints;
  std::string card;  ///< SignedCard
  unsigned hops = 0;
  Duration after{};  ///< since the search began
  std::vector<HitFile> files;
};

/// How a friend's link stands, or that of a neighbour in an open network.
struct LinkStatus {
  enum class State : std::uint8_t { kDown, kDialling, kStandby, kActive };
  PeerId peer;
  std::string name;  ///< as its card says; empty while unknown
  Role role = Role::kAccepted;
  bool listed = false;    ///< by us: we dial it
  bool friendly = false;  ///< a friend; else a neighbour that the membership chose, or a guest
  std::vector<std::string> endpoints;
  State state = State::kDown;
  std::optional<std::chrono::microseconds> rtt;
  std::chrono::milliseconds since{};  ///< in this state
  std::string last_error;             ///< of the last dial or link, in words
  std::optional<std::chrono::milliseconds> next_dial;
};
std::string_view to_text(LinkStatus::State state);

struct FinishedSearch {
  SearchReport report;
  std::vector<LinkStatus> first_hops;  ///< how report.first_hops stand now, in the same order
};

struct SearchHandlers {
  std::function<void(const FoundHit&)> on_hit;
  std::function<void(const FinishedSearch&)> on_finished;
};

}  // namespace shoal::overlay
