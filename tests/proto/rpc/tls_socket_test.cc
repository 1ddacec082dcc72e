// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/tls_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <rapidcheck/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::rpc {
namespace {

// Two ends of a connection, whose kernel takes little at once.
struct Pair {
  Pair() {
    SHOAL_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    const int little = 4096;
    ::setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    giver = tls_socket(fds[0]);
    taker = tls_socket(fds[1]);
  }
  ~Pair() {
    giver.reset();
    taker.reset();
    for (const int fd : fds) {
      if (fd >= 0) ::close(fd);
    }
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  // At most `room` bytes, as one call reads them.
  std::string take(std::size_t room) const {
    std::string some(room, '\0');
    const int got = BIO_read(taker.get(), some.data(), static_cast<int>(room));
    some.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return some;
  }

  int fds[2] = {-1, -1};
  ssl::Bio giver;
  ssl::Bio taker;
};

std::string any_record() {
  const auto size = *rc::gen::element<std::size_t>(1, 5, 22, 4096, 16'406, 40'000).as("bytes");
  std::string record(size, '\0');
  std::uint32_t mix = *rc::gen::arbitrary<std::uint32_t>().as("seed of the bytes");
  for (char& byte : record) byte = static_cast<char>((mix = mix * 1664525U + 1013904223U) >> 24U);
  return record;
}

RC_GTEST_PROP(TlsSocket, BringsWhatIsWrittenWholeAndInOrderGatheredOrNot, ()) {
  const Pair pair;
  std::string sent;
  std::string got;
  std::string record;  // what is left of it
  for (int left = *rc::gen::inRange(1, 60).as("steps"); left > 0; --left) {
    switch (*rc::gen::inRange(0, 5).as("step")) {
      case 0:
        gather_writes(pair.giver.get(), *rc::gen::arbitrary<bool>().as("gathers"));
        break;
      case 1:
        static_cast<void>(BIO_flush(pair.giver.get()));
        break;
      case 2:
        got += pair.take(*rc::gen::element<std::size_t>(1, 5, 16'406, 300'000).as("room"));
        break;
      default:
        if (record.empty()) sent += record = any_record();
        const int put = BIO_write(pair.giver.get(), record.data(), static_cast<int>(record.size()));
        RC_ASSERT(put > 0 || BIO_should_write(pair.giver.get()));
        if (put > 0) record.erase(0, static_cast<std::size_t>(put));
    }
  }
  sent.resize(sent.size() - record.size());
  while (BIO_flush(pair.giver.get()) <= 0) {
    RC_ASSERT(BIO_should_write(pair.giver.get()));
    const std::string some = pair.take(65'536);
    RC_ASSERT(!some.empty());
    got += some;
  }
  while (got.size() < sent.size()) {
    const std::string some = pair.take(65'536);
    RC_ASSERT(!some.empty());
    got += some;
  }
  RC_ASSERT(got == sent);
  RC_ASSERT(pair.take(1).empty());
  RC_ASSERT(BIO_should_read(pair.taker.get()));
}

TEST(TlsSocket, KeepsWhatItGathersUntilItIsFlushed) {
  const Pair pair;
  gather_writes(pair.giver.get(), true);
  ASSERT_EQ(BIO_write(pair.giver.get(), "so far", 6), 6);
  EXPECT_EQ(pair.take(100), "");
  ASSERT_EQ(BIO_flush(pair.giver.get()), 1);
  EXPECT_EQ(pair.take(100), "so far");
}

TEST(TlsSocket, SaysThatTheOtherEndHasHungUpAndDoesNotEndTheProcess) {
  Pair pair;
  gather_writes(pair.giver.get(), true);
  ASSERT_EQ(BIO_write(pair.giver.get(), "too late", 8), 8);
  ::close(std::exchange(pair.fds[1], -1));
  EXPECT_LE(BIO_flush(pair.giver.get()), 0);
  EXPECT_FALSE(BIO_should_retry(pair.giver.get()));
}

}  // namespace
}  // namespace shoal::rpc
