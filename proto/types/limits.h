// SPDX-License-Identifier: Apache-2.0
// Every limit of the project, by module, with what happens at it. Nothing else defines one, but
// limits_sim.h and limits_overlays.h, which come along, limits_links.h and limits_transfer.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "proto/types/limits_kademlia.h"
#include "proto/types/limits_overlays.h"
#include "proto/types/limits_sim.h"
#include "proto/types/time.h"

namespace shoal::limits {

// ---- searches (overlay) ----------------------------------------------------------------------

/// Hops a query may travel in all (ttl + hops) on an ordinary network; above: rejected, one strike.
/// A test network may raise it in its hello, the simulator to kTtlLimitSimulator.
inline constexpr std::uint8_t kTtlLimit = 15;
inline constexpr std::uint8_t kTtlLimitSimulator = 255;
/// TTL of a search that does not say.
inline constexpr std::uint8_t kTtlDefault = 5;

/// The longest delay bound a link may claim; a slower one is given this bound, and late echoes over
/// it count as unanswered.
inline constexpr Duration kDelayBoundMax = std::chrono::seconds(1);
/// The shortest bound on the wire, so that a scheduling hiccup is no lost answer.
inline constexpr Duration kDelayBoundMinWire = std::chrono::milliseconds(250);
/// Kept back at each hop, so that a child's echo never ties with its parent's deadline.
inline constexpr Duration kHopMargin = std::chrono::milliseconds(1);
/// Added once by the origin for lookups; a later lookup counts as `unsearched`.
inline constexpr Duration kLookupTime = std::chrono::milliseconds(500);

/// The default time budget of a search: every search ends within its budget.
constexpr Duration default_budget(unsigned ttl) {
  return ttl * (2 * kDelayBoundMax + kHopMargin) + kLookupTime;
}
/// The largest budget a query may carry on a network with that TTL limit; above: rejected, strike.
constexpr Duration budget_max(unsigned ttl_limit) { return default_budget(ttl_limit); }
/// How long a query id is remembered: past every copy of it that may still be on its way.
constexpr Duration remember_query_for(unsigned ttl_limit) { return 2 * budget_max(ttl_limit); }

/// Bytes of a peer's record; at the bound it ends with a mark and the peer goes on unrecorded.
inline constexpr std::size_t kRecordMax = 256UL << 20;
/// Queries remembered per overlay; a full table refuses new ones (echo `refused`), never evicts.
inline constexpr std::size_t kSeenMax = 262'144;
/// Open copies per overlay; at the bound: echo `refused`.
inline constexpr std::size_t kCopiesMax = 65'536;
/// Own searches open at once; at the bound: kOverloaded.
inline constexpr std::size_t kSearchesMax = 64;

/// Search words in bytes; above: refused at the origin, rejected on the way.
inline constexpr std::size_t kTermsMax = 256;
/// The encoded body of a query; longer: rejected.
inline constexpr std::size_t kQueryBodyBytes = 1024;
/// The body of an overlay's own message; longer: rejected.
inline constexpr std::size_t kOwnBodyBytes = 16 * 1024;
/// Files in one hit message; a holder with more sends several.
inline constexpr std::size_t kHitFilesMax = 10;
/// (holder, file) pairs per query that a peer passes on; the excess is dropped and counted.
inline constexpr std::size_t kHitsMax = 256;
/// Hits one peer returns for its own files when the query does not ask for fewer.
inline constexpr std::size_t kHitsPerPeer = 50;

/// Query copies a link may send: a bucket of `burst`, refilled per second. Above: echo `refused`,
/// no strike.
inline constexpr std::uint32_t kLinkQueriesPerSecond = 20;
inline constexpr std::uint32_t kLinkQueriesBurst = 40;
/// Peers whose budget is remembered after their link went down, until it is full again, so that
/// nobody gets a new one by linking again; at the bound a further one is not.
inline constexpr std::size_t kBudgetsRemembered = 256;
/// Rejected messages after which a link is cut.
inline constexpr std::uint8_t kStrikesMax = 10;
/// Links of one peer that are up at once on the wire; a further one is refused.
inline constexpr std::size_t kLinksMax = 64;

// ---- friends ---------------------------------------------------------------------------------

/// How long the primary may be down before its secondary takes over. A refusal does not wait.
inline constexpr Duration kPrimaryGrace = std::chrono::seconds(2);
/// How long a primary that returns must be up before it is taken back.
inline constexpr Duration kPrimaryReturn = std::chrono::seconds(10);

// ---- links (rpc, overlay/host) ---------------------------------------------------------------

/// One frame on a link, encoded; a longer one is rejected and the link cut.
inline constexpr std::size_t kFrameBytes = 64 * 1024;
/// Bytes waiting on one link; at the bound query copies are given back, cancels dropped (the copy
/// then ends at its deadline), and a link whose echoes or hits do not fit is cut.
inline constexpr std::size_t kLinkQueueBytes = 1024 * 1024;
/// Messages waiting on one link; same rule. (The simulator counts messages only.)
inline constexpr std::size_t kLinkQueueMessages = 4096;
/// From a link's opening to its first answered ping; later: closed.
inline constexpr std::chrono::seconds kLinkGreetTime{5};
/// How often a link is pinged, and how long it may leave a ping unanswered or take no write; then
/// it is cut.
inline constexpr std::chrono::seconds kLinkPingTime{10};
inline constexpr std::chrono::seconds kLinkSilence{30};
/// How long a link has to answer a ping when its peer connects anew; then the new one replaces it.
inline constexpr std::chrono::seconds kLinkProbeTime{2};
/// Pause between two dials of one friend: the first, doubled each time up to the second, each drawn
/// from its upper half.
inline constexpr std::chrono::milliseconds kDialPauseMin{200};
inline constexpr std::chrono::milliseconds kDialPauseMax{30'000};
/// How long a host's stop waits for its links to close.
inline constexpr std::chrono::seconds kHostStopTime{1};
/// Connections that are accepted from one address (IPv6: one /64) and still unproven.
inline constexpr std::size_t kConnectionsPerAddress = 64;
/// The same for loopback addresses, where all peers of a machine come from one.
inline constexpr std::size_t kConnectionsPerLoopback = 512;
/// How long an address that was found full is refused before its connections are looked at again.
inline constexpr std::chrono::milliseconds kFullPause{10};
/// How long a connection may stay without its first byte, then cut.
inline constexpr std::chrono::seconds kFirstByteTime{5};
/// How long the acceptor rests when the process is out of descriptors.
inline constexpr std::chrono::milliseconds kAcceptPause{50};
/// gRPC's memory and threads for all connections together; at the bound it reads no more.
inline constexpr std::size_t kRpcQuotaBytes = 64 * 1024 * 1024;
inline constexpr int kRpcThreads = 32;
/// Streams of one connection; more wait.
inline constexpr int kRpcStreams = 32;
/// Metadata of one call in bytes; more: refused by gRPC.
inline constexpr int kRpcMetadata = 4096;
/// The longest message: a chunk of a transfer and its frame. Longer: refused by gRPC, the call
/// ends.
inline constexpr int kRpcMessage = 1280 * 1024;
/// The longest message that is taken in where no file bytes are fetched: a frame and some more, so
/// that one a little too long is counted by name and not refused by gRPC.
inline constexpr int kRpcMessageIn = 96 * 1024;
/// The texts of an error in the status of a call, in bytes; longer ones are cut, on either side.
/// With percent and base64 encoding all of them fit in kRpcMetadata.
inline constexpr std::size_t kStatusWhat = 160;
inline constexpr std::size_t kStatusWhy = 640;
inline constexpr std::size_t kStatusNext = 160;
inline constexpr std::size_t kStatusMessage = 256;
/// The details of a status, encoded; longer ones are not read.
inline constexpr std::size_t kStatusDetails = 2048;
/// HTTP/2 pings of an idle client that are closer together are strikes; more of these end its
/// connection.
inline constexpr std::chrono::seconds kPingIntervalMin{10};
inline constexpr int kPingStrikes = 2;
/// How long sent bytes may stay unacknowledged; then the connection is dead.
inline constexpr std::chrono::milliseconds kUnacknowledgedTime{20'000};
/// From connection to proven keys; later: cut.
inline constexpr std::chrono::seconds kHandshakeTime{5};
/// A connection that is silent is asked whether it lives, and cut when it does not say so.
inline constexpr std::chrono::seconds kKeepaliveTime{20};
inline constexpr std::chrono::seconds kKeepaliveTimeout{10};
/// How long a server's stop waits for open calls before it cancels them.
inline constexpr std::chrono::seconds kRpcStopTime{3};
/// How long the asker of a query that we answered may fetch, and how many such keys are kept; at
/// the bound the oldest goes.
inline constexpr std::chrono::minutes kQueryKeyTime{10};
inline constexpr std::size_t kQueryKeysMax = 4096;
/// Peers that a peer book names at once; at the bound a stranger is not admitted.
inline constexpr std::size_t kPeersKnownMax = 65'536;
/// Descriptors kept back for files, the database and timers; a connection above is refused.
inline constexpr int kDescriptorReserve = 64;
/// Name of a peer in bytes, UTF-8; a longer one in a card: rejected.
inline constexpr std::size_t kPeerNameMax = 64;
/// Endpoints in a card; more: rejected.
inline constexpr std::size_t kEndpointsMax = 8;
/// A signed card, encoded; larger: rejected.
inline constexpr std::size_t kCardBytes = 4096;
/// A signed offer, encoded: a card and ten files; larger: rejected.
inline constexpr std::size_t kOfferBytes = 16 * 1024;
/// How long a signed card is valid, and how far its clock may be ahead of ours; else rejected.
inline constexpr std::chrono::hours kCardValidity{2};

// ---- names -----------------------------------------------------------------------------------

/// A file name that a peer sends, in bytes of UTF-8; longer: the hit is rejected.
inline constexpr std::size_t kFileNameMax = 255;

// ---- contents (transfer/core) ----------------------------------------------------------------

/// The longest file that is shared or fetched, in bytes; a longer one is listed as an error by a
/// scan, and a content id that claims more is refused before anything is allocated for it.
inline constexpr std::uint64_t kFileBytesMax = std::uint64_t{4} << 40;
/// Hashes in one answer about a manifest: 32 KiB. A request for more is cut, an answer with more is
/// rejected.
inline constexpr std::uint32_t kManifestChunk = 1024;

// ---- library (transfer/library) --------------------------------------------------------------

/// Words of a library search that count; further ones are ignored.
inline constexpr std::size_t kSearchWordsMax = 32;
/// Folders inside folders that a scan enters; a deeper one is listed as an error.
inline constexpr std::size_t kScanDepthMax = 64;
/// Errors of one scan that are kept in words; further ones are counted.
inline constexpr std::size_t kScanErrorsMax = 1000;
/// Files, and bytes hashed, that a scan commits at once: what a crash makes it do again. The batch
/// ends at whichever comes first.
inline constexpr std::size_t kScanBatchFiles = 256;
inline constexpr std::uint64_t kScanBatchBytes = std::uint64_t{256} << 20;
/// Hashes kept of files that are no longer shared; above it a rescan forgets all of these.
inline constexpr std::uint64_t kHashCacheSpare = 100'000;

// ---- downloads and uploads (transfer) ---------------------------------------------------------

/// Bytes in one answer of a Fetch stream; a request for more ends the stream.
inline constexpr std::uint32_t kRangeBytes = 1024 * 1024;
/// Ranges a download has open at one source: what it delivers in kAskAhead, but no fewer and no
/// more than these. It asks for more as answers come.
inline constexpr std::size_t kRangesAskedMin = 2;
inline constexpr std::size_t kRangesAsked = 16;
inline constexpr std::chrono::milliseconds kAskAhead{1000};
/// Pieces that a source may hold before one of them was right.
inline constexpr std::ptrdiff_t kUnprovenPieces = 2;
/// How long back the pace of a source is looked at.
inline constexpr std::chrono::seconds kPaceTime{2};
/// A source that has never sent anything is given so long before its pieces may move.
inline constexpr std::chrono::seconds kFirstBytesTime{2};
/// A piece moves to an idle source when it would come twice as fast and so much sooner; looked at
/// so often.
inline constexpr std::chrono::milliseconds kMoveMargin{100};
inline constexpr std::chrono::milliseconds kMoveCheck{250};
/// A download has at most so much in memory, written or being made durable: that much is fetched
/// again after a crash. When it syncs: limits_transfer.h.
inline constexpr std::uint64_t kSyncBytes = 64 * 1024 * 1024;
/// Room that a download takes on the disk ahead of its bytes.
inline constexpr std::uint64_t kReserveBytes = 64 * 1024 * 1024;
/// What downloads leave free on a disk. A download that does not fit is refused at its start; one
/// that finds less while it runs waits, and looks again every kRoomPause.
inline constexpr std::uint64_t kDiskSpare = 64 * 1024 * 1024;
inline constexpr std::chrono::seconds kRoomPause{2};
/// Pieces read back at once.
inline constexpr std::size_t kChecksAtOnce = 2;
/// Failed syncs and pieces that read back wrong, after which a download fails with kIo.
inline constexpr unsigned kDiskFaultsMax = 3;
/// Requests of one Fetch stream that wait for their answer; the rest stays in the connection.
inline constexpr std::size_t kUploadRequests = 32;
/// Ranges read ahead of a slow taker, per stream: 4 MiB.
inline constexpr std::size_t kUploadReadAhead = 4;
/// Fetch streams that are open here, served or waiting; a further one is refused with kOverloaded.
inline constexpr std::size_t kUploadsMax = 768;
/// A Fetch stream on which nothing moves for so long is cancelled.
inline constexpr std::chrono::seconds kTransferSilence{30};
/// How often a served stream asks anew whether its caller may still have bytes.
inline constexpr std::chrono::seconds kGateRecheck{1};
/// Downloads that run at once; a further one is refused with kOverloaded.
inline constexpr std::size_t kDownloadsMax = 64;
/// Ended downloads that are still listed; the oldest goes.
inline constexpr std::size_t kDownloadsRemembered = 256;
/// Sources that a download asks one search for, and with which it looks for no more.
inline constexpr std::size_t kDownloadSources = 16;
/// Sources that a download knows, those set aside too; a further one takes the place of one that
/// was lost, or is not used.
inline constexpr std::size_t kSourcesKnown = 64;
/// Pause before sources are asked for again; doubled each time up to the second.
inline constexpr std::chrono::seconds kSeekPauseMin{2};
inline constexpr std::chrono::seconds kSeekPauseMax{60};
/// How long a download that has sources waits until it dials the lost ones and searches for more;
/// doubled each time up to the second.
inline constexpr std::chrono::seconds kWidenPauseMin{30};
inline constexpr std::chrono::seconds kWidenPauseMax{600};
/// A journal in bytes; a longer one is refused. The largest file's manifest is 8 MiB.
inline constexpr std::uint64_t kJournalBytes = 64 * 1024 * 1024;

// ---- REST (proto/http) -----------------------------------------------------------------------

/// The head of a request (request line and headers), in bytes; longer: 431.
inline constexpr std::size_t kHttpHead = 8 * 1024;
/// The target of a request in bytes; longer: 414.
inline constexpr std::size_t kHttpTarget = 2 * 1024;
/// Headers of a request; more: 431.
inline constexpr std::size_t kHttpHeaders = 64;
/// The body of a request in bytes, unless its route says otherwise; longer: 413.
inline constexpr std::size_t kHttpBody = 64 * 1024;
/// An answer of the small lane in bytes; a longer one is replaced by a 500.
inline constexpr std::size_t kHttpAnswerBytes = 4 * 1024 * 1024;
/// From the first byte (or the connection) to the end of the head, from the first byte to the end
/// of the request, between two requests, and for taking an answer; then the connection is cut.
inline constexpr std::chrono::milliseconds kHttpHeadTime{5'000};
inline constexpr std::chrono::milliseconds kHttpRequestTime{15'000};
inline constexpr std::chrono::milliseconds kHttpIdleTime{5'000};
inline constexpr std::chrono::milliseconds kHttpAnswerTime{15'000};
/// Connections of one server; a further one gets 503. From three quarters on only addresses without
/// a connection are let in, so that one address cannot shut the others out.
inline constexpr std::size_t kHttpConnections = 512;
/// Connections of one address (IPv6: one /64); loopback is exempt. A further one gets 503.
inline constexpr std::size_t kHttpConnectionsPerAddress = 64;
/// Streams of one server, each with a thread; a further one gets 503 with Retry-After.
inline constexpr std::size_t kHttpStreams = 32;
/// How long a stream's client may read nothing while a line waits; then the stream is cut.
inline constexpr std::chrono::milliseconds kHttpStreamStall{30'000};
/// How long stop() waits for running handlers; later ones are left behind and reported.
inline constexpr std::chrono::milliseconds kHttpStopTime{4'000};
/// Ports tried from a taken one upwards; then kConflict.
inline constexpr unsigned kPortTries = 100;
/// What a client of ours takes as the head of an answer, a small answer and a line of a stream;
/// longer: kTooLarge.
inline constexpr std::size_t kClientHead = 16 * 1024;
inline constexpr std::size_t kClientAnswerBytes = 8 * 1024 * 1024;
inline constexpr std::size_t kStreamLineBytes = 1024 * 1024;
/// Values inside values in JSON from others; deeper: refused.
inline constexpr std::size_t kJsonDepth = 16;

// ---- directory (bootstrap) -------------------------------------------------------------------

/// How long a lease lasts, and how often a peer renews it.
inline constexpr std::chrono::seconds kLeaseTime{90};
inline constexpr std::chrono::seconds kLeaseRenewal{30};
/// Leases of one directory; a further peer is refused with kOverloaded.
inline constexpr std::size_t kLeasesMax = std::size_t{1} << 20;
/// Leases held from one address (IPv6: one /64); a further peer is refused with kOverloaded.
inline constexpr std::size_t kLeasesPerAddress = 1024;
/// Peers that may join from one address at once, refilled by so many per second; above:
/// kOverloaded.
inline constexpr std::uint32_t kJoinsBurst = 64;
inline constexpr std::uint32_t kJoinsPerSecond = 1;
/// Lease requests of one address at once, refilled by so many per second; above: kOverloaded.
inline constexpr std::uint32_t kLeaseRequestsBurst = 256;
inline constexpr std::uint32_t kLeaseRequestsPerSecond = 64;
/// Addresses whose use is counted; when all are busy a further one is refused with kOverloaded.
inline constexpr std::size_t kDirectoryAddresses = 65'536;
/// Peers that are gone and whose last stamp is remembered, so that nobody replays their requests;
/// when all are taken, a peer that joins anew is refused with kOverloaded.
inline constexpr std::size_t kStampsMax = std::size_t{1} << 20;
/// Peers in one page of a list: when not asked for otherwise, and at most.
inline constexpr std::size_t kPeersPage = 50;
inline constexpr std::size_t kPeersPageMax = 200;
/// Peers that a suggestion may be told to leave out; more: refused.
inline constexpr std::size_t kSuggestionExceptMax = 16;
/// The stamp of a lease request: rises with each one; above (what a JSON number holds exactly):
/// refused.
inline constexpr std::uint64_t kStampMax = (std::uint64_t{1} << 53) - 1;
/// The body of a lease request in bytes; longer: 413.
inline constexpr std::size_t kLeaseBody = 8 * 1024;
/// How often a directory ends what has expired, without being asked for it.
inline constexpr std::chrono::seconds kDirectorySweep{5};
/// Pause before a lease that was not granted is asked for again; doubled each time up to
/// kLeaseRenewal.
inline constexpr std::chrono::milliseconds kLeaseRetryMin{500};
/// The shortest lease that a directory may be configured to give, for tests; shorter: refused.
inline constexpr std::chrono::milliseconds kLeaseTimeMin{500};
/// How often a peer renews at most, however short the leases of its directory are.
inline constexpr std::chrono::milliseconds kLeaseRenewalMin{150};
/// A configuration file in bytes; longer: refused.
inline constexpr std::size_t kConfigBytes = 64 * 1024;

// ---- configuration (cli/config) --------------------------------------------------------------

/// Values inside values of a configuration; deeper: refused.
inline constexpr std::size_t kConfigDepth = 8;
/// Friends, shares and overlays that a configuration lists; more: refused.
inline constexpr std::size_t kConfigFriendsMax = 256;
inline constexpr std::size_t kConfigSharesMax = 256;
inline constexpr std::size_t kConfigOverlaysMax = 16;

// ---- the daemon (cli/daemon) -----------------------------------------------------------------

/// A signed card is sealed anew when it is older; it is valid for kCardValidity.
inline constexpr std::chrono::minutes kCardAge{30};
/// Searches that are kept with their hits and reports; the oldest that has ended goes.
inline constexpr std::size_t kSearchesKept = 64;
/// How often an event stream looks for news, and a scan tells of its progress.
inline constexpr std::chrono::milliseconds kEventPoll{15};
inline constexpr std::chrono::milliseconds kProgressEvery{100};
/// A download that stands still is told of this often, so that its listener hears that it is alive.
inline constexpr std::chrono::milliseconds kProgressAtLeastEvery{5'000};
/// A daemon that was killed holds its lock until the kernel has taken it apart: so long the next
/// one waits for it, then it says that one runs already.
inline constexpr std::chrono::milliseconds kLockWait{1'000};
inline constexpr std::chrono::milliseconds kLockPoll{20};
/// Files in one page of a listing: when not asked for otherwise, and at most.
inline constexpr std::size_t kFilesPage = 100;
inline constexpr std::size_t kFilesPageMax = 1000;
/// How long a request waits for the directory; then kTimeout.
inline constexpr std::chrono::seconds kDirectoryWait{6};
/// How often a peer with a directory looks whether it lacks a friend, and the pause between two
/// questions to the directory, doubled each time up to the second.
inline constexpr std::chrono::milliseconds kFriendTick{250};
inline constexpr std::chrono::milliseconds kFirstFriendTick{20};
inline constexpr std::chrono::milliseconds kFirstFriendPauseMin{10'000};
inline constexpr std::chrono::milliseconds kFirstFriendPauseMax{60'000};
/// How long the start of a peer without friends waits for the directory's first answer.
inline constexpr std::chrono::milliseconds kFirstFriendWait{1'500};
/// How long a primary may be away, with no standby up, before the directory is asked for one.
inline constexpr std::chrono::milliseconds kStandbyWait{3'000};
/// Secondaries that a peer asks its directory for; then it makes do with those.
inline constexpr std::size_t kStandbysMax = 3;
/// Unknown keys that knocked and are remembered, so that each is looked up at most once per pause,
/// doubled each time; a full table of fresh ones lets no further key be looked up.
inline constexpr std::size_t kKnocksRemembered = 256;
inline constexpr std::chrono::milliseconds kKnockPauseMin{400};
inline constexpr std::chrono::milliseconds kKnockPauseMax{30'000};
/// A whole end of the daemon; what still runs then is cut off.
inline constexpr std::chrono::milliseconds kStopTime{4'800};
/// Open descriptors that a daemon asks for.
inline constexpr std::uint64_t kDescriptorsWanted = 65'536;

// Each module adds its own section below.

}  // namespace shoal::limits
