// SPDX-License-Identifier: Apache-2.0
#include "sim/bench/bench.h"

#include <gtest/gtest.h>

#include "overlay/core/registry.h"

namespace shoal::sim {
namespace {

BenchRequest small() {
  BenchRequest request;
  request.peers = 500;
  request.degree = 6;
  request.ttl = 12;  // reaches all
  request.searches = 3;
  return request;
}

BenchResult measured(const BenchRequest& request) {
  const Result<BenchResult> result = run_bench(request, overlay::registry());
  EXPECT_TRUE(result);
  return result ? *result : BenchResult{};
}

TEST(Bench, CountsTheTimedSearchesAndNoOthers) {
  const BenchRequest request = small();
  // The origin sends over all its links, everybody else over all but one.
  const std::uint64_t each = std::uint64_t{request.peers} * (request.degree - 1) + 1;
  EXPECT_EQ(measured(request).deliveries, request.searches * each);
}

TEST(Bench, CountsAnEchoOfEachCopyToo) {
  BenchRequest request = small();
  const std::uint64_t copies = measured(request).deliveries;
  request.echo = true;
  EXPECT_EQ(measured(request).deliveries, 2 * copies);
}

TEST(Bench, RepeatsItselfOnOneThreadAndOnTwo) {
  BenchRequest request = small();
  const BenchResult first = measured(request);
  EXPECT_EQ(measured(request).digest, first.digest);
  request.threads = 2;
  EXPECT_EQ(measured(request).digest, first.digest);
}

TEST(Bench, HasAnotherDigestWithAnotherSeed) {
  BenchRequest request = small();
  const std::uint64_t digest = measured(request).digest;
  request.seed = 2;
  EXPECT_NE(measured(request).digest, digest);
}

TEST(Bench, RefusesToMeasureNothing) {
  BenchRequest request = small();
  request.searches = 0;
  EXPECT_EQ(run_bench(request, overlay::registry()).error().code, Errc::kInvalidArgument);
  request = small();
  request.peers = 0;
  EXPECT_EQ(run_bench(request, overlay::registry()).error().code, Errc::kInvalidArgument);
}

}  // namespace
}  // namespace shoal::sim
