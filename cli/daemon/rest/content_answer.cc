// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/rest/content_answer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/types/percent.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kTypes = {{
    {"aac", "audio/aac"},
    {"avif", "image/avif"},
    {"avi", "video/x-msvideo"},
    {"bmp", "image/bmp"},
    {"flac", "audio/flac"},
    {"gif", "image/gif"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"log", "text/plain; charset=utf-8"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"md", "text/plain; charset=utf-8"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"txt", "text/plain; charset=utf-8"},
    {"wav", "audio/wav"},
}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_plain(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_';
}

}  // namespace

std::string_view media_type(std::string_view name) {
  const auto dot = name.rfind('.');
  std::string ending(dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1));
  std::ranges::transform(ending, ending.begin(), lower);
  if (ending == "webm") return "video/webm";
  if (ending == "webp") return "image/webp";
  const auto* const found =
      std::ranges::find(kTypes, ending, &std::pair<std::string_view, std::string_view>::first);
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

std::string disposition(std::string_view name) {
  std::string plain;
  for (const char c : name) plain += is_plain(c) || c == ' ' ? c : '_';
  return "inline; filename=\"" + plain + "\"; filename*=UTF-8''" + percent_encoded(name, is_plain);
}

std::string etag_of(const ContentId& content) { return '"' + to_text(content) + '"'; }

http::Response content_head(const http::ContentAnswer& answer, const ContentId& content,
                            std::string_view name) {
  http::Response head;
  head.status = answer.status;
  head.content_type = answer.status == 304 ? "" : std::string(media_type(name));
  head.headers = {{"ETag", etag_of(content)},
                  {"Cache-Control", "private, max-age=31536000, immutable"}};
  if (answer.status == 304) return head;
  head.headers.emplace_back("Accept-Ranges", "bytes");
  head.headers.emplace_back("Content-Disposition", disposition(name));
  head.headers.emplace_back("Content-Security-Policy", "sandbox; default-src 'none'");
  if (answer.status == 206) {
    head.headers.emplace_back("Content-Range", http::content_range(answer, content.length));
  }
  return head;
}

}  // namespace shoal::daemon
