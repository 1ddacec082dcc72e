// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/store.h"

namespace shoal::bootstrap {

Result<std::unique_ptr<Store>> open_postgres_store(const std::string& /*url*/,
                                                   const TellTrouble& /*tell*/) {
  return fail(Errc::kUnsupported, "cannot use a store in PostgreSQL",
              "this program was built without libpqxx",
              "install libpqxx-dev and build again, or leave --store out");
}

}  // namespace shoal::bootstrap
