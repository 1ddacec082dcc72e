// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include "proto/http/router.h"
#include "proto/http/upload.h"

namespace shoal::http {

/// Runs streaming handlers, each on a thread of its own that writes to its socket.
///
/// Thread-safe. A slot is taken before the socket is given away, so that a full lane can still be
/// answered.
class StreamLane : public std::enable_shared_from_this<StreamLane> {
 public:
  explicit StreamLane(std::size_t streams_max) : streams_max_(streams_max) {}

  /// False: all slots are taken, or the lane stops.
  bool reserve();

  /// Takes the slot reserved and the descriptor. `handler` and what it refers to must outlive the
  /// lane's stop; `ended` is called on the stream's thread with the status that was answered.
  void start(int fd, Request request, const StreamHandler& handler,
             std::function<void(const Request&, int status)> ended);
  /// The same for a handler that reads a body.
  void start_upload(int fd, Request request, const UploadHandler& handler, BodyStart body,
                    std::function<void(const Request&, int status)> ended);
  /// Gives a slot back unused.
  void cancel_reservation();

  [[nodiscard]] std::size_t streams() const;

  /// Closes all streams and lets no more begin.
  void close();
  /// Waits until none runs; false at the deadline.
  bool wait_until(std::chrono::steady_clock::time_point deadline);

 private:
  using Ended = std::function<void(const Request&, int status)>;
  void launch(int fd, Request request, std::function<int(const Request&)> run, Ended ended);
  void release_slot(int fd);

  const std::size_t streams_max_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t taken_ = 0;
  bool closing_ = false;
  std::set<int> open_;  // descriptors in use
};

}  // namespace shoal::http
