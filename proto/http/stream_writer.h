// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

namespace shoal::http {

/// Where a streaming handler writes its lines (NDJSON, application/x-ndjson, chunked).
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

  /// The client went away, was too slow, or the server stops.
  [[nodiscard]] virtual bool closed() = 0;

  /// Waits for `time` or until closed, whichever is first; returns closed().
  virtual bool wait(std::chrono::milliseconds time) = 0;

 protected:
  ~StreamWriter() = default;
};

}  // namespace shoal::http
