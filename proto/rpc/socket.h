// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/asio.h"

namespace shoal::rpc {

/// A connected socket as both ends of all connections of peers have it: it does not block, sends at
/// once, is dead when sent bytes stay unacknowledged for limits::kUnacknowledgedTime, and is no
/// child's.
void prepare(boost::asio::ip::tcp::socket& socket);

}  // namespace shoal::rpc
