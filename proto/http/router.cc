// SPDX-License-Identifier: Apache-2.0
#include "proto/http/router.h"

#include <algorithm>
#include <utility>

#include "proto/http/percent.h"
#include "proto/types/assert.h"

namespace shoal::http {
namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_name(std::string_view segment) { return segment.starts_with('{'); }

// The params when the segments fit the pattern.
std::optional<Request::Pairs> fit(const std::vector<std::string>& pattern,
                                  const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  Request::Pairs params;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const std::string& wanted = pattern[at];
    if (is_name(wanted)) {
      if (path[at].empty()) return std::nullopt;
      params.emplace_back(wanted.substr(1, wanted.size() - 2), path[at]);
    } else if (wanted != path[at]) {
      return std::nullopt;
    }
  }
  return params;
}

}  // namespace

std::string Route::pattern() const {
  std::string out;
  for (const auto& segment : segments) out += "/" + segment;
  return out;
}

Router& Router::add(std::string_view method, std::string_view pattern, Handler handler,
                    RouteOptions options) {
  return insert(method, pattern, std::move(handler), options);
}

Router& Router::add_stream(std::string_view method, std::string_view pattern, StreamHandler handler,
                           RouteOptions options) {
  return insert(method, pattern, std::move(handler), options);
}

Router& Router::add_upload(std::string_view method, std::string_view pattern, UploadHandler handler,
                           RouteOptions options) {
  return insert(method, pattern, std::move(handler), options);
}

Router& Router::insert(std::string_view method, std::string_view pattern,
                       std::variant<Handler, StreamHandler, UploadHandler> handler,
                       RouteOptions options) {
  SHOAL_ASSERT(pattern.starts_with('/'));
  Route route{std::string(method), segments_of(pattern), std::move(handler), options};
  const auto same = [&](const Route& other) {
    return other.method == route.method &&
           std::ranges::equal(other.segments, route.segments,
                              [](const std::string& a, const std::string& b) {
                                return a == b || (is_name(a) && is_name(b));
                              });
  };
  SHOAL_ASSERT(std::ranges::none_of(routes_, same));
  // Exact segments sort before {names}, so the first route that fits is the most exact one.
  const auto key = [](const Route& each) {
    std::string bits;
    for (const auto& segment : each.segments) bits += is_name(segment) ? '1' : '0';
    return bits;
  };
  const auto at = std::ranges::upper_bound(routes_, key(route), {}, key);
  routes_.insert(at, std::move(route));
  return *this;
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) return match;
  std::vector<std::string> segments = segments_of(path);
  for (auto& segment : segments) {
    auto decoded = decode_segment(segment);
    if (!decoded) return match;
    segment = std::move(*decoded);
  }
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (const auto& route : routes_) {
    auto params = fit(route.segments, segments);
    if (!params) continue;
    if (route.method == wanted) return {&route, std::move(*params), {}};
    if (match.other_methods.find(route.method) == std::string::npos) {
      match.other_methods += (match.other_methods.empty() ? "" : ", ") + route.method;
    }
  }
  return match;
}

}  // namespace shoal::http
