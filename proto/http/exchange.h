// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "proto/http/router.h"

namespace shoal::http {

/// What the exchanges of one connection have in common. All of it outlives them.
struct ExchangeContext {
  const Router& router;
  const std::vector<std::string>& hosts;
  const std::function<bool(std::string_view)>& token;
  const Peer& peer;
  std::string_view local_address;  ///< that the client connected to; empty on a Unix socket
  const std::vector<std::string>* proxies = nullptr;  ///< of ours; null: none
};

/// One request as a front let it pass.
struct RawRequest {
  std::string head;
  std::string body;
  bool close = false;  ///< the connection ends after the answer
  std::optional<std::string> range = {};
};

struct Outcome {
  Request request;
  int status = 0;
  std::string bytes;                      ///< the answer; or, when that is empty,
  const StreamHandler* stream = nullptr;  ///< who writes it, of the router
  const UploadHandler* upload = nullptr;  ///< or who reads the body first

  [[nodiscard]] bool in_lane() const { return stream != nullptr || upload != nullptr; }
};

/// Parses a request (cpp-httplib on a memory stream, no socket), checks who asks, routes it and
/// runs a handler of the small lane to its end on this thread.
Outcome exchange(const ExchangeContext& context, RawRequest raw);

}  // namespace shoal::http
