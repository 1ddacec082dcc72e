// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/attack/world.h"

#include <zlib.h>

#include <array>

#include "proto/types/limits.h"

namespace shoal::attack {
namespace {

// A server that has served, so that what it allocates once is there. As many at once as an address
// may have, but for those that asked whether it is up and may not be gone yet: for one more another
// would have to go.
const Victim& warmed(const Victim& victim) {
  auto callers = crowd(victim, limits::kHttpConnectionsPerAddress - 8);
  for (int round = 0; round < 4; ++round) {
    for (auto& caller : callers) caller.say(victim.honest());
    for (auto& caller : callers) EXPECT_EQ(status_of(caller.hear("}")), 200);
  }
  return victim;
}

}  // namespace

std::string gzip_of_zeros(std::size_t count) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 9, Z_DEFAULT_STRATEGY),
            Z_OK);
  std::array<unsigned char, 64 * 1024> zeros{};
  std::array<unsigned char, 64 * 1024> packed{};
  std::string out;
  for (std::size_t done = 0; done <= count; done += zeros.size()) {
    const bool last = done == count;
    stream.next_in = zeros.data();
    stream.avail_in = last ? 0 : zeros.size();
    do {
      stream.next_out = packed.data();
      stream.avail_out = packed.size();
      deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
      out.append(packed.begin(), packed.end() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return out;
}

Attack::Attack() : victim(GetParam(), folder), honest(warmed(victim)), growth(victim.pid()) {}

void Attack::TearDown() {
  honest.goes_on(5);
  const auto times = honest.finish();
  EXPECT_EQ(honest.failed(), 0U) << honest.first_failure();
  const std::size_t grown = growth.bytes();
  EXPECT_TRUE(sanitized() || grown <= kGrowthMax) << grown;
  std::printf("  grew by %zu KiB; %zu honest requests, p99 %lld us\n", grown / 1024, times.size(),
              static_cast<long long>(p99(times).count()));
  Caller after(victim.target());
  after.say(victim.honest());
  EXPECT_EQ(status_of(after.hear("}")), 200);
}

testing::AssertionResult Attack::refused(Caller& caller, int status) {
  const std::string heard = caller.hear("}");
  if (status_of(heard) != status) {
    return testing::AssertionFailure() << "not " << status << " but: " << heard.substr(0, 300);
  }
  if (heard.find("application/problem+json") == std::string::npos) {
    return testing::AssertionFailure() << "no problem+json: " << heard.substr(0, 300);
  }
  return testing::AssertionSuccess();
}

}  // namespace shoal::attack
