// SPDX-License-Identifier: Apache-2.0
#include "proto/http/response_front.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "proto/http/ascii.h"

namespace shoal::http {
namespace {

template <class Number>
bool parse_whole(std::string_view text, Number& out, int base = 10) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && at == text.data() + text.size();
}

}  // namespace

tl::unexpected<Error> ResponseFront::broken(Errc code, std::string why) {
  error_ = Error{code, "the server's answer was not understood", std::move(why),
                 "check that this is the address of a shoal program"};
  return tl::unexpected<Error>(*error_);
}

Result<void> ResponseFront::feed(std::string_view bytes) {
  if (error_) return tl::unexpected<Error>(*error_);
  while (!bytes.empty() && stage_ != Stage::kDone) {
    if (stage_ == Stage::kLength || stage_ == Stage::kChunk || stage_ == Stage::kUntilEnd) {
      const bool endless = stage_ == Stage::kUntilEnd;
      const std::size_t taken =
          endless ? bytes.size()
                  : static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      body_.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      if (endless) continue;
      left_ -= taken;
      if (left_ == 0) stage_ = stage_ == Stage::kChunk ? Stage::kChunkEnd : Stage::kDone;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    // Chunk sizes start anew with each chunk; head and trailers share one bound.
    if (++head_bytes_ > limits::kClientHead) return broken(Errc::kTooLarge, "its head is too long");
    if (c != '\n') {
      line_ += c;
      continue;
    }
    if (line_.ends_with('\r')) line_.pop_back();
    auto taken = take_line();
    line_.clear();
    if (!taken) return taken;
  }
  return {};
}

Result<void> ResponseFront::take_line() {
  switch (stage_) {
    case Stage::kStatus:
      return take_status();
    case Stage::kHeader:
      if (!line_.empty()) return take_header();
      if (status_ < 200) {  // an interim answer: the real one follows
        stage_ = Stage::kStatus;
        return {};
      }
      begin_body();
      return {};
    case Stage::kChunkSize:
      return take_chunk_size();
    case Stage::kChunkEnd:
      if (!line_.empty()) return broken(Errc::kIntegrity, "a chunk is longer than it says");
      head_bytes_ = 0;
      stage_ = Stage::kChunkSize;
      return {};
    default:  // kTrailer
      if (line_.empty()) stage_ = Stage::kDone;
      return {};
  }
}

Result<void> ResponseFront::take_status() {
  const std::string_view line = line_;
  const bool shaped = line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ' &&
                      (line.size() == 12 || line[12] == ' ') &&
                      parse_whole(line.substr(9, 3), status_) && status_ >= 100 && status_ != 101;
  if (!shaped) return broken(Errc::kIntegrity, "it does not speak HTTP/1.1");
  stage_ = Stage::kHeader;
  return {};
}

Result<void> ResponseFront::take_header() {
  const auto colon = line_.find(':');
  const std::string_view name = std::string_view(line_).substr(0, colon);
  if (colon == std::string::npos || !is_token(name)) {
    return broken(Errc::kIntegrity, "a header is malformed");
  }
  const std::string_view value = trim(std::string_view(line_).substr(colon + 1));
  if (same_ignoring_case(name, "Content-Type")) content_type_ = to_lower(value);
  if (same_ignoring_case(name, "Transfer-Encoding")) {
    if (!same_ignoring_case(value, "chunked")) {
      return broken(Errc::kIntegrity, "its transfer encoding is not known");
    }
    chunked_ = true;
  }
  if (same_ignoring_case(name, "Content-Encoding") && !same_ignoring_case(value, "identity")) {
    return broken(Errc::kIntegrity, "its body is coded though nobody asked for it");
  }
  if (same_ignoring_case(name, "Content-Length")) {
    std::uint64_t length = 0;
    if (!parse_whole(value, length) || (length_ && *length_ != length)) {
      return broken(Errc::kIntegrity, "its length is malformed");
    }
    length_ = length;
  }
  return {};
}

void ResponseFront::begin_body() {
  head_bytes_ = 0;
  if (head_only_ || status_ == 204 || status_ == 304) {
    stage_ = Stage::kDone;
  } else if (chunked_) {
    stage_ = Stage::kChunkSize;
  } else if (length_) {
    left_ = *length_;
    stage_ = left_ == 0 ? Stage::kDone : Stage::kLength;
  } else {
    stage_ = Stage::kUntilEnd;
  }
}

Result<void> ResponseFront::take_chunk_size() {
  const std::string_view size = trim(std::string_view(line_).substr(0, line_.find(';')));
  if (size.empty() || size.size() > 15 || !parse_whole(size, left_, 16)) {
    return broken(Errc::kIntegrity, "a chunk's size is malformed");
  }
  head_bytes_ = 0;
  stage_ = left_ == 0 ? Stage::kTrailer : Stage::kChunk;
  return {};
}

Result<void> ResponseFront::end() {
  if (error_) return tl::unexpected<Error>(*error_);
  if (stage_ == Stage::kUntilEnd) stage_ = Stage::kDone;
  if (stage_ == Stage::kDone) return {};
  return fail(Errc::kUnreachable, "the server's answer broke off",
              "it closed the connection in the middle", "see whether it still runs");
}

std::string ResponseFront::take_body() { return std::exchange(body_, {}); }

}  // namespace shoal::http
