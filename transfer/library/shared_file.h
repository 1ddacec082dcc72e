// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::transfer {

/// A file descriptor that is closed with its owner; -1 when empty.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  [[nodiscard]] int value() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// What tells one state of a file from another without reading it.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
FileStamp stamp_of(const struct stat& status);

/// A file of the library, open to be served.
///
/// Threads: read_at and recheck may be called on several at once.
struct SharedFile {
  Fd fd;
  ContentId content;
  std::string name;            ///< UTF-8
  std::string path;            ///< absolute, raw bytes
  std::vector<Hash256> layer;  ///< one hash per piece, see Layout
  FileStamp stamp;             ///< as it was hashed

  /// kSourceChanged when the file is no longer as it was hashed. Bytes read before a recheck that
  /// succeeds are those that were hashed.
  [[nodiscard]] Result<void> recheck() const;
  /// Fills `bytes` from `offset`. Errors: kSourceChanged (the file ends before), kIo.
  [[nodiscard]] Result<void> read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) const;
  /// As read_at(), unless it might wait for a disk or another machine: then false.
  [[nodiscard]] Result<bool> read_now(std::uint64_t offset, std::span<std::uint8_t> bytes) const;
};

}  // namespace shoal::transfer
