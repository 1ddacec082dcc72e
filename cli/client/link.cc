// SPDX-License-Identifier: Apache-2.0
#include "cli/client/link.h"

#include "proto/http/percent.h"
#include "proto/types/text.h"

namespace shoal::client {
namespace {
constexpr std::string_view kPrefix = "shoal://file/";
constexpr std::string_view kName = "name=";
}  // namespace

std::string link_of(const ContentId& content, std::string_view name) {
  std::string out = std::string(kPrefix) + to_text(content);
  return name.empty() ? out : out + "?" + http::encode_query("name", name);
}

std::optional<FileLink> parse_link(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const auto query = text.find('?');
  const auto content = parse_content_id(text.substr(0, query));
  if (!content) return std::nullopt;
  FileLink link{*content, {}};
  if (query == std::string_view::npos) return link;
  const std::string_view rest = text.substr(query + 1);
  if (!rest.starts_with(kName)) return std::nullopt;
  auto name = http::decode_segment(rest.substr(kName.size()));
  if (!name) return std::nullopt;
  link.name = std::move(*name);
  return link;
}

}  // namespace shoal::client
