// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/store.h"

namespace shoal::bootstrap {

bool is_postgres_url(const std::string& place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

Result<std::unique_ptr<Store>> open_store(const std::string& place, const TellTrouble& tell) {
  return is_postgres_url(place) ? open_postgres_store(place, tell) : open_sqlite_store(place);
}

}  // namespace shoal::bootstrap
