// SPDX-License-Identifier: Apache-2.0
#include "proto/http/guard.h"

#include <algorithm>

#include "proto/http/ascii.h"

namespace shoal::http {
namespace {

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Four numbers that start with 127. A name such as 127.evil.example is none.
bool is_loopback_v4(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  return host.size() <= 15 && std::ranges::count(host, '.') == 3 &&
         std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

bool host_allowed(const std::string& host, std::string_view local_address,
                  const std::vector<std::string>& hosts) {
  return host == "localhost" || host == "::1" || is_loopback_v4(host) || host == local_address ||
         std::ranges::any_of(hosts,
                             [&](const std::string& each) { return to_lower(each) == host; });
}

bool has_type(const Request& request, std::string_view wanted) {
  const std::string type = request.header("Content-Type").value_or("");
  return same_ignoring_case(trim(std::string_view(type).substr(0, type.find(';'))), wanted);
}

}  // namespace

std::optional<std::string> host_of(std::string_view authority) {
  std::string_view port;
  std::string_view host = authority;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return std::nullopt;
  } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (port.starts_with(':')) port.remove_prefix(1);
  if (host.empty() || host.find_first_of(" /@") != std::string_view::npos || !is_port(port)) {
    return std::nullopt;
  }
  return to_lower(host);
}

std::optional<Refusal> check_origin(const Request& request, std::string_view local_address,
                                    const std::vector<std::string>& hosts) {
  if (request.peer.uid) return std::nullopt;
  const std::string authority = request.header("Host").value_or("");
  const auto host = host_of(authority);
  if (!host || !host_allowed(*host, local_address, hosts)) {
    return Refusal{421,
                   {Errc::kDenied, "the request was refused", "this server is not that Host",
                    "use its address, or list the name under `hosts` in its configuration"}};
  }
  const auto origin = request.header("Origin");
  if (!origin) return std::nullopt;
  std::string_view from = *origin;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (from.starts_with(scheme)) {
      from.remove_prefix(scheme.size());
      if (same_ignoring_case(from, authority)) return std::nullopt;
    }
  }
  return Refusal{403,
                 {Errc::kDenied, "the request was refused", "it comes from a page of another site",
                  "only pages of this server may call it"}};
}

std::optional<Refusal> check_body(const Request& request) {
  if (request.body.empty() || has_type(request, "application/json")) return std::nullopt;
  return Refusal{415,
                 {Errc::kUnsupported, "the request was refused", "its body is not said to be JSON",
                  "send Content-Type: application/json"}};
}

std::optional<Refusal> check_upload(const Request& request) {
  if (has_type(request, "application/octet-stream")) return std::nullopt;
  return Refusal{415,
                 {Errc::kUnsupported, "the request was refused", "its body is not said to be bytes",
                  "send Content-Type: application/octet-stream"}};
}

std::string bearer_token(const Request& request) {
  const std::string value = request.header("Authorization").value_or("");
  constexpr std::string_view kScheme = "Bearer ";
  if (!same_ignoring_case(std::string_view(value).substr(0, kScheme.size()), kScheme)) return {};
  return std::string(trim(std::string_view(value).substr(kScheme.size())));
}

}  // namespace shoal::http
