// SPDX-License-Identifier: Apache-2.0
// What a peer says about its files to a directory, signed, and how that is written in HTTP.
#pragma once

#include <string>
#include <string_view>

#include "bootstrap/store/index_store.h"
#include "proto/rpc/identity.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// "These are my files": an update and a signature (context "shoal index v1\0") over its seal.
struct IndexRequest {
  std::string public_key;  ///< DER
  IndexUpdate update;
  std::string signature;
};

IndexRequest sign_update(const rpc::Identity& who, IndexUpdate update);

/// Whose update that is, and with what others can check it. `now_unix` in seconds.
/// Errors: kDenied (not signed by that key), kInvalidArgument (its time).
struct OpenedUpdate {
  PeerId owner;
  SealedUpdate sealed;
};
Result<OpenedUpdate> open_update(const IndexRequest& request, std::int64_t now_unix);

/// The body of PUT /v1/index (a replacement) and PATCH /v1/index (a change).
std::string to_body(const IndexRequest& request);
/// Errors: kInvalidArgument, kTooLarge (more files than limits::kIndexUpdate).
Result<IndexRequest> index_from_body(std::string_view body, IndexUpdate::Kind kind);

}  // namespace shoal::bootstrap
