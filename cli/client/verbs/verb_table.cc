// SPDX-License-Identifier: Apache-2.0
#include "cli/client/verbs/verb_table.h"

#include <algorithm>
#include <vector>

namespace shoal::client {

std::span<const Verb> verbs() {
  // Built on first use: the constants live in other files.
  static const std::vector<Verb> kAll{kInit,    kUp,        kDown,    kStatus,    kShare,  kShares,
                                      kUnshare, kSearch,    kGet,     kLink,      kPut,    kPuts,
                                      kInbox,   kTransfers, kFriends, kDirectory, kToken,  kOverlay,
                                      kDaemon,  kSim,       kConfig,  kHelp,      kVersion};
  return kAll;
}

const Verb* find_verb(std::string_view name) {
  const auto all = verbs();
  const auto found = std::ranges::find(all, name, &Verb::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace shoal::client
