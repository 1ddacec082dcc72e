// SPDX-License-Identifier: Apache-2.0
// A request and an answer as handlers see them: plain values, no socket and no parser behind them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/types/result.h"

namespace shoal::http {

/// Who is at the other end of a connection, as the operating system says it.
struct Peer {
  std::string address;               ///< numeric IP address; empty on a Unix socket
  std::optional<std::uint32_t> uid;  ///< user of the process on a Unix socket (SO_PEERCRED)

  /// On this machine: a Unix socket or a loopback address.
  [[nodiscard]] bool local() const;
};

/// One request, checked and percent-decoded. Header names compare without case.
struct Request {
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  std::string method;  ///< GET POST PUT PATCH DELETE; a HEAD arrives as GET
  std::string path;    ///< decoded, without the query
  Pairs params;        ///< the {names} of the route's pattern
  Pairs query;         ///< decoded, in the order of writing
  Pairs headers;
  std::string body;
  Peer peer;
  std::string request_id;  ///< names this request in answers and logs

  /// The part of the path that the route calls {name}. Requires that it has one.
  [[nodiscard]] const std::string& param(std::string_view name) const;
  /// The first value of that name, or none.
  [[nodiscard]] std::optional<std::string> query_value(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
  /// A query value as a whole number in [min, max], or `otherwise` when it is not given.
  /// Errors: kInvalidArgument, naming it.
  [[nodiscard]] Result<std::uint64_t> query_number(std::string_view name, std::uint64_t otherwise,
                                                   std::uint64_t min, std::uint64_t max) const;
  /// Errors: kInvalidArgument for a query name that is not among `known`.
  [[nodiscard]] Result<void> only_query(std::initializer_list<std::string_view> known) const;
};

/// One answer of the small lane; above limits::kHttpAnswerBytes it is replaced by a 500.
struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  Request::Pairs headers;  ///< further ones, such as Location

  /// 204.
  static Response nothing() { return {204, {}, {}, {}}; }
  /// 200, or `status`, with a JSON text.
  static Response json(std::string text, int status = 200) {
    return {status, std::move(text), "application/json", {}};
  }
};

/// The answer that says what went wrong: problem+json (RFC 9457) with code, next and request_id.
/// `status` 0 takes the one of the error's code. kOverloaded and kUnreachable get Retry-After.
Response problem(const Error& error, const Request& request, int status = 0);

/// The same length and bytes, in a time that depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace shoal::http
