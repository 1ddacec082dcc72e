// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/types/limits.h"
#include "proto/types/result.h"

namespace shoal::http {

/// Reads one HTTP/1.1 answer, under limits: with a length, in chunks, or until the end of the
/// connection. Sans-IO; the outcome does not depend on how the bytes are split.
///
/// Body bytes are handed out by take_body() and held no longer. 1xx answers are passed over.
class ResponseFront {
 public:
  /// `head_only`: the answer to a HEAD.
  explicit ResponseFront(bool head_only = false) : head_only_(head_only) {}

  /// Takes bytes of this answer; what follows its end is ignored.
  /// Errors: kIntegrity (not HTTP), kTooLarge (the head). Final.
  Result<void> feed(std::string_view bytes);
  /// The connection ended. Errors: kUnreachable when the answer was not complete.
  Result<void> end();

  [[nodiscard]] bool head_complete() const { return stage_ > Stage::kHeader; }
  [[nodiscard]] bool complete() const { return stage_ == Stage::kDone; }
  /// Valid once the head is complete.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& content_type() const { return content_type_; }
  /// What has come of the body since the last call.
  [[nodiscard]] std::string take_body();

 private:
  enum class Stage : std::uint8_t {
    kStatus,
    kHeader,
    kLength,    ///< body of a known length
    kUntilEnd,  ///< body until the connection ends
    kChunkSize,
    kChunk,
    kChunkEnd,  ///< the CRLF after a chunk
    kTrailer,
    kDone,
  };

  Result<void> take_line();
  Result<void> take_status();
  Result<void> take_header();
  Result<void> take_chunk_size();
  void begin_body();
  tl::unexpected<Error> broken(Errc code, std::string why);

  bool head_only_;
  Stage stage_ = Stage::kStatus;
  std::optional<Error> error_;
  std::string line_;
  std::size_t head_bytes_ = 0;
  int status_ = 0;
  std::string content_type_;
  bool chunked_ = false;
  std::optional<std::uint64_t> length_;
  std::uint64_t left_ = 0;  // of the body or chunk
  std::string body_;
};

}  // namespace shoal::http
