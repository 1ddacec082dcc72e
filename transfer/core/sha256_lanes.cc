// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/sha256_lanes.h"

#include "proto/types/assert.h"

#if defined(__x86_64__)
#include <immintrin.h>
#if !defined(__clang__)
// Of words that the header leaves undefined where all of them are overwritten.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#endif

namespace shoal::transfer {

#if defined(__x86_64__)
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kWords = 16;  // of a block

constexpr std::array<std::uint32_t, 64> kRoundConstants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// FIPS 180-4, 5.3.3.
constexpr std::array<std::uint32_t, 8> kStart{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

#define SHOAL_WIDE __attribute__((target("avx512f,avx512bw")))
#define SHOAL_WIDE_INLINE SHOAL_WIDE __attribute__((always_inline)) inline

/// A word of each lane.
using Word = __m512i;

SHOAL_WIDE_INLINE Word sum(Word a, Word b) { return _mm512_add_epi32(a, b); }
SHOAL_WIDE_INLINE Word all(std::uint32_t word) { return _mm512_set1_epi32(static_cast<int>(word)); }

// By their tables of truth: 0x96 is exclusive or, 0xca chooses, 0xe8 is the majority.
SHOAL_WIDE_INLINE Word exclusive(Word a, Word b, Word c) {
  return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}
template <int kA, int kB, int kC>
SHOAL_WIDE_INLINE Word turned(Word x) {
  return exclusive(_mm512_ror_epi32(x, kA), _mm512_ror_epi32(x, kB), _mm512_ror_epi32(x, kC));
}
template <int kA, int kB, int kShift>
SHOAL_WIDE_INLINE Word shifted(Word x) {
  return exclusive(_mm512_ror_epi32(x, kA), _mm512_ror_epi32(x, kB), _mm512_srli_epi32(x, kShift));
}

/// One round. The state is not moved on: its words take turns in being the first.
template <int kRound>
SHOAL_WIDE_INLINE void round(Word (&state)[8], Word (&words)[kWords]) {
  Word& word = words[kRound % 16];
  if constexpr (kRound >= 16) {
    const Word old = sum(word, words[(kRound + 9) % 16]);
    word = sum(sum(old, shifted<7, 18, 3>(words[(kRound + 1) % 16])),
               shifted<17, 19, 10>(words[(kRound + 14) % 16]));
  }
  constexpr int first = (64 - kRound) % 8;
  const auto at = [](int index) { return (first + index) % 8; };
  const Word a = state[at(0)];
  const Word e = state[at(4)];
  Word& h = state[at(7)];
  const Word choice = _mm512_ternarylogic_epi32(e, state[at(5)], state[at(6)], 0xca);
  const Word most = _mm512_ternarylogic_epi32(a, state[at(1)], state[at(2)], 0xe8);
  const Word one =
      sum(sum(sum(h, word), all(kRoundConstants[kRound])), sum(turned<6, 11, 25>(e), choice));
  state[at(3)] = sum(state[at(3)], one);
  h = sum(one, sum(turned<2, 13, 22>(a), most));
}

template <int kRound = 0>
SHOAL_WIDE_INLINE void rounds(Word (&state)[8], Word (&words)[kWords]) {
  round<kRound>(state, words);
  if constexpr (kRound < 63) rounds<kRound + 1>(state, words);
}

/// Rows become columns: of a block of each lane, the words of all lanes.
SHOAL_WIDE_INLINE void turn_over(Word (&rows)[kWords]) {
  Word half[kWords];
  for (std::size_t i = 0; i < kWords; i += 2) {
    half[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    half[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  for (std::size_t i = 0; i < kWords; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(half[i], half[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(half[i], half[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(half[i + 1], half[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(half[i + 1], half[i + 3]);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const Word low = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
    const Word high = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
    const Word low2 = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
    const Word high2 = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xdd);
    half[i] = _mm512_shuffle_i32x4(low, low2, 0x88);
    half[i + 4] = _mm512_shuffle_i32x4(high, high2, 0x88);
    half[i + 8] = _mm512_shuffle_i32x4(low, low2, 0xdd);
    half[i + 12] = _mm512_shuffle_i32x4(high, high2, 0xdd);
  }
  for (std::size_t i = 0; i < kWords; ++i) rows[i] = half[i];
}

SHOAL_WIDE_INLINE void compress(Word (&state)[8], Word (&words)[kWords]) {
  Word before[8];
  for (std::size_t i = 0; i < 8; ++i) before[i] = state[i];
  rounds(state, words);
  for (std::size_t i = 0; i < 8; ++i) state[i] = sum(state[i], before[i]);
}

SHOAL_WIDE void by_lanes(Bytes bytes, std::array<Hash256, kShaLanes>& hashes) {
  const Word big_endian = _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
  const std::size_t length = bytes.size() / kShaLanes;
  Word state[8];
  for (std::size_t i = 0; i < 8; ++i) state[i] = all(kStart[i]);
  Word words[kWords];
  for (std::size_t at = 0; at < length; at += kBlock) {
    for (std::size_t lane = 0; lane < kShaLanes; ++lane) {
      const Word block = _mm512_loadu_si512(bytes.data() + lane * length + at);
      words[lane] = _mm512_shuffle_epi8(block, big_endian);
    }
    turn_over(words);
    compress(state, words);
  }
  // One more block: a bit, zeros, and the length in bits.
  const std::uint64_t bits = std::uint64_t{length} * 8;
  for (Word& word : words) word = _mm512_setzero_si512();
  words[0] = all(0x80000000);
  words[14] = all(static_cast<std::uint32_t>(bits >> 32U));
  words[15] = all(static_cast<std::uint32_t>(bits));
  compress(state, words);
  for (std::size_t i = 0; i < 8; ++i) {
    alignas(64) std::array<std::uint32_t, kShaLanes> of_lane{};
    _mm512_store_si512(of_lane.data(), state[i]);
    for (std::size_t lane = 0; lane < kShaLanes; ++lane) {
      for (std::size_t byte = 0; byte < 4; ++byte) {
        hashes[lane].bytes[4 * i + byte] =
            static_cast<std::uint8_t>(of_lane[lane] >> (24 - 8 * byte));
      }
    }
  }
}

#undef SHOAL_WIDE_INLINE
#undef SHOAL_WIDE

}  // namespace
#endif

std::array<Hash256, kShaLanes> sha256_lanes(Bytes bytes, Sha256& sha) {
  SHOAL_ASSERT(bytes.size() % (kShaLanes * 64) == 0);
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) {
    std::array<Hash256, kShaLanes> hashes;
    by_lanes(bytes, hashes);
    return hashes;
  }
#endif
  return sha256_one_by_one(bytes, sha);
}

std::array<Hash256, kShaLanes> sha256_one_by_one(Bytes bytes, Sha256& sha) {
  std::array<Hash256, kShaLanes> hashes;
  const std::size_t length = bytes.size() / kShaLanes;
  for (std::size_t lane = 0; lane < kShaLanes; ++lane) {
    hashes[lane] = sha.of(bytes.subspan(lane * length, length));
  }
  return hashes;
}

}  // namespace shoal::transfer
