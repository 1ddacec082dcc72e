// SPDX-License-Identifier: Apache-2.0
#include "sim/network/matrix.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "sim/network/delay.h"
#include "tests/support/reference_data.h"

namespace shoal::sim {
namespace {

// A file that is gone when the test is over.
class Matrices : public ::testing::Test {
 protected:
  ~Matrices() override { std::filesystem::remove(path_); }

  Result<std::shared_ptr<const DelayMatrix>> read(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return DelayMatrix::read(path_);
  }
  std::string refusal(const std::string& text) {
    const auto matrix = read(text);
    return matrix ? "none" : matrix.error().why;
  }

  const std::string path_ = ::testing::TempDir() + "matrix_" + std::to_string(::getpid()) + ".txt";
};

TEST_F(Matrices, RoundTripsAreHalved) {
  const auto matrix = read("0 10.5 30\n11.5\t0 0.003\n\n30 1 0\n").value();
  EXPECT_EQ(matrix->places(), 3U);
  EXPECT_EQ(matrix->at(0, 1), Duration(5250));
  EXPECT_EQ(matrix->at(1, 0), Duration(5750));
  EXPECT_EQ(matrix->at(1, 2), Duration(2));
  EXPECT_EQ(matrix->smallest(), Duration(2));
  EXPECT_EQ(matrix->largest(), Duration(15'000));
  EXPECT_EQ(matrix->mean(), Duration((5250 + 5750 + 15'000 + 15'000 + 2 + 500) / 6));
}

TEST_F(Matrices, WhatWasNotMeasuredTakesTheMean) {
  const auto matrix = read("city,A,B B,C\r\nA,,10,\r\nB B,20,,60\r\nC,,,\r\n").value();
  EXPECT_EQ(matrix->at(0, 1), Duration(5000));
  EXPECT_EQ(matrix->at(1, 0), Duration(10'000));
  EXPECT_EQ(matrix->at(1, 2), Duration(30'000));
  EXPECT_EQ(matrix->mean(), Duration(15'000));
  for (const auto& [from, to] : {std::pair(0U, 2U), {2U, 0U}, {2U, 1U}}) {
    EXPECT_EQ(matrix->at(from, to), Duration(15'000));
  }
  // At one place: as far as the nearest other one, or what is not measured either.
  EXPECT_EQ(matrix->at(0, 0), Duration(5000));
  EXPECT_EQ(matrix->at(1, 1), Duration(10'000));
  EXPECT_EQ(matrix->at(2, 2), Duration(15'000));
  EXPECT_EQ(read("1 2\n2 0\n").value()->at(0, 0), Duration(500));
}

TEST_F(Matrices, OtherThingsAreRefusedWithTheirLine) {
  EXPECT_EQ(refusal("0 1\n1 x\n"), "line 2: 'x' is no round trip from 0 to 120000 ms");
  EXPECT_EQ(refusal("0 1\n-1 0\n"), "line 2: '-1' is no round trip from 0 to 120000 ms");
  EXPECT_EQ(refusal("0 1\nnan 0\n"), "line 2: 'nan' is no round trip from 0 to 120000 ms");
  EXPECT_EQ(refusal("0 1\n120001 0\n"), "line 2: '120001' is no round trip from 0 to 120000 ms");
  EXPECT_EQ(refusal("0 1\n1\n"), "line 2: it has 1 cells, not 2 as the first line");
  EXPECT_EQ(refusal("city,A,B\nA,,1\nB,1\n"), "line 3: it has 2 cells, not 3 as the first line");
  EXPECT_EQ(refusal("0 1\n"), "line 1: there are fewer rows than columns");
  EXPECT_EQ(refusal("0 1\n1 0\n1 0\n"), "line 3: there are more rows than columns");
  EXPECT_EQ(refusal(""), "it holds no round trips");
  EXPECT_EQ(refusal("5\n"), "line 1: it has fewer than two places");
  EXPECT_EQ(refusal("x,A,B\nA,1,\nB,,1\n"), "line 3: no pair was measured");
  std::string wide;
  for (int i = 0; i < 4097; ++i) wide += "1 ";
  EXPECT_EQ(read(wide).error().code, Errc::kTooLarge);
  EXPECT_EQ(DelayMatrix::read(path_ + ".none").error().code, Errc::kNotFound);
}

struct Known {
  std::string_view file;
  double mean, median, p95;
};

// Round trips of random pairs, and of the links of random peers.
void expect_round_trips(const Known& known) {
  const auto path = tests::reference_data(known.file);
  if (!path) GTEST_SKIP() << tests::kNoReferenceData;
  const LinkLaw links{.delay = DelayLaw(MatrixDelay{DelayMatrix::read(*path).value()})};
  constexpr std::uint32_t kDraws = 400'000;
  std::vector<double> pairs;
  std::vector<double> peers;
  Rng rng(3);
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    pairs.push_back(2e-3 * static_cast<double>(links.delay.draw(rng).count()));
    const LinkTimes times = links.link(7, PeerRef{i}, PeerRef{i + 1});
    peers.push_back(2e-3 * static_cast<double>(times.there.count()));
  }
  for (auto* const round_trips : {&pairs, &peers}) {
    std::ranges::sort(*round_trips);
    double sum = 0;
    for (const double ms : *round_trips) sum += ms;
    EXPECT_NEAR(sum / kDraws, known.mean, known.mean * 0.01);
    EXPECT_NEAR((*round_trips)[kDraws / 2], known.median, known.median * 0.01);
    EXPECT_NEAR((*round_trips)[kDraws / 100 * 95], known.p95, known.p95 * 0.01);
  }
}

// C37.
TEST(MatricesReferenceData, PlanetLabHasItsRoundTrips) {
  expect_round_trips({"latency/planetlab490_rtt_ms.txt.gz", 146.84, 135.01, 324.91});
}

TEST(MatricesReferenceData, WonderNetworkHasItsRoundTrips) {
  expect_round_trips({"latency/wondernetwork242_rtt_ms.csv.gz", 156.16, 142.85, 330.45});
}

}  // namespace
}  // namespace shoal::sim
