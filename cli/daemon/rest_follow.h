// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "proto/http/stream_writer.h"
#include "proto/types/limits.h"
#include "proto/types/result.h"

namespace shoal::daemon {

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
