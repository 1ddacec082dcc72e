// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/edge_list.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sim/topology/breadth_first.h"
#include "sim/topology/measures.h"
#include "tests/support/reference_data.h"

namespace shoal::sim {
namespace {

// A file that is gone when the test is over.
class EdgeLists : public ::testing::Test {
 protected:
  ~EdgeLists() override { std::filesystem::remove(path_); }

  Result<EdgeList> read(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return read_edge_list(path_);
  }

  std::string write_gzip(const std::string& text) {
    const gzFile file = gzopen(path_.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const std::string path_ =
      ::testing::TempDir() + "edge_list_" + std::to_string(::getpid()) + ".txt";
};

TEST_F(EdgeLists, CommentsBlankLinesLoopsAndRepeatsAreLeftOut) {
  const auto list = read("# Directed graph\n% of two kinds\n\n0\t1\n 1 0 \r\n2 2\n1\t2\n");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->graph, Graph::from_edges(3, std::vector<Edge>{{0, 1}, {1, 2}}));
  EXPECT_EQ(list->graph.loops_dropped(), 1U);
  EXPECT_EQ(list->graph.doubles_dropped(), 1U);
  EXPECT_TRUE(list->names.empty());
  EXPECT_EQ(list->peer_named(2), 2U);
  EXPECT_EQ(list->peer_named(3), std::nullopt);
  EXPECT_EQ(list->name_of(2), 2U);
}

TEST_F(EdgeLists, NumbersWithGapsAreClosedUpInOrder) {
  const auto list = read("4000000000 7\n7 30\n");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->graph, Graph::from_edges(3, std::vector<Edge>{{2, 0}, {0, 1}}));
  EXPECT_EQ(list->names, (std::vector<std::uint32_t>{7, 30, 4'000'000'000}));
  EXPECT_EQ(list->peer_named(30), 1U);
  EXPECT_EQ(list->peer_named(1), std::nullopt);
  EXPECT_EQ(list->name_of(2), 4'000'000'000U);
}

TEST_F(EdgeLists, TheLastLineNeedsNoEnd) { EXPECT_EQ(read("0 1\n1 2").value().graph.edges(), 2U); }

TEST_F(EdgeLists, GarbageIsRefusedWithItsLine) {
  for (const std::string garbage : {"x", "3", "1 2 3", "1 -2", "1.5 2", "1,2", "0x1 2"}) {
    const auto list = read("# head\n0 1\n" + garbage + "\n1 2\n");
    ASSERT_FALSE(list) << garbage;
    EXPECT_EQ(list.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(list.error().what, "cannot read " + path_);
    EXPECT_EQ(list.error().why, "line 3: '" + garbage + "' is no link");
  }
  EXPECT_EQ(read(std::string("0 1\n\0 2\n", 8)).error().why, "line 2: '? 2' is no link");
  for (const std::string large :
       {"1 4294967296", "9223372036854775808 2", "1 18446744073709551616"}) {
    EXPECT_EQ(read(large).error().why, "line 1: '" + large + "' names a peer above 4294967295");
  }
  EXPECT_EQ(read("").error().why, "it holds no link");
  EXPECT_EQ(read("# nothing\n").error().why, "it holds no link");
  EXPECT_EQ(read("0 1\n" + std::string(100'000, ' ')).error().code, Errc::kTooLarge);
}

// Whoever is given a file of a few kilobytes that unpacks to more than fits.
TEST_F(EdgeLists, MoreLinesThanFitTheMemoryAreRefusedWhileTheyAreRead) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "0 1\n";
  write_gzip(text);
  EXPECT_EQ(read_edge_list(path_, 4 << 20).value().graph.edges(), 1U);
  const auto refused = read_edge_list(path_, 1 << 20);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kNoSpace);
  EXPECT_EQ(refused.error().why, "line 32769: so many links do not fit the memory, which is 1 MiB");
}

TEST_F(EdgeLists, FilesThatCannotBeReadAreRefusedInWords) {
  EXPECT_EQ(read_edge_list(path_ + ".none").error().code, Errc::kNotFound);
  const auto folder = read_edge_list(::testing::TempDir());
  EXPECT_EQ(folder.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(folder.error().why, "it is a folder");
}

TEST_F(EdgeLists, GzippedOnesAreReadAndDamagedOnesRefused) {
  std::string text;
  for (int i = 1; i < 50'000; ++i) text += std::to_string(i / 2) + "\t" + std::to_string(i) + "\n";
  const std::string packed = write_gzip(text);
  EXPECT_EQ(read_edge_list(path_).value().graph.edges(), 49'999U);
  const auto cut = read(packed.substr(0, packed.size() / 2));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(cut.error().what, "cannot read " + path_);
  std::string damaged = packed;
  damaged[damaged.size() / 2] ^= 0x55;
  EXPECT_FALSE(read(damaged));
}

// C01: counted by others, published at snap.stanford.edu.
TEST(EdgeListsReferenceData, GraphsHaveTheirPublishedNumbers) {
  struct Case {
    std::string_view file;
    std::uint32_t peers;
    std::uint64_t links;
    std::uint32_t largest;
    std::uint64_t triangles;
    std::uint32_t most;
  };
  for (const Case& known :
       {Case{"graphs/p2p-Gnutella06.txt.gz", 8717, 31525, 8717, 1142, 115},
        Case{"graphs/p2p-Gnutella08.txt.gz", 6301, 20777, 6299, 2383, 97},
        Case{"graphs/facebook_combined.txt.gz", 4039, 88234, 4039, 1612010, 1045}}) {
    const auto path = tests::reference_data(known.file);
    if (!path) GTEST_SKIP() << tests::kNoReferenceData;
    const Graph graph = read_edge_list(*path).value().graph;
    EXPECT_EQ(graph.size(), known.peers) << known.file;
    EXPECT_EQ(graph.edges(), known.links) << known.file;
    EXPECT_EQ(components_of(graph).largest, known.largest) << known.file;
    EXPECT_EQ(clustering_of(graph).triangles, known.triangles) << known.file;
    EXPECT_EQ(degrees_of(graph).most, known.most) << known.file;
  }
}

// The first and the diameter are published, the rest was computed with another library.
TEST(EdgeListsReferenceData, ClusteringAndDistancesAreThoseThatOthersFound) {
  const auto facebook = tests::reference_data("graphs/facebook_combined.txt.gz");
  if (!facebook) GTEST_SKIP() << tests::kNoReferenceData;
  const Graph friends = read_edge_list(*facebook).value().graph;
  EXPECT_NEAR(clustering_of(friends).mean_local, 0.6055467186200876, 1e-12);
  EXPECT_NEAR(clustering_of(friends).global, 0.5191742775433075, 1e-12);
  EXPECT_EQ(distances_of(friends, friends.size(), 1).longest, 8U);
  const auto gnutella = tests::reference_data("graphs/p2p-Gnutella08.txt.gz");
  const Graph crawl = read_edge_list(*gnutella).value().graph;
  EXPECT_NEAR(clustering_of(crawl).mean_local, 0.010867921935819964, 1e-12);
  EXPECT_NEAR(clustering_of(crawl).global, 0.020659879260070572, 1e-12);
  BreadthFirst search(crawl);
  search.run(0);
  std::vector<std::size_t> at;
  for (std::uint32_t hops = 0; hops <= search.farthest(); ++hops)
    at.push_back(search.at(hops).size());
  EXPECT_EQ(at, (std::vector<std::size_t>{1, 10, 317, 1267, 3367, 1257, 80}));
}

}  // namespace
}  // namespace shoal::sim
