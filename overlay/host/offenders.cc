// SPDX-License-Identifier: Apache-2.0
#include "overlay/host/offenders.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "proto/types/limits_links.h"

namespace shoal::overlay {

Offenders::Time Offenders::note(const PeerId& peer, Time now) {
  std::erase_if(until_, [&](const auto& known) { return now - known.second >= pauses_.memory; });
  const auto known = until_.find(peer);
  if (known != until_.end()) return known->second = now + pauses_.again;
  if (until_.size() >= limits::kOffendersMax) {
    until_.erase(
        std::ranges::min_element(until_, {}, [](const auto& offender) { return offender.second; }));
  }
  return until_[peer] = now + pauses_.first;
}

std::optional<Offenders::Time> Offenders::paused_until(const PeerId& peer, Time now) const {
  const auto known = until_.find(peer);
  if (known == until_.end() || known->second <= now) return std::nullopt;
  return known->second;
}

std::vector<PeerId> Offenders::paused(Time now) const {
  std::vector<PeerId> all;
  for (const auto& [peer, until] : until_) {
    if (until > now) all.push_back(peer);
  }
  return all;
}

std::string paused_in_words(const char* whose, Offenders::Time until, Offenders::Time now) {
  // The wall clock is for the reader only; the pause goes by the steady one.
  const std::time_t at = std::chrono::system_clock::to_time_t(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(until - now));
  std::tm parts{};
  gmtime_r(&at, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return std::string("paused for ") + whose + " offences until " + text.data();
}

}  // namespace shoal::overlay
