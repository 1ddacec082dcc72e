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

std::vector<int> Newcomers::take(std::size_t silent) {
  std::vector<pollfd> asked;
  asked.reserve(waiting_.size());
  for (const int fd : waiting_) asked.push_back({fd, POLLIN, 0});
  // Should it fail, then all count as silent.
  ::poll(asked.data(), asked.size(), 0);
  std::vector<int> next;
  std::vector<int> eldest;
  waiting_.clear();
  for (const auto& each : asked) {
    if (each.revents != 0) {
      next.push_back(each.fd);
    } else if (eldest.size() < silent) {
      eldest.push_back(each.fd);
    } else {
      waiting_.push_back(each.fd);
    }
  }
  next.insert(next.end(), eldest.begin(), eldest.end());
  return next;
}

void Newcomers::clear() {
  for (const int fd : waiting_) ::close(fd);
  waiting_.clear();
}

}  // namespace shoal::http
