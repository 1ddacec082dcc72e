// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/open_connections.h"

#include "proto/types/limits.h"

namespace shoal::rpc {

bool OpenConnections::admit(const Address& address, int fd, std::size_t most,
                            Clock::time_point now) {
  forget(fd);  // the number was given out anew, so what it stood for is closed
  const auto at = households_.try_emplace(address).first;
  Household& household = at->second;
  if (household.fds.size() >= most) {
    if (now < household.full_until) return false;
    sweep(household);
    if (household.fds.size() >= most) {
      household.full_until = now + limits::kFullPause;
      return false;
    }
  }
  household.fds.insert(fd);
  by_fd_.emplace(fd, Open{inode_of_(fd), at});
  return true;
}

void OpenConnections::forget(int fd) {
  const auto known = by_fd_.find(fd);
  if (known == by_fd_.end()) return;
  const auto household = known->second.household;
  household->second.fds.erase(fd);
  if (household->second.fds.empty()) households_.erase(household);
  by_fd_.erase(known);
}

void OpenConnections::sweep(Household& household) {
  std::erase_if(household.fds, [this](int fd) {
    const auto known = by_fd_.find(fd);
    if (inode_of_(fd) == known->second.inode) return false;
    by_fd_.erase(known);
    return true;
  });
}

}  // namespace shoal::rpc
