// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "transfer/core/manifest.h"
#include "transfer/core/piece_map.h"

namespace shoal::transfer {

/// The serving end of one Fetch stream: judges requests, keeps the answers in order, bounds how
/// much is read ahead of a slow taker. A file that is still being fetched here is served as far as
/// it is here; pieces that come are told ahead of the answers that wait (Have).
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
  /// Nobody asked for it: these pieces are here now, each told once.
  struct Have {
    std::vector<std::uint32_t> pieces;
    friend bool operator==(const Have&, const Have&) = default;
  };
  /// Nor for this: these pieces were given to others.
  struct Given {
    std::vector<std::uint32_t> pieces;
    friend bool operator==(const Given&, const Given&) = default;
  };
  using Answer = std::variant<ManifestRange, Read, Have, Given>;

  /// `here`: what was told of the file at the start; none: all of it. Requires a map of
  /// layout.pieces.
  explicit Upload(const Layout& layout, std::optional<PieceMap> here = std::nullopt);

  /// False: nobody honest asks that; the stream is to be ended.
  bool on_manifest_request(ManifestRange range);
  bool on_range_request(std::uint64_t offset, std::uint32_t length);
  /// What is here by now. Pieces that are not here any more stay told: reading them fails.
  /// Requires that `here` was given at the start, and a map of as many pieces.
  void on_here(const PieceMap& here);
  /// Others were given these; to be told.
  void on_given(const std::vector<std::uint32_t>& pieces);
  /// The bytes of that request are in memory.
  void on_read(std::uint64_t number);
  /// What next_send() gave is sent.
  void on_sent();

  [[nodiscard]] bool wants_request() const;
  /// Nothing that was asked for is open.
  [[nodiscard]] bool idle() const { return open_.empty(); }
  /// Ranges that are being read, or were, and are not sent.
  [[nodiscard]] std::size_t in_memory() const { return in_memory_; }
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
  std::optional<PieceMap> told_;      ///< may be asked for; none: all
  std::vector<std::uint32_t> news_;   ///< of told_, those that no Have carries yet
  std::vector<std::uint32_t> given_;  ///< that no Given carries yet
  bool telling_ = false;              ///< what is being sent is no answer
  std::deque<Open> open_;
  std::uint64_t number_ = 0;
  std::size_t in_memory_ = 0;
  bool sending_ = false;
};

}  // namespace shoal::transfer
