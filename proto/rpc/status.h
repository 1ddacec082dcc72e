// SPDX-License-Identifier: Apache-2.0
// The one way between errors and what ends a gRPC call.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "proto/types/result.h"

namespace shoal::rpc {

/// `error` as a status: the code by the error table, in words for any gRPC tool, and whole as an
/// ErrorInfo in the details. Texts over limits::kStatus... are cut.
grpc::Status to_status(const Error& error);

/// What ended a call that did not end well. Requires that `status` is not OK.
///
/// The other end's details are believed as far as they fit: a code that is not known, or belongs to
/// another gRPC code, gives way to gRPC's; texts are cut, and what could move a cursor or hide text
/// is replaced. Without details (gRPC itself ended the call) `why` is gRPC's message, or says in
/// plain words why there was no connection: nobody listens, another key answers, it hung up, ..
Error from_status(const grpc::Status& status);

/// The same as the cause of what this peer did not get done: `what` is ours, `why` tells both the
/// other's what and why.
Error from_status(const grpc::Status& status, std::string what);

/// Whether the other end gave a reason of its own, so that it was reached.
bool has_reason(const grpc::Status& status);

}  // namespace shoal::rpc
