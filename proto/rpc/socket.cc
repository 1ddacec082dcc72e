// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "proto/types/limits.h"

namespace shoal::rpc {

void prepare(boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.native_non_blocking(true, ignored);
  socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  const auto unacknowledged_ms = static_cast<unsigned>(limits::kUnacknowledgedTime.count());
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
               sizeof unacknowledged_ms);
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

}  // namespace shoal::rpc
