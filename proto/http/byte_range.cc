// SPDX-License-Identifier: Apache-2.0
#include "proto/http/byte_range.h"

#include <algorithm>

#include "proto/http/ascii.h"

namespace shoal::http {
namespace {

// Digits as a number, the largest one when they say more; none without digits, or with others.
std::optional<std::uint64_t> number(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
  }
  return value;
}

}  // namespace

ContentAnswer part_of(std::optional<std::string_view> range, std::uint64_t length) {
  const ContentAnswer all{200, 0, length};
  constexpr ContentAnswer kNone{416, 0, 0};
  constexpr std::string_view kUnit = "bytes=";
  if (!range || !same_ignoring_case(range->substr(0, kUnit.size()), kUnit)) return all;
  const std::string_view wanted = range->substr(kUnit.size());
  const auto dash = wanted.find('-');
  if (dash == std::string_view::npos) return all;
  const auto first = number(wanted.substr(0, dash));
  const auto last = number(wanted.substr(dash + 1));
  if (dash == 0) {  // the last so many
    if (!last) return all;
    if (*last == 0 || length == 0) return kNone;
    const std::uint64_t count = std::min(*last, length);
    return {206, length - count, count};
  }
  const bool to_the_end = dash + 1 == wanted.size();
  if (!first || (!last && !to_the_end) || (last && *last < *first)) return all;
  if (*first >= length) return kNone;
  const std::uint64_t end = to_the_end ? length - 1 : std::min(*last, length - 1);
  return {206, *first, end - *first + 1};
}

bool names_etag(std::string_view list, std::string_view etag) {
  if (trim(list) == "*") return true;
  // A tag may hold commas, so tags are read by their quotes.
  for (std::size_t at = list.find('"'); at != std::string_view::npos;) {
    const auto end = list.find('"', at + 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(at, end - at + 1) == etag) return true;
    at = list.find('"', end + 1);
  }
  return false;
}

ContentAnswer answer_for(const Request& request, std::string_view etag, std::uint64_t length) {
  if (const auto had = request.header("If-None-Match"); had && names_etag(*had, etag)) {
    return {304, 0, 0};
  }
  // Of a HEAD a range says nothing (RFC 9110, section 14.2).
  const auto range = request.method == "HEAD" ? std::nullopt : request.header("Range");
  const auto if_range = request.header("If-Range");
  // A date is not compared: contents have none. A weak tag never matches here.
  if (!range || (if_range && trim(*if_range) != etag)) return part_of(std::nullopt, length);
  return part_of(*range, length);
}

std::string content_range(const ContentAnswer& answer, std::uint64_t length) {
  const std::string all = "/" + std::to_string(length);
  if (answer.status == 416) return "bytes *" + all;
  return "bytes " + std::to_string(answer.offset) + "-" +
         std::to_string(answer.offset + answer.length - 1) + all;
}

}  // namespace shoal::http
