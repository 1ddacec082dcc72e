// SPDX-License-Identifier: Apache-2.0
// More limits of transfers: what is kept in memory for speed, who is served when.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// What a source delivers in this time is asked of it at once, as far as that is between this and
/// kRangeBytes: whoever asks a slow source for more hears nothing for long and takes it for dead.
inline constexpr std::chrono::milliseconds kRangeTime{250};
inline constexpr std::uint32_t kRangeBytesMin = 64 * 1024;
/// So many of the smallest are asked of a source that has never sent anything.
inline constexpr std::size_t kRangesAskedFirst = 4;
/// A piece of a source that has sent nothing for so long moves also while others are wanted.
inline constexpr std::chrono::seconds kStalledTime{10};
/// A source that owes an answer and has sent none for so long is set aside while another one sends.
/// Looked at every eighth of that. Longer than it takes until a source that holds back says so
/// (kPlaceToldMax), shorter than kTransferSilence, after which its stream is cut in any case.
inline constexpr std::chrono::seconds kStallTime{20};
/// Only when each of the others has sent so much on average meanwhile, and one range of it: on a
/// slow line that many share, the answers of one come seldom.
inline constexpr std::uint64_t kStallBytes = 8 * std::uint64_t{kRangeBytesMin};
/// So long after its last bytes a source is believed that it holds back to keep to a rate.
inline constexpr std::chrono::minutes kStallPaced{5};
/// How long a source that was set aside is not asked; doubled each time up to the second, until a
/// piece of it was right.
inline constexpr std::chrono::seconds kStallPauseMin{30};
inline constexpr std::chrono::seconds kStallPauseMax{600};

/// A sync begins when so much is written and not durable, or for so long. With what is in memory,
/// is being synced or recorded meanwhile it never comes to more than limits::kSyncBytes: nothing is
/// asked for that would.
inline constexpr std::uint64_t kSyncBeginBytes = 16 * 1024 * 1024;
inline constexpr std::chrono::milliseconds kSyncBeginTime{2500};
/// When nothing more may be asked because of that, a sync begins with so much already.
inline constexpr std::uint64_t kSyncBeginBytesMin = 4 * 1024 * 1024;

/// Pieces that one have-update tells of; more are told by the next.
inline constexpr std::size_t kHavePieces = 1024;

/// The highest number of a download that is believed to a journal; above: it gets a new one.
inline constexpr std::uint64_t kDownloadNumberMax = std::uint64_t{1} << 53U;

/// Messages of one source that are read ahead of the download's strand, a chunk each; then the
/// source has to wait.
inline constexpr std::size_t kFetchReadAhead = 4;

/// Files from this length on are fetched by a message stream, on a connection of its own. Shorter
/// ones by gRPC, whose connection the files of a folder share.
inline constexpr std::uint64_t kDirectBytes = 4 * 1024 * 1024;
/// A connection without gRPC reads so many encrypted bytes by one system call to begin, and at most
/// where so many are always there.
inline constexpr std::size_t kTlsReadBytes = 32 * 1024;
inline constexpr std::size_t kTlsReadBytesMost = 256 * 1024;
/// It sends so many by one, of messages of kTlsReadBytes and more.
inline constexpr std::size_t kTlsWriteBytes = 128 * 1024;
/// TLS records after which such a connection lets others of its thread go on.
inline constexpr std::size_t kStreamTurns = 128;
/// How long it stays open after its last word, until the other end has read that and hangs up.
inline constexpr std::chrono::seconds kStreamLinger{2};
/// The longest request of a Fetch call in bytes; a longer one ends it.
inline constexpr std::size_t kFetchRequestBytes = 4096;

/// A download dials its one source a second time when it has had kTwinAfter bytes, needs kTwinBytes
/// more, and the source sends faster than a gigabit line: then the one thread that decrypts a
/// connection may be what holds it up. Never while it has kTwinStreams streams already.
inline constexpr std::size_t kTwinStreams = 2;
inline constexpr std::uint64_t kTwinRate = 150'000'000;
inline constexpr std::uint64_t kTwinAfter = 16 * 1024 * 1024;
inline constexpr std::uint64_t kTwinBytes = 64 * 1024 * 1024;

/// Pieces that one download writes or reads on its disk at once.
inline constexpr std::size_t kDiskRows = 3;
/// How often a download is read back whole since another program wrote to its part file; then it
/// fails, and says so.
inline constexpr std::size_t kDoubtsMost = 4;
/// Room of pieces that is kept for the next ones when they are done.
inline constexpr std::size_t kPieceBytesSpare = 16 * 1024 * 1024;
/// Blocks of memory up to this size are taken from what was freed before, instead of fresh from the
/// kernel. The most that glibc takes here. Room for pieces comes from the kernel whatever this is.
inline constexpr int kMallocMmapBytes = 32 * 1024 * 1024;
/// Heaps that glibc makes for threads: with one for each, every one of them keeps what its thread
/// once needed.
inline constexpr int kMallocHeaps = 2;
/// Freed memory at the end of a heap that is not given back.
inline constexpr int kMallocTrimBytes = 32 * 1024 * 1024;

// ---- serving: slots, queue, rates -------------------------------------------------------------

/// Streams that are served at once, and those of one peer, unless configured otherwise; the others
/// wait in a queue.
inline constexpr std::uint32_t kUploadSlots = 8;
inline constexpr std::uint32_t kUploadSlotsPerPeer = 2;
/// The most that may be configured.
inline constexpr std::uint32_t kUploadSlotsMax = 256;
/// Streams and peers in the queue, and streams of one peer there; a further one is refused with
/// kOverloaded. Kept places of those who left give way to new peers.
inline constexpr std::size_t kUploadsWaiting = 512;
inline constexpr std::size_t kUploadsWaitingPerPeer = 16;
/// A turn while others wait: so many bytes (the largest piece) or so long, then to the piece's end.
inline constexpr std::uint64_t kTurnBytes = 16 * 1024 * 1024;
inline constexpr std::chrono::seconds kTurnTime{30};
/// A slot on which nothing is asked for so long goes to the next.
inline constexpr std::chrono::seconds kTurnIdle{2};
/// The same for one whose fetcher has said that it needs nothing: so long it may still need what
/// comes here.
inline constexpr std::chrono::milliseconds kTurnRest{250};
/// How long a peer that was cut off keeps its place in the queue.
inline constexpr std::chrono::minutes kPlaceKept{5};
/// Whoever waits is told its place when it has changed, looked at every kGateRecheck, and in any
/// case so often: less than half of kTransferSilence.
inline constexpr std::chrono::seconds kPlaceToldMax{10};
/// The highest and the lowest rate limit, in bytes per second.
inline constexpr std::uint64_t kRateMax = 1'000'000'000'000;
inline constexpr std::uint64_t kRateMin = 10'000;
/// Buckets of peers that are remembered before those that are full again go.
inline constexpr std::size_t kBucketsKept = 1024;
/// How long a request for a content that is being fetched waits for its manifest; then kTimeout.
inline constexpr std::chrono::seconds kManifestWait{20};
/// How often whoever waits for a piece looks whether it is still fetched, and still wanted.
inline constexpr std::chrono::milliseconds kReaderPoll{100};
/// How far behind the place where somebody reads a file that is being fetched its pieces come
/// before all others.
inline constexpr std::uint64_t kReadAheadBytes = 16 * 1024 * 1024;

}  // namespace shoal::limits
