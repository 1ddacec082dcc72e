// SPDX-License-Identifier: Apache-2.0
#include "proto/http/head_text.h"

#include <algorithm>
#include <string>
#include <utility>

#include "proto/http/ascii.h"
#include "proto/http/percent.h"

namespace shoal::http {
namespace {

std::optional<std::string> decode_part(std::string_view text) {
  std::string with_blanks(text);
  std::ranges::replace(with_blanks, '+', ' ');
  return decode_segment(with_blanks);
}

// Up to the separator, which is taken away too.
std::string_view take_until(std::string_view& text, std::string_view separator) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + separator.size());
  return part;
}

}  // namespace

Request::Pairs headers_of(std::string_view head) {
  Request::Pairs headers;
  take_until(head, "\r\n");
  while (true) {
    std::string_view value = take_until(head, "\r\n");
    if (value.empty()) return headers;
    const std::string_view name = take_until(value, ":");
    headers.emplace_back(name, trim(value));
  }
}

std::optional<Request::Pairs> query_of(std::string_view target) {
  Request::Pairs query;
  take_until(target, "?");
  while (!target.empty()) {
    std::string_view value = take_until(target, "&");
    if (value.empty()) continue;
    auto name = decode_part(take_until(value, "="));
    auto decoded = decode_part(value);
    if (!name || !decoded) return std::nullopt;
    query.emplace_back(std::move(*name), std::move(*decoded));
  }
  return query;
}

}  // namespace shoal::http
