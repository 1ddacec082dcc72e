// SPDX-License-Identifier: Apache-2.0
#include "proto/types/keyed_hash.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace shoal {
namespace {

// SipHash-c-d over bytes, as its paper writes it.
std::uint64_t reference(int c, int d, std::uint64_t k0, std::uint64_t k1,
                        const std::vector<std::uint8_t>& message) {
  std::array<std::uint64_t, 4> v{k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
                                 k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL};
  const auto rotate = [](std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); };
  const auto rounds = [&](int count) {
    for (int i = 0; i < count; ++i) {
      v[0] += v[1];
      v[2] += v[3];
      v[1] = rotate(v[1], 13) ^ v[0];
      v[3] = rotate(v[3], 16) ^ v[2];
      v[0] = rotate(v[0], 32);
      v[2] += v[1];
      v[0] += v[3];
      v[1] = rotate(v[1], 17) ^ v[2];
      v[3] = rotate(v[3], 21) ^ v[0];
      v[2] = rotate(v[2], 32);
    }
  };
  std::vector<std::uint8_t> padded = message;
  while (padded.size() % 8 != 7) padded.push_back(0);
  padded.push_back(static_cast<std::uint8_t>(message.size()));
  for (std::size_t at = 0; at < padded.size(); at += 8) {
    std::uint64_t word = 0;
    for (std::size_t i = 8; i-- > 0;) word = word << 8 | padded[at + i];
    v[3] ^= word;
    rounds(c);
    v[0] ^= word;
  }
  v[2] ^= 0xff;
  rounds(d);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

std::vector<std::uint8_t> little_endian(const QueryId& id) {
  std::vector<std::uint8_t> bytes;
  for (const std::uint64_t word : {id.high, id.low}) {
    for (int shift = 0; shift < 64; shift += 8) {
      bytes.push_back(static_cast<std::uint8_t>(word >> shift));
    }
  }
  return bytes;
}

// The one vector that the paper prints: the reference is right.
TEST(KeyedHash, IsComparedWithAReferenceThatThePaperConfirms) {
  std::vector<std::uint8_t> message;
  for (std::uint8_t byte = 0; byte < 15; ++byte) message.push_back(byte);
  EXPECT_EQ(reference(2, 4, 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL, message),
            0xa129ca6149be45e5ULL);
}

// What CPython 3.11, whose hash of bytes is SipHash-1-3, gives with these keys.
TEST(KeyedHash, GivesWhatAnotherProgramGives) {
  struct Row {
    std::uint64_t k0, k1, high, low, hash;
  };
  const std::vector<Row> rows = {
      {0, 0, 0, 0, 0x76be999e3e25b2a0ULL},
      {0, 0, 1, 2, 0xfb058313e6201d48ULL},
      {0, 0, 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL, 0x8972188433a5c5b7ULL},
      {0, 0, 0xffffffffffffffffULL, 0xdeadbeefcafef00dULL, 0x5d65b24b9f658819ULL},
      {0xaed66ce184be2329ULL, 0xebe9bbf1f1499052ULL, 1, 2, 0x8cf4c344e3f0da5aULL},
      {0xdc504fd368cd90afULL, 0xb920bb9ffe99e9c1ULL, 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL,
       0x339176f3ac59ce05ULL},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(KeyedHash(row.k0, row.k1)(QueryId{row.high, row.low}), row.hash);
  }
}

RC_GTEST_PROP(KeyedHash, FollowsThePaper, ()) {
  const auto k0 = *rc::gen::arbitrary<std::uint64_t>().as("k0");
  const auto k1 = *rc::gen::arbitrary<std::uint64_t>().as("k1");
  QueryId id;
  id.high = *rc::gen::arbitrary<std::uint64_t>().as("high");
  id.low = *rc::gen::arbitrary<std::uint64_t>().as("low");
  RC_ASSERT(KeyedHash(k0, k1)(id) == reference(1, 3, k0, k1, little_endian(id)));
}

}  // namespace
}  // namespace shoal
