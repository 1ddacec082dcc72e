// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/daemon/transfers/transfer_desk.h"
#include "proto/json/reader.h"
#include "proto/types/result.h"

namespace shoal::daemon {

/// What POST /v1/transfers and /v1/folders have in common: what is wanted, from whom, into where.
struct WantedWords {
  std::string content;
  std::string name;
  std::string folder;
  std::string search;                ///< its id; empty: none
  std::vector<std::string> sources;  ///< of a link, "shoal://ID@host:port" each

  /// Takes these members.
  void read(json::ObjectReader& in);
  /// Errors: kInvalidArgument.
  [[nodiscard]] Result<TransferDesk::Request> request() &&;
};

}  // namespace shoal::daemon
