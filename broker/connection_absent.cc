// SPDX-License-Identifier: Apache-2.0
// For builds without librabbitmq.
#include "broker/connection.h"

namespace shoal::broker {

bool Connection::available() { return false; }

Result<std::unique_ptr<Connection>> Connection::open(const Url& url, Lookup&, OnSocket) {
  return fail(Errc::kUnsupported, "the broker at " + url.shown() + " is not used",
              "this build has no librabbitmq", "install librabbitmq-dev and build again");
}

}  // namespace shoal::broker
