// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "proto/http/stream_writer.h"
#include "proto/types/limits.h"
#include "proto/types/result.h"
#include "transfer/host/download/download_manager.h"

namespace shoal::daemon {

/// Whether a download, of a file or of a folder, has ended.
inline bool is_over(transfer::DownloadState state) {
  return state == transfer::DownloadState::kDone || state == transfer::DownloadState::kFailed ||
         state == transfer::DownloadState::kCancelled || state == transfer::DownloadState::kStopped;
}
/// Who pauses it, or null: the disk goes on by itself, the user says when.
inline boost::json::value paused_by(transfer::DownloadState state) {
  if (state == transfer::DownloadState::kHeld) return "user";
  if (state == transfer::DownloadState::kPaused) return "disk";
  return nullptr;
}

/// Writes what becomes of something, line by line, until it has ended or nobody listens any more.
/// `read` gives its status, whose errors end the stream; `shown` of one says what a line is written
/// for when it changes, and one is written every limits::kProgressAtLeastEvery anyway; `over` says
/// that a status is the last; `line` is its text, as the last or as one before.
template <class Read, class Shown, class Over, class Line>
Result<void> follow(http::StreamWriter& writer, Read read, Shown shown, Over over, Line line) {
  using Clock = std::chrono::steady_clock;
  std::optional<decltype(shown(*read()))> last;
  auto told = Clock::now();
  while (true) {
    const auto status = read();
    if (!status) return tl::unexpected(status.error());
    if (over(*status)) {
      writer.write(line(*status, true));
      return {};
    }
    auto now_shown = shown(*status);
    const auto now = Clock::now();
    if (!last || *last != now_shown || now - told >= limits::kProgressAtLeastEvery) {
      told = now;
      if (!writer.write(line(*status, false))) return {};
      last = std::move(now_shown);
    }
    if (writer.wait(limits::kEventPoll)) return {};
  }
}

}  // namespace shoal::daemon
