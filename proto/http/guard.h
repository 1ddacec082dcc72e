// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/http/message.h"

namespace shoal::http {

/// Why a request may not be answered, with the status that says so.
struct Refusal {
  int status = 0;
  Error error;
};

/// The host of "host", "host:port" or "[v6]:port", lower case; none when malformed.
std::optional<std::string> host_of(std::string_view authority);

/// Stops web pages of others: the Host of a TCP request must be loopback's, `local_address` or one
/// of `hosts` (else 421: a page whose name was pointed here), and an Origin must be that very host
/// (else 403). A Unix socket is reached by no page and passes.
std::optional<Refusal> check_origin(const Request& request, std::string_view local_address,
                                    const std::vector<std::string>& hosts);

/// A body must say that it is JSON (else 415): pages of others cannot send that unasked.
std::optional<Refusal> check_body(const Request& request);

/// The body of an upload must say that it is bytes (else 415), for the same reason.
std::optional<Refusal> check_upload(const Request& request);

/// The token of "Authorization: Bearer <token>"; empty when there is none.
std::string bearer_token(const Request& request);

}  // namespace shoal::http
