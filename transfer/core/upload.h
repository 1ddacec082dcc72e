// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

#include "transfer/core/manifest.h"

namespace shoal::transfer {

/// The serving end of one Fetch stream: judges requests, keeps the answers in order, bounds how
/// much is read ahead of a slow taker.
///
/// The driver reads a request only while wants_request(), does what next_read() and next_send()
/// say, and keeps the bytes by the number of their request.
class Upload {
 public:
  struct Read {
    std::uint64_t number;
    std::uint64_t offset;
    std::uint32_t length;
    friend bool operator==(const Read&, const Read&) = default;
  };
  using Answer = std::variant<ManifestRange, Read>;

  explicit Upload(const Layout& layout) : layout_(layout) {}

  /// False: nobody honest asks that; the stream is to be ended.
  bool on_manifest_request(ManifestRange range);
  bool on_range_request(std::uint64_t offset, std::uint32_t length);
  /// The bytes of that request are in memory.
  void on_read(std::uint64_t number);
  /// What next_send() gave is sent.
  void on_sent();

  [[nodiscard]] bool wants_request() const;
  /// The next bytes to read from the file; none while limits::kUploadReadAhead are in memory.
  std::optional<Read> next_read();
  /// The next answer to send; none while one is being sent or its bytes are not read.
  std::optional<Answer> next_send();

 private:
  struct Open {
    Answer answer;
    enum class State : std::uint8_t { kWaiting, kReading, kReady } state;
  };

  Layout layout_;
  std::deque<Open> open_;
  std::uint64_t number_ = 0;
  std::size_t in_memory_ = 0;
  bool sending_ = false;
};

}  // namespace shoal::transfer
