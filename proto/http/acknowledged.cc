// SPDX-License-Identifier: Apache-2.0
#include "proto/http/acknowledged.h"

#include <linux/tcp.h>  // the C library's tcp_info ends before what is needed here
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace shoal::http {

std::uint64_t bytes_acknowledged(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  const bool told = size >= offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked;
  return told ? info.tcpi_bytes_acked : 0;
}

}  // namespace shoal::http
