// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "proto/http/message.h"

namespace shoal::http {

/// Where a streaming handler writes its lines (NDJSON, application/x-ndjson, chunked), or one
/// content of a known length.
///
/// The handler's thread only. Each line is sent at once.
class StreamWriter {
 public:
  StreamWriter() = default;
  StreamWriter(const StreamWriter&) = delete;
  StreamWriter& operator=(const StreamWriter&) = delete;

  /// Sends the head (200), so that the client knows before the first line that it was accepted;
  /// otherwise it goes with the first line. False: closed.
  virtual bool open() = 0;

  /// Sends `line` and a newline; `line` holds none. False: closed, nothing more arrives. Waits
  /// while the client does not read, at most limits::kHttpStreamStall, then the stream is closed.
  virtual bool write(std::string_view line) = 0;

  /// Instead of open(), and first: the head of an answer with the status, type and headers of
  /// `head` and exactly `length` bytes, to be given to send(). To HEAD, and where the status has no
  /// body (304), send() does nothing. A handler that ends before all bytes were sent cuts the
  /// connection: that is how the client knows. False: closed.
  virtual bool open_content(const Response& head, std::uint64_t length) = 0;
  /// The next bytes of the content. Requires no more than are left. Waits as write() does.
  virtual bool send(std::span<const std::uint8_t> bytes) = 0;

  /// The client went away, was too slow, or the server stops.
  [[nodiscard]] virtual bool closed() = 0;

  /// Waits for `time` or until closed, whichever is first; returns closed().
  virtual bool wait(std::chrono::milliseconds time) = 0;

 protected:
  ~StreamWriter() = default;
};

}  // namespace shoal::http
