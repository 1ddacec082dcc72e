// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <set>

#include "proto/asio.h"

namespace shoal::rpc {

/// How many connections of each address are open, when nobody says that one is closed.
///
/// gRPC does not tell when it closes a connection, but a socket's inode does: once descriptor 17 is
/// closed, that number is free or stands for another inode. Who is gone is looked for only when an
/// address seems to be full, so that an accept costs a few look-ups in tables, and at most the
/// address's own bound of system calls. Holds at most one entry per descriptor.
class OpenConnections {
 public:
  using Address = boost::asio::ip::address;
  using Clock = std::chrono::steady_clock;
  /// The inode that a descriptor stands for; 0: none.
  using InodeOf = std::function<ino_t(int fd)>;

  explicit OpenConnections(InodeOf inode_of) : inode_of_(std::move(inode_of)) {}

  /// Counts the connection on `fd`, unless `most` of that address are open; false then. An address
  /// that was found full is refused unseen for limits::kFullPause.
  bool admit(const Address& address, int fd, std::size_t most, Clock::time_point now);

  /// Entries, of which some may be gone.
  [[nodiscard]] std::size_t size() const { return by_fd_.size(); }

 private:
  struct Household {
    std::set<int> fds;
    Clock::time_point full_until{};
  };
  struct Open {
    ino_t inode;
    std::map<Address, Household>::iterator household;
  };

  void forget(int fd);
  void sweep(Household& household);

  const InodeOf inode_of_;
  std::map<Address, Household> households_;
  std::map<int, Open> by_fd_;
};

}  // namespace shoal::rpc
