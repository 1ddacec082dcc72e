// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "proto/http/percent.h"
#include "proto/types/limits.h"
#include "proto/types/result.h"

namespace shoal::http {

/// Where a REST server is.
struct Target {
  std::string host;  ///< name or numeric address, without brackets; empty for a Unix socket
  std::uint16_t port = 0;
  std::string socket_path;  ///< of a Unix socket

  /// "http://host:port" (port 80 when left out), "unix:/path" or "/path".
  /// Errors: kInvalidArgument (another scheme, a path or user in the URL, a bad port).
  static Result<Target> parse(std::string_view text);
  /// As parse takes it.
  [[nodiscard]] std::string to_text() const;
};

struct ClientOptions {
  std::string token;  ///< sent as bearer token unless empty
  std::chrono::milliseconds connect_time{2000};
  std::chrono::milliseconds answer_time{15'000};    ///< for the whole of a small answer
  std::chrono::milliseconds silence_time{120'000};  ///< of a stream; 0: for ever
  std::size_t answer_max = limits::kClientAnswerBytes;
  /// When it turns true, calls end within 100 ms with kCancelled. May be null.
  const std::atomic<bool>* cancel = nullptr;
};

/// An answer of any status.
struct Answer {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// Calls a REST server, one connection each. Blocking; any thread; keeps no state between calls.
///
/// Errors of every call: kUnreachable (nobody listens, or gone in the middle), kTimeout,
/// kCancelled, kTooLarge, kIntegrity (what answered does not speak HTTP).
class RestClient {
 public:
  /// Tells whether to go on.
  using OnLine = std::function<bool(std::string_view line)>;

  explicit RestClient(Target target, ClientOptions options = {});

  /// Any status is an answer. `path` is percent-encoded (encode_segment, encode_query) and may have
  /// a query; `json` is sent as application/json.
  [[nodiscard]] Result<Answer> send(std::string_view method, std::string_view path,
                                    std::string_view json = {}) const;

  /// The body of a 2xx answer; another status is the Error that its problem+json holds (what, why,
  /// next kept) or one made from the status.
  [[nodiscard]] Result<std::string> call(std::string_view method, std::string_view path,
                                         std::string_view json = {}) const;

  /// Hands out each line of a streamed 2xx answer as it arrives, without its newline and at most
  /// limits::kStreamLineBytes long, until the stream ends or `on_line` returns false (then ok).
  /// A last line shoal/error/1 is an error. kUnreachable: the stream broke off.
  [[nodiscard]] Result<void> stream(std::string_view method, std::string_view path,
                                    std::string_view json, const OnLine& on_line) const;

  [[nodiscard]] const Target& target() const { return target_; }

 private:
  Target target_;
  ClientOptions options_;
};

}  // namespace shoal::http
