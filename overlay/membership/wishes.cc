// SPDX-License-Identifier: Apache-2.0
#include "overlay/membership/wishes.h"

#include <utility>

namespace shoal::overlay {

void tell_wishes(const Membership& membership, Membership::Context& context) {
  for (const Link& known : context.links.all()) {
    const LinkMode wanted = membership.wish(known.peer);
    if (known.ours == wanted) continue;
    Message message;
    message.kind =
        wanted == LinkMode::kActive ? MessageKind::kLinkActive : MessageKind::kLinkStandby;
    context.links.find(known.peer)->ours = wanted;
    context.out.sends.push_back(Send{known.peer, std::move(message)});
  }
}

}  // namespace shoal::overlay
