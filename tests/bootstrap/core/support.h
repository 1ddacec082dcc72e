// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bootstrap/core/leases.h"

namespace shoal::bootstrap {

constexpr Instant at(std::int64_t seconds) { return Instant(std::chrono::seconds(seconds)); }

inline PeerId peer(unsigned number) {
  PeerId id;
  id.bytes[0] = static_cast<std::uint8_t>(number * 37);  // not in the order of numbers
  id.bytes[30] = static_cast<std::uint8_t>(number >> 8);
  id.bytes[31] = static_cast<std::uint8_t>(number);
  return id;
}

inline LeaseCard card(unsigned number, std::uint64_t sequence = 1) {
  return {peer(number),
          "p" + std::to_string(number),
          {"127.0.0.1:7401"},
          sequence,
          "sealed " + std::to_string(number) + "/" + std::to_string(sequence)};
}

}  // namespace shoal::bootstrap
