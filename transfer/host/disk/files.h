// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proto/types/result.h"

namespace shoal::transfer {

/// An open descriptor, closed at the end.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int fd) : fd_(fd) {}
  ~FileHandle() { reset(); }
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  [[nodiscard]] int value() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

/// An error in words for `errno_value`: kNoSpace, kDenied, kNotFound, kConflict or kIo.
Error os_error(int errno_value, std::string what);

/// Opens a directory that the user named.
Result<FileHandle> open_folder(const std::string& path);
/// The real path of a folder that the user named for what is fetched. Errors: kInvalidArgument.
Result<std::string> folder_to_fetch_into(const std::string& path);
/// openat2 beneath `folder`, through no symbolic or magic link. `flags` and `mode` as for open(2).
/// Anything but a regular file (with O_DIRECTORY: a directory) is
/// refused, and opening never waits (a FIFO). `path` is relative.
Result<FileHandle> open_beneath(const FileHandle& folder, const std::string& path, int flags,
                                unsigned mode = 0600);
/// Creates `name` in `folder` with mode 0700 unless it is there.
Result<void> make_folder(const FileHandle& folder, const std::string& name);

Result<void> write_at(const FileHandle& file, std::uint64_t offset,
                      std::span<const std::uint8_t> bytes);
/// Errors: also kIo when the file ends before.
Result<void> read_at(const FileHandle& file, std::uint64_t offset, std::span<std::uint8_t> into);
/// fsync. After an error the descriptor must not be synced again.
Result<void> sync_file(const FileHandle& file);
Result<void> sync_data(const FileHandle& file);

}  // namespace shoal::transfer
