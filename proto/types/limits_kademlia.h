// SPDX-License-Identifier: Apache-2.0
// Limits of overlay/kademlia; part of limits.h. What follows from them for a peer's memory stands
// at the end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "proto/types/time.h"

namespace shoal::limits {

// ---- routing table ---------------------------------------------------------------------------

/// Contacts of one bucket (the paper's k), peers that keep a record, and contacts in one answer.
inline constexpr std::size_t kKademliaK = 20;
/// Peers that wait for a place in a full bucket; a further one takes the place of the oldest.
inline constexpr std::size_t kKademliaWaiting = 8;
/// Buckets: one for each bit of an id.
inline constexpr std::size_t kKademliaBuckets = 256;
/// Requests in a row that a contact left unanswered. From the first number on it is named to nobody
/// and gives its place to one that waits, from the second on it is forgotten without one.
inline constexpr std::uint8_t kKademliaStale = 2;
inline constexpr std::uint8_t kKademliaGone = 5;
/// A contact of a full bucket that was silent for so long is pinged when somebody else wants in.
inline constexpr Duration kKademliaQuestionable = std::chrono::minutes(15);
/// Pings that are open at once; at the bound nobody else is pinged.
inline constexpr std::size_t kKademliaPings = 8;
/// A bucket in which nothing was looked up for so long is refreshed.
inline constexpr Duration kKademliaRefresh = std::chrono::hours(1);
/// Who joined tells all its kKademliaK nearest that it is there. When it looks them up again it
/// asks so many: each names the nearest that it knows, and who came meanwhile told all of them in
/// turn.
inline constexpr std::size_t kKademliaAgain = 4;
/// From joining until one's own neighbourhood is looked up again, sixteen times later each time, or
/// four times by who knows fewer than kKademliaK, to kKademliaRefresh; and the pause after an
/// attempt to join that nobody answered.
inline constexpr Duration kKademliaSettle = std::chrono::seconds(15);
inline constexpr Duration kKademliaRetryMin = std::chrono::seconds(1);
inline constexpr Duration kKademliaRetryMax = std::chrono::minutes(1);
/// A peer's first lookup, its refreshes and its publishing start up to so much later, drawn.
inline constexpr Duration kKademliaSpread = std::chrono::seconds(2);

// ---- lookups ---------------------------------------------------------------------------------

/// Paths of one lookup; more: refused. Candidates that it keeps in mind; at the bound one goes that
/// only a liar named, else one of the peer that named most. Requests it makes; at the bound it ends
/// with what it has.
inline constexpr unsigned kKademliaPathsMax = 8;
inline constexpr std::size_t kKademliaCandidates = 192;
inline constexpr unsigned kKademliaRequests = 128;
/// How long a request waits for its answer; later: it counts as unanswered.
inline constexpr Duration kKademliaRequestTime = std::chrono::seconds(2);
/// The same for a provider that is asked what it has: it looks that up.
inline constexpr Duration kKademliaAskTime = std::chrono::seconds(4);
/// Peers named by one that were no peers, more than that were: from so many on what it named is
/// left aside.
inline constexpr unsigned kKademliaLies = 3;
/// Providers of one answer; more: rejected. Providers that one search asks; further ones are not.
inline constexpr std::size_t kKademliaProvidersNamed = 8;
inline constexpr std::size_t kKademliaProvidersAsked = 128;
/// Providers' questions (what do you have?) open at once; at the bound: echo `refused`.
inline constexpr std::size_t kKademliaQuestions = 128;

// ---- records kept for others -----------------------------------------------------------------

/// Providers under one key, keys of one provider, and offers in all; at each bound a further one is
/// refused, and none is put out for it.
inline constexpr std::size_t kKademliaOffersPerKey = 64;
inline constexpr std::size_t kKademliaOffersPerPeer = 256;
inline constexpr std::size_t kKademliaOffers = 4096;
/// Files that one offer names, with their words in bytes; a peer with more says so instead.
inline constexpr std::size_t kKademliaFiles = 4;
inline constexpr std::size_t kKademliaFileWords = 96;
/// An offer is forgotten so long after it was last made. It is made again up to a quarter before
/// the second is over, and when what is shared changes.
inline constexpr Duration kKademliaOfferTime = std::chrono::minutes(150);
inline constexpr Duration kKademliaRepublish = std::chrono::hours(1);
/// How often what has expired is thrown away.
inline constexpr Duration kKademliaSweep = std::chrono::minutes(5);

// ---- what this peer publishes ----------------------------------------------------------------

/// Files and keys (contents and words) of one round; further files are not published by word or
/// content, and counted. Words of one file; its first ones.
inline constexpr std::size_t kKademliaPublishFiles = 2048;
inline constexpr std::size_t kKademliaPublishKeys = 8192;
inline constexpr std::size_t kKademliaPublishWords = 16;
/// Files in one page of the list of shares.
inline constexpr std::uint32_t kKademliaPage = 64;
/// The shortest and longest word that is a key, in bytes; others only filter.
inline constexpr std::size_t kKademliaWordMin = 2;
inline constexpr std::size_t kKademliaWordMax = 64;
/// A word of so many bytes is rare enough to be looked up instead of a longer one at the end of a
/// search, which may be half typed.
inline constexpr std::size_t kKademliaWordSure = 4;

// ---- memory ----------------------------------------------------------------------------------

/// Bytes of a peer that knows so many buckets of others, keeps nothing for others, publishes
/// nothing and is idle.
constexpr std::size_t kademlia_idle_bytes(std::size_t buckets) {
  return 1024 + buckets * (128 + 16 * (kKademliaK + kKademliaWaiting));
}
/// Bytes of one offer that is kept for others, at most.
inline constexpr std::size_t kKademliaOfferBytes = 256 + kKademliaFiles * (kKademliaFileWords + 96);
/// Bytes of what is about to be published, at most.
inline constexpr std::size_t kKademliaPublishBytes =
    kKademliaPublishFiles * (kKademliaFileWords + 128) + kKademliaPublishKeys * 160;
/// Bytes of one open lookup, at most.
inline constexpr std::size_t kKademliaLookupBytes = 1024 + kKademliaCandidates * 32 * 2;

}  // namespace shoal::limits
