// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/limits.h"

namespace shoal::http {

/// What a front lets pass; the meaning is in limits.h.
struct FrontLimits {
  std::size_t head_max = limits::kHttpHead;
  std::size_t target_max = limits::kHttpTarget;
  std::size_t headers_max = limits::kHttpHeaders;
};

/// Collects one HTTP/1.1 request (RFC 9112) under hard limits, before any parser of others sees it.
///
/// Sans-IO: its owner feeds bytes and keeps the deadlines. Takes only what is plain: known methods,
/// HTTP/1.1, CRLF, exactly one Host, bodies with one Content-Length, at most one of each header
/// that decides who may do what. Chunked and coded bodies,
/// multipart and headers that cpp-httplib keeps its own facts under are refused, since each of them
/// goes round a limit somewhere below. A Range is taken out, for the routes that know what to do.
/// Memory: head_max + the body's limit, whatever is sent. The outcome does not depend on how the
/// bytes are split.
class RequestFront {
 public:
  /// What becomes of a body; asked once, when the head is complete.
  struct BodyRule {
    BodyRule(std::uint64_t bytes) : max(bytes) {}
    BodyRule(std::uint64_t bytes, bool streams) : max(bytes), streamed(streams) {}
    std::uint64_t max;      ///< bytes
    bool streamed = false;  ///< not collected: the request is complete with its head
  };
  using BodyMax = std::function<BodyRule(std::string_view method, std::string_view target)>;

  /// All that refused() may say, but for kNoLength, which only methods with a body get.
  static constexpr std::array kRefusals{400, 413, 414, 415, 417, 431, 501, 505};
  static constexpr int kNoLength = 411;
  /// Whether requests of that method have a body; of others one is refused.
  static bool takes_body(std::string_view method);

  explicit RequestFront(BodyMax body_max, FrontLimits limits = {});

  /// Takes what belongs to this request and returns how much that was; nothing once complete or
  /// refused.
  std::size_t feed(std::string_view bytes);

  /// Something of a request has come.
  [[nodiscard]] bool started() const { return head_bytes_ > 0; }
  [[nodiscard]] bool head_complete() const { return head_done_; }
  [[nodiscard]] bool complete() const {
    return status_ == 0 && head_done_ && (streamed_ || body_size_ == length_.value_or(0));
  }
  /// The body is left to whoever takes the connection over. Valid once the head is complete.
  [[nodiscard]] bool streamed() const { return streamed_; }
  /// Bytes of the body that the head announces.
  [[nodiscard]] std::uint64_t length() const { return length_.value_or(0); }
  /// The client waits for a 100 before it sends the body. Only where that is streamed.
  [[nodiscard]] bool wants_continue() const { return expects_; }
  /// 0, or the HTTP status to refuse with. Final.
  [[nodiscard]] int refused() const { return status_; }
  /// Why, in words for the sender.
  [[nodiscard]] std::string_view why() const { return why_; }

  /// Valid once the head is complete.
  [[nodiscard]] std::string_view method() const { return method_; }
  /// As it was sent, with the query.
  [[nodiscard]] std::string_view target() const { return target_; }
  /// The client will close, or wants us to.
  [[nodiscard]] bool wants_close() const { return wants_close_; }
  /// The checked head with its empty line, without Accept-Encoding. Requires complete().
  [[nodiscard]] const std::string& head() const { return head_; }
  /// The value of the one Range header. Valid once the head is complete.
  [[nodiscard]] const std::optional<std::string>& range() const { return range_; }
  /// Requires complete(); leaves the front to be thrown away.
  [[nodiscard]] std::string take_body();

  /// Bytes held now.
  [[nodiscard]] std::size_t memory() const {
    return head_.size() + line_.size() + body_held_ + range_.value_or("").size();
  }

 private:
  void refuse(int status, std::string_view why);
  std::size_t take_body_bytes(std::string_view bytes);
  void take_head_byte(char c);
  void take_line();
  void take_request_line();
  void take_header();
  bool is_first(std::string_view name);
  bool take_length(std::string_view digits);
  void finish_head();

  BodyMax body_max_;
  FrontLimits limits_;
  int status_ = 0;
  std::string_view why_;
  std::string head_;
  std::string line_;
  std::string method_;
  std::string target_;
  std::vector<std::string> body_;  // in pieces
  std::size_t body_size_ = 0;
  std::size_t body_held_ = 0;
  std::size_t head_bytes_ = 0;
  std::size_t headers_ = 0;
  std::uint8_t had_ = 0;  // of those that may come once, a bit each
  std::optional<std::uint64_t> length_;
  std::optional<std::string> range_;
  bool streamed_ = false;
  bool expects_ = false;
  bool has_host_ = false;
  bool wants_close_ = false;
  bool head_done_ = false;
};

}  // namespace shoal::http
