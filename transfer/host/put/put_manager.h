// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/asio.h"
#include "proto/types/ids.h"
#include "proto/types/limits_inbox.h"
#include "proto/types/result.h"
#include "transfer/host/put/put_service.h"

namespace grpc {
class Channel;
}

namespace shoal::transfer {

class UploadDesk;

/// What tells that a file was edited, without reading it.
struct PutStamp {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  friend bool operator==(const PutStamp&, const PutStamp&) = default;
};

/// Which file is to go into whose inbox.
struct PutRequest {
  PeerId peer;
  std::string path;               ///< of a file of this user
  std::string name;               ///< what it shall be called there
  std::optional<PutStamp> stamp;  ///< as it was when it was asked for; none: as it is
  friend bool operator==(const PutRequest&, const PutRequest&) = default;
};

enum class PutState : std::uint8_t {
  kHashing,
  kConnecting,
  kSending,
  kWaiting,  ///< the friend cannot be reached, or has no place or no room now; it is tried again
  kDone,     ///< `fate` says what becomes of it
  kFailed,   ///< `error` says why; started again it goes on where it stopped
  kCancelled,
};
std::string_view to_text(PutState state);

struct PutStatus {
  std::uint64_t id = 0;
  PeerId peer;
  std::string path;
  std::string name;
  ContentId content;  ///< its root is known once it is hashed
  PutState state = PutState::kHashing;
  std::uint64_t bytes_done = 0;   ///< hashed; then sent, with what was there before
  std::uint64_t bytes_found = 0;  ///< were there before
  std::optional<Fate> fate;
  std::optional<Error> error;  ///< when kFailed; when kWaiting, why it waits
};

/// What the manager needs of others. Called on strands of `io`.
struct PutConnections {
  /// Where a friend is; none: nowhere known. Errors: kDenied (no friend of ours).
  std::function<Result<std::vector<std::string>>(const PeerId&)> endpoints;
  /// A channel to that endpoint which proves to be `peer`. Must not block.
  std::function<Result<std::shared_ptr<grpc::Channel>>(const std::string& endpoint, const PeerId&)>
      connect;
  /// Another put runs now, running() says which; or this one has ended, and not because the process
  /// ends. Null: nobody wants to know.
  std::function<void(const std::optional<PutStatus>& ended)> changed = nullptr;
};

/// How long things may take: the limits, unless somebody is in a hurry.
struct PutTimes {
  std::chrono::milliseconds pause_min = limits::kPutPauseMin;
  std::chrono::milliseconds pause_max = limits::kPutPauseMax;
  std::chrono::milliseconds patience = limits::kPutPatience;
  std::chrono::milliseconds room_patience = limits::kPutRoomPatience;
  std::chrono::milliseconds silence = limits::kTransferSilence;
};

/// All files that this peer puts. Nothing of it outlives the process, but whoever keeps running()
/// may resume() in the next one: a put that is started again goes on where the friend has it. And
/// whoever keeps what has ended may have it remembered there.
///
/// Threads: any thread may call. Own threads: none; state lives on strands of `io`, files are read
/// and hashed on `work`.
class PutManager {
 public:
  /// What is sent keeps to the rates of `desk`; null: to none.
  PutManager(boost::asio::any_io_executor io, boost::asio::any_io_executor work,
             PutConnections connections, PutTimes times = {},
             std::shared_ptr<UploadDesk> desk = nullptr);
  ~PutManager();
  PutManager(const PutManager&) = delete;
  PutManager& operator=(const PutManager&) = delete;

  /// Puts of earlier processes that have ended, for the list; before resume() and start(). Numbers
  /// go on behind theirs.
  void remember(std::vector<PutStatus> ended);
  /// Opens the file (blocks for that) and starts; one that runs already is not started again.
  /// Errors: those of PutFile::open, kOverloaded (limits::kPutsMax running), kDenied (no friend),
  /// kCancelled (stopping).
  Result<PutStatus> start(PutRequest request);
  /// Goes on with what an earlier process did not end. What cannot go on (also: its file is other
  /// than its stamp says) is listed as failed. Blocks.
  void resume(const PutRequest& request);
  /// With stamps, in the order of their start; none when it is stopping: then they did not end.
  [[nodiscard]] std::optional<std::vector<PutRequest>> running() const;
  /// Errors: kNotFound, kConflict (ended already).
  Result<void> cancel(std::uint64_t id);
  /// Errors: kNotFound.
  [[nodiscard]] Result<PutStatus> status(std::uint64_t id) const;
  /// In the order of their start; ended ones stay until limits::kPutsRemembered newer ones.
  [[nodiscard]] std::vector<PutStatus> list() const;
  /// Cancels all and calls `stopped` on `io` when none holds a file or a call any more.
  void stop(std::function<void()> stopped);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace shoal::transfer
