// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/status.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "proto/rpc/tls.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/utf8.h"
#include "shoal/v1/error.pb.h"

namespace shoal::rpc {
namespace {

std::string fitted(std::string_view text, std::size_t bytes) {
  // What is cut anyway need not be looked at; a replacement has 3 bytes, for 4 at most.
  return shorten(disarm(text.substr(0, 2 * bytes)), bytes);
}

std::string joined(const std::string& what, const std::string& why) {
  if (what.empty() || why.empty()) return what + why;
  return what + ": " + why;
}

/// What the other end says; none when it says nothing that could be an ErrorInfo.
std::optional<::shoal::v1::ErrorInfo> info_in(const grpc::Status& status) {
  const std::string details = status.error_details();
  ::shoal::v1::ErrorInfo said;
  if (details.empty() || details.size() > limits::kStatusDetails) return std::nullopt;
  if (!said.ParseFromString(details) || said.code().empty()) return std::nullopt;
  return said;
}

/// For what gRPC itself ends a call with. The table's own reverse would name causes that only a
/// peer's details can tell: UNKNOWN is not a disk's trouble.
Errc errc_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::DATA_LOSS:
      return Errc::kInternal;
    default:
      return errc_from_grpc(code);
  }
}

struct Cause {
  std::string_view sign;  ///< what gRPC's message holds
  std::string_view why;
  std::string_view next;
};

/// Why there was no connection, from gRPC's message: it has no codes for that.
constexpr std::array kCauses{
    Cause{kAnotherKey, "another key than the friend's own answers there",
          "if your friend has a new key: remove the old friend and add the new URL"},
    Cause{"Connection refused", "unreachable: nobody listens there", ""},
    Cause{"Socket closed",
          "it hung up: it does not know our key and takes only friends, or is just ending", ""},
    Cause{"Connection reset",
          "it hung up: it does not know our key and takes only friends, or is just ending", ""},
    Cause{"No route to host", "unreachable: there is no way to it", ""},
    Cause{"Network is unreachable", "unreachable: there is no way to it", ""},
    Cause{"imeout", "unreachable: no answer in time", ""},
    Cause{"imed out", "unreachable: no answer in time", ""},
};

void tell_cause(Error& error, std::string_view message) {
  for (const Cause& cause : kCauses) {
    if (message.find(cause.sign) == std::string_view::npos) continue;
    error.why = cause.why;
    error.next = cause.next;
    return;
  }
}

}  // namespace

grpc::Status to_status(const Error& error) {
  const ErrcInfo& row = info(error.code);
  ::shoal::v1::ErrorInfo said;
  said.set_code(std::string(row.name));
  said.set_what(fitted(error.what, limits::kStatusWhat));
  said.set_why(fitted(error.why, limits::kStatusWhy));
  said.set_next(fitted(error.next, limits::kStatusNext));
  return {static_cast<grpc::StatusCode>(row.grpc),
          fitted(joined(said.what(), said.why()), limits::kStatusMessage),
          said.SerializeAsString()};
}

Error from_status(const grpc::Status& status) {
  SHOAL_ASSERT(!status.ok());
  Error error;
  error.code = errc_of(status.error_code());
  const auto said = info_in(status);
  if (!said) {
    error.what = "the call failed";
    error.why = fitted(status.error_message(), limits::kStatusWhy);
    if (error.code == Errc::kUnreachable) tell_cause(error, status.error_message());
    return error;
  }
  const auto named = errc_from_name(said->code());
  if (named && info(*named).grpc == status.error_code()) error.code = *named;
  error.what = fitted(said->what(), limits::kStatusWhat);
  error.why = fitted(said->why(), limits::kStatusWhy);
  error.next = fitted(said->next(), limits::kStatusNext);
  if (error.what.empty()) error.what = "the call failed";
  return error;
}

Error from_status(const grpc::Status& status, std::string what) {
  Error error = from_status(status);
  error.why = has_reason(status) ? joined(error.what, error.why) : std::move(error.why);
  error.what = std::move(what);
  return error;
}

bool has_reason(const grpc::Status& status) { return info_in(status).has_value(); }

}  // namespace shoal::rpc
