// SPDX-License-Identifier: Apache-2.0
#include "proto/http/percent.h"

#include "proto/http/ascii.h"
#include "proto/types/percent.h"

namespace shoal::http {
namespace {

bool is_plain(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

}  // namespace

std::string encode_segment(std::string_view text) { return percent_encoded(text, is_plain); }

std::string encode_query(std::string_view name, std::string_view value) {
  return encode_segment(name) + "=" + encode_segment(value);
}

std::optional<std::string> decode_segment(std::string_view text) {
  if (text.find("%00") != std::string_view::npos) return std::nullopt;
  return percent_decoded(text);
}

}  // namespace shoal::http
