// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "proto/types/result.h"

namespace shoal::daemon {

/// The file of a peer's record (overlay/core/record.h), new for each process.
///
/// Threads: one at a time.
class RecordFile {
 public:
  /// Makes the file (0600). One that is there is renamed to `path`.old first.
  /// Errors: kIo, kNoSpace (the folder cannot be written).
  static Result<RecordFile> open(const std::string& path);
  RecordFile(RecordFile&& other) noexcept;
  RecordFile& operator=(RecordFile&&) = delete;
  ~RecordFile();

  /// Writes through to the system, so that a crash of the process loses nothing. After a failure,
  /// which is logged, it writes no more.
  void append(std::string_view bytes);

 private:
  RecordFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;
};

}  // namespace shoal::daemon
