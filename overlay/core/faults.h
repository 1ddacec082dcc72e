// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shoal::overlay {

/// Bugs that can be planted into Node, to see that a property catches each. They exist only where
/// node.cc is compiled into a test with SHOAL_NODE_FAULTS; elsewhere the checks compile to nothing.
enum class NodeFault : std::uint8_t {
  kFaultless,
  kTakeAnyQuery,  ///< TTL, hops and budget of a query are not judged
};

#ifdef SHOAL_NODE_FAULTS
inline NodeFault planted_node_fault = NodeFault::kFaultless;
inline bool planted(NodeFault fault) { return planted_node_fault == fault; }
#else
constexpr bool planted(NodeFault) { return false; }
#endif

}  // namespace shoal::overlay
