// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "proto/types/result.h"
#include "transfer/core/merkle.h"
#include "transfer/host/disk/files.h"
#include "transfer/host/put/put_manager.h"

namespace shoal::transfer {

/// A file of this user that is being put: open, hashed, and watched for changes. All calls block;
/// one at a time.
class PutFile {
 public:
  /// Errors: kNotFound, kDenied, kInvalidArgument (no regular file), kTooLarge, kIo.
  static Result<std::unique_ptr<PutFile>> open(const std::string& path);

  [[nodiscard]] std::uint64_t length() const { return length_; }
  /// As it was opened.
  [[nodiscard]] PutStamp stamp() const;
  /// Hashes the next 8 MiB; true when tree() is known. Errors: kSourceChanged, kIo.
  Result<bool> hash_some();
  [[nodiscard]] std::uint64_t hashed() const { return hasher_.seen(); }
  [[nodiscard]] const FileTree& tree() const { return tree_; }
  /// Errors: kSourceChanged (edited or cut since open()), kIo.
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) const;

 private:
  PutFile(FileHandle file, std::string path, const struct stat& about);
  [[nodiscard]] bool changed() const;

  FileHandle file_;
  std::string path_;
  struct stat about_ {};
  std::uint64_t length_;
  TreeHasher hasher_;
  FileTree tree_;
};

}  // namespace shoal::transfer
