// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/tls_socket.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "proto/types/assert.h"
#include "proto/types/limits_transfer.h"

namespace shoal::rpc {
namespace {

using Bytes = std::unique_ptr<char[]>;

struct Lots {
  std::size_t room = limits::kTlsReadBytes;
  Bytes ahead = std::make_unique_for_overwrite<char[]>(room);
  std::size_t ahead_at = 0;
  std::size_t ahead_end = 0;
  bool gathers = false;
  Bytes gathered;
  std::size_t gathered_at = 0;
  std::size_t gathered_end = 0;
};

Lots& lots_of(BIO* socket) { return *static_cast<Lots*>(BIO_get_data(socket)); }

int fd_of(BIO* socket) { return static_cast<int>(BIO_get_fd(socket, nullptr)); }

/// As recv().
ssize_t fill(BIO* socket, Lots& lots) {
  if (lots.ahead_end == lots.room && lots.room < limits::kTlsReadBytesMost) {
    lots.room = std::min(2 * lots.room, limits::kTlsReadBytesMost);
    lots.ahead = std::make_unique_for_overwrite<char[]>(lots.room);
  }
  lots.ahead_at = lots.ahead_end = 0;
  const ssize_t got = ::recv(fd_of(socket), lots.ahead.get(), lots.room, 0);
  if (got > 0) lots.ahead_end = static_cast<std::size_t>(got);
  return got;
}

int read(BIO* socket, char* into, int count) {
  Lots& lots = lots_of(socket);
  BIO_clear_retry_flags(socket);
  if (lots.ahead_at == lots.ahead_end) {
    const auto got = static_cast<int>(fill(socket, lots));
    if (got <= 0) {
      if (BIO_sock_should_retry(got) != 0) BIO_set_retry_read(socket);
      if (got == 0) BIO_set_flags(socket, BIO_FLAGS_IN_EOF);
      return got;
    }
  }
  const std::size_t some =
      std::min(static_cast<std::size_t>(count), lots.ahead_end - lots.ahead_at);
  std::memcpy(into, lots.ahead.get() + lots.ahead_at, some);
  lots.ahead_at += some;
  return static_cast<int>(some);
}

/// As send().
int put(BIO* socket, const char* bytes, std::size_t count, int flags) {
  const auto sent = static_cast<int>(::send(fd_of(socket), bytes, count, MSG_NOSIGNAL | flags));
  if (sent <= 0 && BIO_sock_should_retry(sent) != 0) BIO_set_retry_write(socket);
  return sent;
}

/// All that is gathered, or as send().
int put_gathered(BIO* socket, int flags) {
  Lots& lots = lots_of(socket);
  while (lots.gathered_at < lots.gathered_end) {
    const int sent = put(socket, lots.gathered.get() + lots.gathered_at,
                         lots.gathered_end - lots.gathered_at, flags);
    if (sent <= 0) return sent;
    lots.gathered_at += static_cast<std::size_t>(sent);
  }
  lots.gathered_at = lots.gathered_end = 0;
  return 1;
}

int write(BIO* socket, const char* bytes, int count) {
  Lots& lots = lots_of(socket);
  BIO_clear_retry_flags(socket);
  if (!lots.gathers || lots.gathered_end == limits::kTlsWriteBytes) {
    const int sent = put_gathered(socket, MSG_MORE);
    if (sent <= 0) return sent;
  }
  if (!lots.gathers) return put(socket, bytes, static_cast<std::size_t>(count), 0);
  const std::size_t some =
      std::min(static_cast<std::size_t>(count), limits::kTlsWriteBytes - lots.gathered_end);
  std::memcpy(lots.gathered.get() + lots.gathered_end, bytes, some);
  lots.gathered_end += some;
  return static_cast<int>(some);
}

long control(BIO* socket, int what, long number, void* pointer) {
  if (what != BIO_CTRL_FLUSH) {
    return BIO_meth_get_ctrl(BIO_s_socket())(socket, what, number, pointer);
  }
  BIO_clear_retry_flags(socket);
  return put_gathered(socket, 0);
}

int make(BIO* socket) {
  const int made = BIO_meth_get_create(BIO_s_socket())(socket);
  BIO_set_data(socket, new Lots);  // after that, which clears it
  return made;
}

int free(BIO* socket) {
  delete static_cast<Lots*>(BIO_get_data(socket));
  return BIO_meth_get_destroy(BIO_s_socket())(socket);
}

const BIO_METHOD* method() {
  static const BIO_METHOD* const ours = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_TYPE_SOCKET, "shoal socket");
    const bool whole = made != nullptr && BIO_meth_set_create(made, &make) == 1 &&
                       BIO_meth_set_destroy(made, &free) == 1 &&
                       BIO_meth_set_ctrl(made, &control) == 1 &&
                       BIO_meth_set_read(made, &read) == 1 && BIO_meth_set_write(made, &write) == 1;
    SHOAL_ASSERT(whole);
    return made;
  }();
  return ours;
}

}  // namespace

ssl::Bio tls_socket(int fd) {
  ssl::Bio socket(BIO_new(method()));
  SHOAL_ASSERT(socket != nullptr);
  BIO_set_fd(socket.get(), fd, BIO_NOCLOSE);
  return socket;
}

void gather_writes(BIO* socket, bool gather) {
  Lots& lots = lots_of(socket);
  lots.gathers = gather;
  if (gather && !lots.gathered) {
    lots.gathered = std::make_unique_for_overwrite<char[]>(limits::kTlsWriteBytes);
  }
}

}  // namespace shoal::rpc
