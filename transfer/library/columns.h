// SPDX-License-Identifier: Apache-2.0
// Values of the catalogue to SQLite's and back. Internal to this folder.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>

#include "transfer/core/manifest.h"
#include "transfer/library/catalogue.h"

namespace shoal::transfer {

using SQLite::Statement;

inline constexpr int kMissing = static_cast<int>(ShareState::kMissing);

// SQLite's integers are signed; devices, inodes and sizes pass through unchanged.
inline std::int64_t whole(std::uint64_t value) { return static_cast<std::int64_t>(value); }
inline std::uint64_t natural(const SQLite::Column& column) {
  return static_cast<std::uint64_t>(column.getInt64());
}

inline void bind_bytes(Statement& statement, int at, const std::string& bytes) {
  static constexpr char kNothing = 0;  // a null pointer would bind NULL
  statement.bind(at, bytes.empty() ? &kNothing : bytes.data(), static_cast<int>(bytes.size()));
}
inline void bind_hash(Statement& statement, int at, const Hash256& hash) {
  statement.bind(at, hash.bytes.data(), static_cast<int>(hash.bytes.size()));
}
inline std::string bytes_of(const SQLite::Column& column) {
  const auto size = static_cast<std::size_t>(column.getBytes());
  return size == 0 ? std::string() : std::string(static_cast<const char*>(column.getBlob()), size);
}
inline Hash256 hash_of(const SQLite::Column& column) {
  const auto hashes = unpack_hashes(bytes_of(column));
  if (!hashes || hashes->size() != 1) throw SQLite::Exception("a root is not 32 bytes", 11);
  return hashes->front();
}
inline void bind_stamp(Statement& statement, int from, const FileStamp& stamp) {
  statement.bind(from, whole(stamp.device));
  statement.bind(from + 1, whole(stamp.inode));
  statement.bind(from + 2, whole(stamp.size));
  statement.bind(from + 3, stamp.mtime_ns);
}

}  // namespace shoal::transfer
