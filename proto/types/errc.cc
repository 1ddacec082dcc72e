// SPDX-License-Identifier: Apache-2.0
#include "proto/types/errc.h"

#include <algorithm>
#include <array>

#include "proto/types/assert.h"

namespace shoal {
namespace {

// Exit codes are those of the manual: 1 failed, 2 usage, 3 nothing found, 4 denied, 5 timed out,
// 6 unreachable, 7 integrity, 8 partial, 9 configuration, 130 interrupted.
constexpr std::array kTable{
    ErrcInfo{Errc::kInvalidArgument, "invalid_argument", 2, 400, 3},
    ErrcInfo{Errc::kConfig, "config", 9, 500, 9},
    ErrcInfo{Errc::kNotFound, "not_found", 3, 404, 5},
    ErrcInfo{Errc::kConflict, "conflict", 1, 409, 6},
    ErrcInfo{Errc::kUnauthenticated, "unauthenticated", 4, 401, 16},
    ErrcInfo{Errc::kDenied, "denied", 4, 403, 7},
    ErrcInfo{Errc::kTimeout, "timeout", 5, 504, 4},
    ErrcInfo{Errc::kUnreachable, "unreachable", 6, 503, 14},
    ErrcInfo{Errc::kNotConnected, "not_connected", 6, 503, 14},
    ErrcInfo{Errc::kOverloaded, "overloaded", 1, 429, 8},
    ErrcInfo{Errc::kTooLarge, "too_large", 2, 413, 11},
    ErrcInfo{Errc::kNoSpace, "no_space", 1, 507, 8},
    ErrcInfo{Errc::kIo, "io", 1, 500, 2},
    ErrcInfo{Errc::kIntegrity, "integrity", 7, 502, 15},
    ErrcInfo{Errc::kSourceChanged, "source_changed", 7, 409, 10},
    ErrcInfo{Errc::kUnsupported, "unsupported", 2, 501, 12},
    ErrcInfo{Errc::kPartial, "partial", 8, 500, 2},
    ErrcInfo{Errc::kCancelled, "cancelled", 130, 499, 1},
    ErrcInfo{Errc::kInternal, "internal", 1, 500, 13},
};

}  // namespace

const ErrcInfo& info(Errc code) {
  const auto row = std::ranges::find(kTable, code, &ErrcInfo::code);
  SHOAL_ASSERT(row != kTable.end());
  return *row;
}

std::optional<Errc> errc_from_name(std::string_view name) {
  const auto row = std::ranges::find(kTable, name, &ErrcInfo::name);
  if (row == kTable.end()) return std::nullopt;
  return row->code;
}

Errc errc_from_grpc(int status) {
  const auto row = std::ranges::find(kTable, status, &ErrcInfo::grpc);
  return row == kTable.end() ? Errc::kInternal : row->code;
}

}  // namespace shoal
