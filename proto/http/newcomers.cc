// SPDX-License-Identifier: Apache-2.0
#include "proto/http/newcomers.h"

#include <poll.h>
#include <unistd.h>

#include "proto/types/assert.h"

namespace shoal::http {

void Newcomers::add(int fd) {
  SHOAL_ASSERT(!full());
  waiting_.push_back(fd);
}

std::vector<int> Newcomers::take(std::size_t spoken, std::size_t silent) {
  std::vector<pollfd> asked;
  asked.reserve(waiting_.size());
  for (const int fd : waiting_) asked.push_back({fd, POLLIN, 0});
  // Should it fail, then all count as silent.
  ::poll(asked.data(), asked.size(), 0);
  std::vector<int> next;
  std::vector<int> eldest;
  waiting_.clear();
  for (const auto& each : asked) {
    const bool has_spoken = each.revents != 0;
    auto& taken = has_spoken ? next : eldest;
    const bool room = taken.size() < (has_spoken ? spoken : silent);
    room ? taken.push_back(each.fd) : waiting_.push_back(each.fd);
  }
  next.insert(next.end(), eldest.begin(), eldest.end());
  return next;
}

void Newcomers::clear() {
  for (const int fd : waiting_) ::close(fd);
  waiting_.clear();
}

}  // namespace shoal::http
