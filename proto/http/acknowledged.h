// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::http {

/// Bytes sent on that socket of which the other end has said that they came: grows as its client
/// reads, while what the kernel takes from us grows only when much of its buffer is free again
/// (RFC 4898, tcpEStatsAppHCThruOctetsAcked). 0 when it is not TCP.
std::uint64_t bytes_acknowledged(int fd);

}  // namespace shoal::http
