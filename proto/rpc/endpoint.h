// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace shoal::rpc {

/// Whether `text` is "host:port" or "[v6]:port" with a port from 1 to 65535: what may stand in a
/// card. Says nothing about whether anybody is there.
bool is_endpoint(std::string_view text);

}  // namespace shoal::rpc
