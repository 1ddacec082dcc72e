// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/friend_url.h"

#include "proto/rpc/endpoint.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::rpc {
namespace {

constexpr std::string_view kScheme = "shoal://";

tl::unexpected<Error> not_a_url(std::string_view text, std::string why) {
  return fail(Errc::kInvalidArgument, "not a friend's address: " + std::string(text.substr(0, 100)),
              std::move(why),
              "it looks like shoal://KEY@host:port; `shoal status` there prints it");
}

}  // namespace

std::string to_text(const FriendUrl& url) {
  std::string text = std::string(kScheme) + shoal::to_text(url.id);
  char before = '@';
  for (const std::string& endpoint : url.endpoints) {
    text += before + endpoint;
    before = ',';
  }
  return text;
}

Result<FriendUrl> parse_friend_url(std::string_view text) {
  const std::string_view whole = text;
  if (!text.starts_with(kScheme)) {
    return not_a_url(whole, text.starts_with("http://") ? "it is an address, and says no key"
                                                        : "it does not begin with shoal://");
  }
  text.remove_prefix(kScheme.size());
  const auto at = text.find('@');
  if (at == std::string_view::npos) return not_a_url(whole, "it has no @ between key and host");
  FriendUrl url;
  auto id = parse_peer_id(text.substr(0, at));
  if (!id) return not_a_url(whole, "its key is wrong: " + id.error().why);
  url.id = *id;
  text.remove_prefix(at + 1);
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    more = comma != std::string_view::npos;
    const std::string_view endpoint = text.substr(0, comma);
    if (!is_endpoint(endpoint)) {
      return not_a_url(
          whole, '"' + std::string(endpoint) + "\" is not host:port, with a port from 1 to 65535");
    }
    if (url.endpoints.size() == limits::kEndpointsMax) {
      return not_a_url(whole,
                       "it has more than " + std::to_string(limits::kEndpointsMax) + " places");
    }
    url.endpoints.emplace_back(endpoint);
    if (more) text.remove_prefix(comma + 1);
  }
  return url;
}

}  // namespace shoal::rpc
