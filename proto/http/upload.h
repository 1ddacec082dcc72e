// SPDX-License-Identifier: Apache-2.0
// One upload on a thread of the streaming lane. Internal to this folder.
#pragma once

#include <cstdint>
#include <string>

#include "proto/http/router.h"

namespace shoal::http {

/// A body as the connection left it.
struct BodyStart {
  std::string begun;  ///< what was read with the head
  std::uint64_t length = 0;
  bool wants_continue = false;  ///< the client waits for a 100
};

/// Runs the handler and writes its answer. Returns the status. Leaves `fd` open.
int run_upload(int fd, const Request& request, const UploadHandler& handler, BodyStart body);

}  // namespace shoal::http
