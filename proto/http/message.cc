// SPDX-License-Identifier: Apache-2.0
#include "proto/http/message.h"

#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "proto/http/ascii.h"
#include "proto/http/percent.h"
#include "proto/json/problem.h"
#include "proto/types/assert.h"

namespace shoal::http {

bool Peer::local() const {
  return uid.has_value() || address.starts_with("127.") || address == "::1" ||
         address.starts_with("::ffff:127.");
}

const std::string& Request::param(std::string_view name) const {
  const auto found = std::ranges::find(params, name, &Pairs::value_type::first);
  SHOAL_ASSERT(found != params.end());
  return found->second;
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  const auto found = std::ranges::find(query, name, &Pairs::value_type::first);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> Request::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& each) { return same_ignoring_case(each.first, name); });
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

Result<std::uint64_t> Request::query_number(std::string_view name, std::uint64_t otherwise,
                                            std::uint64_t min, std::uint64_t max) const {
  const auto text = query_value(name);
  if (!text) return otherwise;
  std::uint64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc{} && at == end && number >= min && number <= max) return number;
  return fail(Errc::kInvalidArgument, "the query is not understood",
              std::string(name) + " is no whole number from " + std::to_string(min) + " to " +
                  std::to_string(max));
}

Result<void> Request::only_query(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, value] : query) {
    if (std::ranges::find(known, std::string_view(name)) != known.end()) continue;
    std::string names;
    for (const auto each : known) names += (names.empty() ? "" : ", ") + std::string(each);
    return fail(Errc::kInvalidArgument, "the query is not understood",
                "there is no query parameter \"" + name.substr(0, 64) + "\"",
                names.empty() ? "this path takes none" : "known ones: " + names);
  }
  return {};
}

namespace {

// The path as a URI reference: what was decoded is encoded again.
std::string instance_of(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto slash = path.find('/');
    out += encode_segment(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    out += '/';
    path.remove_prefix(slash + 1);
  }
  return out;
}

}  // namespace

Response problem(const Error& error, const Request& request, int status) {
  if (status == 0) status = info(error.code).http;
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = boost::json::serialize(
      json::problem(error, status, instance_of(request.path), request.request_id));
  if (error.code == Errc::kOverloaded || error.code == Errc::kUnreachable) {
    response.headers.emplace_back("Retry-After", "2");
  }
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace shoal::http
