// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "proto/types/ids.h"

namespace shoal {

/// SipHash-1-3 (Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012; the reduced rounds
/// that language run-times use) of one query id, under a secret of 128 bits.
///
/// For tables whose keys others choose: who does not know the secret cannot make keys collide. Such
/// a table must never be iterated, since its order depends on the secret.
class KeyedHash {
 public:
  constexpr KeyedHash(std::uint64_t secret_high, std::uint64_t secret_low)
      : high_(secret_high), low_(secret_low) {}

  constexpr std::size_t operator()(const QueryId& id) const {
    State s{high_ ^ 0x736f'6d65'7073'6575ULL, low_ ^ 0x646f'7261'6e64'6f6dULL,
            high_ ^ 0x6c79'6765'6e65'7261ULL, low_ ^ 0x7465'6462'7974'6573ULL};
    constexpr std::uint64_t kLength = std::uint64_t{16} << 56;
    for (const std::uint64_t word : {id.high, id.low, kLength}) {
      s.d ^= word;
      s.round();
      s.a ^= word;
    }
    s.c ^= 0xff;
    for (int finish = 0; finish < 3; ++finish) s.round();
    return static_cast<std::size_t>(s.a ^ s.b ^ s.c ^ s.d);
  }

 private:
  struct State {
    std::uint64_t a, b, c, d;
    constexpr void round() {
      a += b;
      b = std::rotl(b, 13) ^ a;
      a = std::rotl(a, 32);
      c += d;
      d = std::rotl(d, 16) ^ c;
      a += d;
      d = std::rotl(d, 21) ^ a;
      c += b;
      b = std::rotl(b, 17) ^ c;
      c = std::rotl(c, 32);
    }
  };

  std::uint64_t high_;
  std::uint64_t low_;
};

}  // namespace shoal
