// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/message.h"

namespace shoal::overlay {

/// It belongs to an overlay, or to the membership.
inline bool is_own(const Message& message) {
  return static_cast<std::uint8_t>(message.kind) >= kFirstOwnMessageKind;
}

/// Whether a message has the payload that its kind promises.
inline bool body_fits(const Message& message) {
  switch (message.kind) {
    case MessageKind::kQuery:
      return message.body.as<QueryBody>() != nullptr;
    case MessageKind::kEcho:
      return message.body.as<EchoBody>() != nullptr;
    case MessageKind::kHit:
      return message.body.as<HitBody>() != nullptr;
    case MessageKind::kEchoDuplicate:
    case MessageKind::kEchoLeaf:
    case MessageKind::kEchoRefused:
    case MessageKind::kCancel:
    case MessageKind::kLinkActive:
    case MessageKind::kLinkStandby:
      return !message.body;
  }
  return is_own(message) && message.body.as<OpaqueBody>() != nullptr;
}

}  // namespace shoal::overlay
