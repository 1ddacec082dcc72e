// SPDX-License-Identifier: Apache-2.0
// What the receiving end of a put tells the giver. Internal to this folder.
#pragma once

#include <string>

#include "proto/types/result.h"
#include "shoal/v1/inbox.pb.h"
#include "transfer/host/put/put_service.h"

namespace shoal::transfer {

/// kDenied: only friends may put.
Error no_longer();
/// kDenied: the owner does not want it.
Error rejected();
/// kInvalidArgument: what no honest giver sends.
Error malformed(std::string why);
/// `error` without what a friend need not know: paths, and how large this disk is.
Error for_friend(Error error);
::shoal::v1::PutFate on_wire(Fate fate);

}  // namespace shoal::transfer
