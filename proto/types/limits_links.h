// SPDX-License-Identifier: Apache-2.0
// More limits of links: what offences cost, and what follows from the limits of queries.
#pragma once

#include <chrono>
#include <cstddef>

#include "proto/types/limits.h"

namespace shoal::limits {

// ---- two connections ---------------------------------------------------------------------------

/// When both ends of a link dial at the same moment: how long the end that decides holds the other
/// end's connection while its own dial has not been answered; then that one is taken.
inline constexpr std::chrono::milliseconds kDoubleDialTime{300};

// ---- offences --------------------------------------------------------------------------------

/// How long a peer whose link was cut for its strikes may not link again, and is not dialled: the
/// first time, and each further time while it is remembered.
inline constexpr std::chrono::minutes kOffencePause{5};
inline constexpr std::chrono::hours kOffencePauseAgain{1};
/// How long after its pause an offence is remembered; then the next one counts as the first.
inline constexpr std::chrono::hours kOffenceMemory{24};
/// Offenders remembered; at the bound the one whose pause ends first is forgotten.
inline constexpr std::size_t kOffendersMax = 1024;

// ---- contacts --------------------------------------------------------------------------------

/// Contacts in one message of an overlay, and their cards in bytes, encoded; a sender leaves the
/// rest out, a message with more is rejected.
inline constexpr std::size_t kContactsMax = 64;
inline constexpr std::size_t kContactsBytes = 15 * 1024;
/// A card that expires sooner is not passed on.
inline constexpr std::chrono::minutes kCardMargin{2};

// ---- visits ----------------------------------------------------------------------------------

/// Transient connections of one peer, by which it talks to peers without a link; at the bound the
/// one that was not used for longest goes.
inline constexpr std::size_t kVisitsMax = 256;
/// Those among them that others made; the same rule.
inline constexpr std::size_t kVisitsServedMax = 192;
/// Those who leave in peace come on top, until they are gone: of those that others made this part
/// of kVisitsServedMax, at least one; then the one not used for longest is cut off.
inline constexpr std::size_t kVisitsLeavingPart = 4;
/// A visit that carries nothing for so long is ended by who made it, and so much later by the
/// other end; how often that is looked at.
inline constexpr Duration kVisitIdle = std::chrono::seconds(30);
inline constexpr std::chrono::seconds kVisitIdleMore{5};
inline constexpr std::chrono::seconds kVisitSweep{5};
/// Places of one peer that are tried for a visit or a link that a core asks for.
inline constexpr std::size_t kPlacesTried = 3;
/// Messages that wait for a visit to be greeted; a further one is given back.
inline constexpr std::size_t kVisitWaiting = 64;
/// How long an end that leaves in peace has to send what waits; then it is cut off.
inline constexpr std::chrono::seconds kLeaveTime{2};

// ---- guests: any key, in open networks ---------------------------------------------------------

/// Links that guests made; a further one is refused.
inline constexpr std::size_t kGuestLinksMax = 32;
/// How fast a guest is read, in messages and contacts per second and in a burst; what is above
/// stays with its sender.
inline constexpr std::uint32_t kGuestMessagesPerSecond = 200;
inline constexpr std::uint32_t kGuestMessagesBurst = 1000;
/// Guests whose strikes without a link are remembered; at the bound the one with the fewest is
/// forgotten. At kStrikesMax a guest is paused.
inline constexpr std::size_t kGuestStrikesRemembered = 1024;

// ---- reading ---------------------------------------------------------------------------------

/// Frames of one stream that are read ahead of the peer's strand; then its sender has to wait.
inline constexpr std::size_t kReadAhead = 4;
/// Bytes of one stream that are handled in one turn of the strand, or one frame; the rest comes
/// behind what others sent meanwhile.
inline constexpr std::size_t kReadTurnBytes = kFrameBytes / 4;

// ---- what may be open ------------------------------------------------------------------------

/// Copies of one link that can be open at once, by what its budget lets in while the longest-lived
/// is open: so many echoes go back over it when all other links die at one time.
constexpr std::size_t link_copies_max(unsigned ttl_limit) {
  const auto ms = static_cast<std::size_t>(to_ms(budget_max(ttl_limit)));
  return kLinkQueriesBurst + ms * kLinkQueriesPerSecond / 1000 + 1;
}
/// The longest echo on an ordinary network, encoded.
inline constexpr std::size_t kEchoBytes = 512;
/// Copies of queries may fill this part of a link's queue, in messages and in bytes; the rest is
/// kept for answers. (In the simulator they share it.)
inline constexpr std::size_t kLinkQueueQueries = 2;
// Nobody's link is cut because another one died: the answers find room beside the copies.
static_assert(link_copies_max(kTtlLimit) <=
              kLinkQueueMessages - kLinkQueueMessages / kLinkQueueQueries);
static_assert(link_copies_max(kTtlLimit) * kEchoBytes <=
              kLinkQueueBytes - kLinkQueueBytes / kLinkQueueQueries);

}  // namespace shoal::limits
