// SPDX-License-Identifier: Apache-2.0
// Small parts of the records that the state database keeps. Internal to this folder.
#pragma once

#include <string>

#include "proto/types/text.h"

namespace shoal::daemon {

// A path is bytes, JSON is text.
inline std::string hex(const std::string& bytes) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}
/// False: it is no hex.
inline bool from_hex_text(const std::string& text, std::string& bytes) {
  bytes.resize(text.size() / 2);
  return from_hex(text, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace shoal::daemon
