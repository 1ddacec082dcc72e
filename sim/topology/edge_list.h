// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/types/result.h"
#include "sim/topology/graph.h"

namespace shoal::sim {

/// A graph from a file, and how the file names its peers.
struct EdgeList {
  Graph graph;
  /// The file's number of each peer, ascending; empty when these are 0, 1, 2, ... themselves.
  std::vector<std::uint32_t> names;

  /// The peer that the file calls so, if there is one.
  [[nodiscard]] std::optional<std::uint32_t> peer_named(std::uint32_t name) const;
  /// What the file calls that peer.
  [[nodiscard]] std::uint32_t name_of(std::uint32_t peer) const {
    return names.empty() ? peer : names[peer];
  }
};

/// Reads an edge list as those of SNAP (snap.stanford.edu/data) are: a link per line, two whole
/// numbers below 2^32 parted by blanks or tabs, gzipped or plain; empty lines and lines that begin
/// with # or % are skipped. Links are read as undirected; loops and repeats are dropped, and
/// counted in the graph. Peers are whom a line names, a loop too; numbers with gaps are closed up
/// in ascending order.
///
/// Errors: those of Lines; kInvalidArgument (anything else in a line, or no link at all),
/// kTooLarge (more links or peers than limits allow), kNoSpace (so many lines, repeats too, that
/// to read them takes more than `memory` bytes).
Result<EdgeList> read_edge_list(const std::string& path, std::uint64_t memory = UINT64_MAX);

}  // namespace shoal::sim
