// SPDX-License-Identifier: Apache-2.0
#include "proto/http/request_front.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/http/ascii.h"

namespace shoal::http {
namespace {

constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::array<std::string_view, 3> kWithBody{"POST", "PUT", "PATCH"};

struct RefusedHeader {
  std::string_view name;
  int status;
  std::string_view why;
};
constexpr std::array kRefused{
    RefusedHeader{"Transfer-Encoding", 501, "bodies need a Content-Length, not Transfer-Encoding"},
    RefusedHeader{"Content-Encoding", 415, "coded bodies are not taken"},
    RefusedHeader{"Upgrade", 501, "upgrades are not offered"},
    // cpp-httplib keeps the connection's addresses under these names (CVE-2025-66570).
    RefusedHeader{"REMOTE_ADDR", 400, "a header of that name is not taken"},
    RefusedHeader{"REMOTE_PORT", 400, "a header of that name is not taken"},
    RefusedHeader{"LOCAL_ADDR", 400, "a header of that name is not taken"},
    RefusedHeader{"LOCAL_PORT", 400, "a header of that name is not taken"},
};

// Where two of them are read differently by different readers, or one hides the other.
constexpr std::array<std::string_view, 6> kOnce{"Authorization", "Content-Length", "Content-Type",
                                                "Host",          "Origin",         "Range"};

constexpr std::string_view kNoExpect = "Expect is not answered; send the body at once";

// Of a body, in bytes.
constexpr std::size_t kPiece = std::size_t{16} * 1024;

// What may stand in a request target: RFC 3986's characters, so no control byte, blank or quote
// reaches a log or a parser.
bool is_target_char(char c) {
  return c > ' ' && c < 0x7f && std::string_view("\"<>#\\").find(c) == std::string_view::npos;
}

}  // namespace

bool RequestFront::takes_body(std::string_view method) {
  return std::ranges::find(kWithBody, method) != kWithBody.end();
}

RequestFront::RequestFront(BodyMax body_max, FrontLimits limits)
    : body_max_(std::move(body_max)), limits_(limits) {}

void RequestFront::refuse(int status, std::string_view why) {
  status_ = status;
  why_ = why;
}

std::size_t RequestFront::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && status_ == 0 && !complete()) {
    if (!head_done_) {
      take_head_byte(bytes[used++]);
    } else {
      used += take_body_bytes(bytes.substr(used));
    }
  }
  return used;
}

// In pieces of one size: what is only announced takes no memory, and what one body gave back serves
// the next, which strings that grow do not.
std::size_t RequestFront::take_body_bytes(std::string_view bytes) {
  const auto left = static_cast<std::size_t>(*length_) - body_size_;
  if (body_.empty() || body_.back().size() == body_.back().capacity()) {
    body_.emplace_back().reserve(std::min(left, kPiece));
    body_held_ += body_.back().capacity();
  }
  std::string& piece = body_.back();
  const std::size_t taken = std::min({bytes.size(), left, piece.capacity() - piece.size()});
  piece.append(bytes, 0, taken);
  body_size_ += taken;
  return taken;
}

std::string RequestFront::take_body() {
  if (body_.size() == 1) return std::move(body_.front());
  std::string whole;
  whole.reserve(body_size_);
  for (auto& piece : body_) {
    whole += piece;
    piece = {};
  }
  return whole;
}

void RequestFront::take_head_byte(char c) {
  if (++head_bytes_ > limits_.head_max) return refuse(431, "the head is too long");
  if (c != '\n') {
    const bool control = (c >= 0 && c < ' ' && c != '\t' && c != '\r') || c == 0x7f;
    if (control) return refuse(400, "a control character in the head");
    line_ += c;
    if (head_.empty() && line_.size() > limits_.target_max + 32) {
      return refuse(414, "the request line is too long");
    }
    return;
  }
  if (!line_.ends_with('\r')) return refuse(400, "a line ends without CR");  // smuggling
  line_.pop_back();
  if (line_.find('\r') != std::string::npos) return refuse(400, "a CR inside a line");
  take_line();
  line_.clear();
}

void RequestFront::take_line() {
  if (head_.empty()) {
    take_request_line();
  } else if (line_.empty()) {
    finish_head();
  } else {
    take_header();
  }
}

void RequestFront::take_request_line() {
  const auto first = line_.find(' ');
  const auto last = line_.rfind(' ');
  if (first == std::string::npos || first == last) return refuse(400, "not a request line");
  method_ = line_.substr(0, first);
  target_ = line_.substr(first + 1, last - first - 1);
  const std::string_view version = std::string_view(line_).substr(last + 1);
  if (!is_token(method_)) return refuse(400, "not a request line");
  if (std::ranges::find(kMethods, method_) == kMethods.end()) {
    return refuse(501, "methods are GET HEAD POST PUT PATCH DELETE");
  }
  if (target_.size() > limits_.target_max) return refuse(414, "the target is too long");
  if (!target_.starts_with('/') || !std::ranges::all_of(target_, is_target_char)) {
    return refuse(400, "the target must be a path");
  }
  if (version != "HTTP/1.1") return refuse(505, "only HTTP/1.1 is spoken here");
  head_ = line_ + "\r\n";
}

void RequestFront::take_header() {
  if (++headers_ > limits_.headers_max) return refuse(431, "too many headers");
  const auto colon = line_.find(':');
  if (colon == std::string::npos) return refuse(400, "a header without a colon");
  const std::string_view name = std::string_view(line_).substr(0, colon);
  const std::string_view value = trim(std::string_view(line_).substr(colon + 1));
  if (!is_token(name)) return refuse(400, "not a header name");  // also folded lines, "Name :"
  if (same_ignoring_case(name, "Expect")) {
    // Whether it is answered depends on the route; finish_head() decides.
    if (!same_ignoring_case(value, "100-continue")) return refuse(417, kNoExpect);
    expects_ = true;
    return;
  }
  for (const auto& row : kRefused) {
    if (same_ignoring_case(name, row.name)) return refuse(row.status, row.why);
  }
  if (same_ignoring_case(name, "Content-Type") &&
      same_ignoring_case(value.substr(0, 10), "multipart/")) {
    return refuse(415, "multipart bodies are not taken");
  }
  if (!is_first(name)) return refuse(400, "a header that there may be one of comes twice");
  // Dropped: cpp-httplib would compress by itself, and a second time what is compressed already.
  if (same_ignoring_case(name, "Accept-Encoding")) return;
  if (same_ignoring_case(name, "Host")) {
    has_host_ = true;
  } else if (same_ignoring_case(name, "Content-Length")) {
    if (!take_length(value)) return;
  } else if (same_ignoring_case(name, "Range")) {
    // Not for cpp-httplib, whose ranges answer past the end of a body and without a bound.
    range_ = value;
    return;
  } else if (same_ignoring_case(name, "Connection")) {
    wants_close_ = wants_close_ || has_list_item(value, "close");
    return;  // between the client and us
  }
  head_ += line_ + "\r\n";
}

// Of those that may come once; always true of others.
bool RequestFront::is_first(std::string_view name) {
  const auto row = std::ranges::find_if(
      kOnce, [&](std::string_view each) { return same_ignoring_case(each, name); });
  if (row == kOnce.end()) return true;
  const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(row - kOnce.begin()));
  if ((had_ & bit) != 0) return false;
  had_ |= bit;
  return true;
}

bool RequestFront::take_length(std::string_view digits) {
  const bool number =
      !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!number) {
    refuse(400, "Content-Length is not a number");
    return false;
  }
  if (digits.size() > 15) {
    refuse(413, "the body is too long");
    return false;
  }
  length_ = 0;
  for (const char c : digits) length_ = *length_ * 10 + static_cast<std::uint64_t>(c - '0');
  return true;
}

void RequestFront::finish_head() {
  if (!has_host_) return refuse(400, "no Host");
  if (takes_body(method_)) {
    if (!length_) return refuse(kNoLength, "no Content-Length; without a body it is 0");
    const BodyRule rule = body_max_(method_, target_);
    if (*length_ > rule.max) return refuse(413, "the body is too long");
    streamed_ = rule.streamed;
  } else if (length_.value_or(0) != 0) {
    return refuse(400, "this method takes no body; what is asked goes into the query: ?name=");
  }
  if (expects_ && !streamed_) return refuse(417, kNoExpect);
  head_ += "\r\n";
  head_done_ = true;
}

}  // namespace shoal::http
