// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/asio.h"
#include "proto/types/ids.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/result.h"
#include "transfer/core/piece_map.h"
#include "transfer/host/disk/download_request.h"
#include "transfer/host/link/source_route.h"
#include "transfer/host/serve/file_source.h"
#include "transfer/host/times.h"

namespace shoal::transfer {

enum class DownloadState : std::uint8_t {
  kPreparing,  ///< opens the part file, re-checks what a crash may have lost
  kSeeking,    ///< no source at the moment; asks again with growing pauses
  kQueued,     ///< every source that is there serves others first
  kFetching,
  kPaused,    ///< the disk is full, see `error`; goes on by itself when there is room
  kChecking,  ///< all bytes are here: the whole file is read once more
  kHeld,      ///< paused by the user, over restarts too; its files are closed
  kDone,      ///< `path` is the file
  kFailed,    ///< `error` says why; start() with the same content goes on where it stopped
  kCancelled,
  kStopped,  ///< the process ends; resume() goes on
};

/// A source as a download sees it.
struct SourceStatus {
  enum class State : std::uint8_t {
    kDialled,  ///< no answer yet
    kQueued,   ///< it serves others first, see `place`
    kUp,
    kLost,      ///< dialled again after a pause
    kSetAside,  ///< used no more
    kStalled,   ///< it answers nothing, see `stall`
  };
  PeerId peer;
  State state = State::kDialled;
  std::uint64_t bytes = 0;   ///< of the file, received from it by this process, right or not
  std::uint64_t rate = 0;    ///< bytes a second of late
  std::uint32_t pieces = 0;  ///< it has; 0 when it is not up
  /// Where we wait for it to serve us.
  struct Place {
    std::uint32_t position = 0;  ///< 1 is the next; 0: not known yet
    std::uint64_t eta_ms = 0;    ///< until our turn, as it says; 0: not known
    friend bool operator==(const Place&, const Place&) = default;
  };
  std::optional<Place> place = std::nullopt;  ///< when queued
  /// How long it has sent nothing though it owes something.
  struct Stall {
    std::uint64_t silent_ms = 0;
    std::uint64_t again_ms = 0;  ///< until it is dialled again; 0: it still is, and is waited for
    friend bool operator==(const Stall&, const Stall&) = default;
  };
  std::optional<Stall> stall = std::nullopt;  ///< when stalled
  std::string why;                            ///< when lost, set aside or stalled
  friend bool operator==(const SourceStatus&, const SourceStatus&) = default;
};

/// Name of a state for users and JSON: "up".
std::string_view to_text(SourceStatus::State state);

struct DownloadStatus {
  std::uint64_t id = 0;
  ContentId content;
  std::string name;  ///< sanitised
  std::string folder;
  DownloadState state = DownloadState::kPreparing;
  std::uint64_t bytes_done = 0;    ///< verified; of content.length
  std::uint64_t bytes_found = 0;   ///< of these, already here when this process started
  std::uint64_t bytes_wasted = 0;  ///< received and thrown away
  std::uint32_t sources = 0;       ///< connected now
  std::uint64_t rate = 0;          ///< bytes a second of late, from all sources
  std::vector<SourceStatus> from;  ///< whom it knows, in the order of their coming
  std::int64_t began = 0;          ///< Unix time in seconds, of this process's part in it
  std::int64_t busy_ms = 0;        ///< since then; when ended, until then
  std::string path;                ///< final path; only when kDone
  std::string called;              ///< what the first source that answered calls it, as it wrote it
  std::optional<Error>
      error;  ///< when kFailed or kPaused; else the last trouble with a source, if any
};

/// A status, and which pieces are where.
struct DownloadDetails {
  DownloadStatus status;
  std::uint32_t piece_length = 0;
  PieceMap here;  ///< verified, on this disk
  std::vector<std::optional<PieceMap>>
      maps;  ///< of status.from, in its order; none: all, or not up
};

/// Name of a state for users and JSON: "fetching", "paused" for both kinds of pause.
std::string_view to_text(DownloadState state);

/// A file of a content somewhere else on this machine.
struct LocalCopy {
  std::shared_ptr<ServedFile> file;
  std::string path;  ///< absolute
};

/// What the manager needs of others. Called on `io`, never under a lock of the manager.
struct DownloadHooks {
  /// The way to that endpoint, which proves to be `peer`, with the identity of `key_pem` (empty:
  /// one's own). Must not block.
  std::function<Result<SourceRoute>(const std::string& endpoint, const PeerId& peer,
                                    const std::string& key_pem)>
      connect;
  /// Who has it now? `found` may be called from any thread: for each way of asking that found
  /// somebody, with the key of the query that went this way, and at last once with none, when all
  /// ways have ended.
  std::function<void(
      const ContentId&,
      std::function<void(std::vector<SourceInfo> sources, std::string key_pem)> found)>
      find_sources;
  /// Something in a status changed: of state at once, of bytes at most every 200 ms. May be empty.
  std::function<void(const DownloadStatus&)> on_change;
  std::uint64_t keep_free = limits::kDiskSpare;  ///< bytes that downloads leave free on their disk
  /// Bytes per second from which on a lone source is dialled a second time; see the limit.
  std::uint64_t twin_rate = limits::kTwinRate;
  /// Who serves us as a friend now: asked as ourselves, whatever key it was found with, and by that
  /// key only where we are not let in. Empty: nobody. Must not block.
  std::function<bool(const PeerId&)> is_linked = {};
  /// Is it on this machine already? Then it is not fetched, but copied and checked; or, where it
  /// lies in the very folder, checked and left there. Called on `work`, may block. May be empty.
  std::function<std::optional<LocalCopy>(const ContentId&)> find_here = {};
};

/// All downloads of this process. A content that is being fetched already is joined, not fetched
/// twice, and one that was fetched into the same folder and still lies there is not fetched again;
/// another process that fetches it into the same folder makes start() fail with kConflict.
///
/// Threads: any thread may call. Own threads: none; state lives on strands of `io`, files are
/// written and hashed on `work`.
class DownloadManager {
 public:
  DownloadManager(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
                  DownloadHooks hooks, TransferTimes times = {});
  ~DownloadManager();
  DownloadManager(const DownloadManager&) = delete;
  DownloadManager& operator=(const DownloadManager&) = delete;

  /// Starts, joins or takes up again; returns the id. What goes wrong later is in the status.
  /// Errors: kInvalidArgument (folder), kTooLarge (length over limits::kFileBytesMax), kOverloaded
  /// (limits::kDownloadsMax running), kNoSpace (it would not fit beside hooks.keep_free),
  /// kDenied, kIo.
  Result<std::uint64_t> start(DownloadRequest request);
  /// More sources for one that runs, reached with another key; nothing when it has ended.
  void add_sources(std::uint64_t id, std::vector<SourceInfo> sources, std::string key_pem);
  /// Goes on with all downloads whose journals lie in `folder` and that were not paused; returns
  /// how many. A journal that cannot be used is reported as a failed download. A part file without
  /// a journal goes.
  std::size_t resume(const std::string& folder);
  /// Somebody reads a content while it is being fetched, and stands at byte `offset`: what follows
  /// comes first. None: that reader has ended. Does nothing for what is not being fetched.
  void on_reader(const ContentId& content, std::uint64_t reader,
                 std::optional<std::uint64_t> offset);
  /// Ends it and removes the part file. Errors: kNotFound, kConflict (ended already).
  Result<void> cancel(std::uint64_t id);
  /// Stops it until go_on(), also over restarts: it becomes kHeld soon, and its sources are let go.
  /// One that is paused already stays so. Errors: kNotFound, kConflict (ended already).
  Result<void> pause(std::uint64_t id);
  /// Takes up one that was paused or has failed; one that runs runs on. Errors: kNotFound,
  /// kConflict (done or cancelled), those of start().
  Result<void> go_on(std::uint64_t id);
  /// Downloads of earlier processes that have ended, for the list; before resume() and start().
  /// Numbers go on behind theirs.
  void remember(std::vector<DownloadStatus> ended);
  /// Errors: kNotFound.
  [[nodiscard]] Result<DownloadStatus> status(std::uint64_t id) const;
  [[nodiscard]] Result<DownloadDetails> details(std::uint64_t id) const;
  /// What is here of a content that is being fetched, to be served to others.
  /// Errors: kNotFound (not being fetched, or nothing is known of it yet).
  [[nodiscard]] Result<std::shared_ptr<ServedFile>> open_running(const ContentId& content) const;
  /// A file that a download of this process ended with, compared piece by piece while it is read.
  /// Blocks. Errors: kNotFound, kSourceChanged, kDenied, kIo.
  [[nodiscard]] Result<LocalCopy> open_done(const ContentId& content) const;
  /// It is on its way, or waits for it.
  [[nodiscard]] bool fetches(const ContentId& content) const;
  /// In the order of their start; ended ones stay until limits::kDownloadsRemembered newer ones.
  [[nodiscard]] std::vector<DownloadStatus> list() const;
  /// Stops all cleanly (parts stay) and calls `stopped` on `io` when their files are closed.
  void stop(std::function<void()> stopped);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace shoal::transfer
