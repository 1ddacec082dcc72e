// SPDX-License-Identifier: Apache-2.0
// Our values in SQLite's columns.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/types/ids.h"
#include "proto/types/time.h"

namespace shoal::bootstrap {

template <class Tag, std::size_t N>
void bind_id(SQLite::Statement& statement, int at, const Digest<Tag, N>& id) {
  statement.bind(at, id.bytes.data(), static_cast<int>(N));
}

/// An empty one is a blob, too, and not null.
inline void bind_bytes(SQLite::Statement& statement, int at, std::string_view bytes) {
  statement.bind(at, bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size()));
}

inline void bind_number(SQLite::Statement& statement, int at, std::uint64_t number) {
  statement.bind(at, static_cast<std::int64_t>(number));
}

inline void bind_time(SQLite::Statement& statement, int at, Instant time) {
  statement.bind(at, static_cast<std::int64_t>(time.time_since_epoch().count()));
}

inline std::string bytes_of(const SQLite::Column& column) {
  const auto size = static_cast<std::size_t>(column.getBytes());
  return size == 0 ? std::string() : std::string(static_cast<const char*>(column.getBlob()), size);
}

inline std::uint64_t number_of(const SQLite::Column& column) {
  return static_cast<std::uint64_t>(column.getInt64());
}

inline Instant time_of(const SQLite::Column& column) {
  return Instant(Duration(column.getInt64()));
}

/// None when it has another length.
template <class Id>
std::optional<Id> id_of(const SQLite::Column& column) {
  const std::string bytes = bytes_of(column);
  Id id;
  if (bytes.size() != Id::kSize) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

}  // namespace shoal::bootstrap
