// SPDX-License-Identifier: Apache-2.0
// What a download needs of the disk, so that tests can put one below it that loses power.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "proto/types/result.h"

namespace shoal::transfer {

/// An open regular file. Errors of all: kNoSpace, kIo, kDenied.
/// Threads: `read` and `write` of disjoint ranges may run at once, and one of the others beside
/// them.
class DiskFile {
 public:
  virtual ~DiskFile() = default;
  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
  /// Errors: also kIo when the file ends before.
  virtual Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) const = 0;
  virtual Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes) = 0;
  /// Sets the length.
  virtual Result<void> cut(std::uint64_t length) = 0;
  /// Takes the room for these bytes; the file is that long afterwards, the new bytes are 0. Where
  /// the file system cannot do that, nothing happens.
  virtual Result<void> reserve(std::uint64_t offset, std::uint64_t length) = 0;
  /// Makes bytes and length durable. After an error the file must be opened anew.
  virtual Result<void> sync() = 0;
  /// Somebody else may have changed the bytes since the last call, or since it was opened. False is
  /// sure of all who wrote and have closed it. Of files of open_part() that may be made.
  virtual bool touched() = 0;
};

/// The folder that a download ends in, and ".part" in it where it grows. Names are single
/// components; nothing is reached through a link.
class DiskFolder {
 public:
  virtual ~DiskFolder() = default;
  /// A file in ".part", to be read if it is not to be made. Errors: also kNotFound (not there, and
  /// not to be made).
  virtual Result<std::unique_ptr<DiskFile>> open_part(const std::string& name, bool make) = 0;
  /// A file in ".part", made if needed, that no other process has open by this call; it stays so
  /// until it is closed. Errors: also kConflict (another has it).
  virtual Result<std::unique_ptr<DiskFile>> open_alone(const std::string& name) = 0;
  /// A file in the folder itself, to be read. Errors: also kNotFound.
  virtual Result<std::unique_ptr<DiskFile>> open_placed(const std::string& name) = 0;
  [[nodiscard]] virtual bool is_taken(const std::string& name) const = 0;
  /// Moves a file of ".part" into the folder. Errors: also kConflict (the name is taken).
  virtual Result<void> place(const std::string& part, const std::string& name) = 0;
  [[nodiscard]] virtual bool has_part(const std::string& name) const = 0;
  virtual void remove_part(const std::string& name) = 0;
  /// Makes names durable: those in ".part", those in the folder.
  virtual Result<void> sync_parts() = 0;
  virtual Result<void> sync_placed() = 0;
  /// Bytes that this user may still take; the largest number when it cannot be known.
  [[nodiscard]] virtual std::uint64_t free_bytes() const = 0;
  /// Bytes that a file in ".part" takes on the disk; 0 when it is not there.
  [[nodiscard]] virtual std::uint64_t part_bytes(const std::string& name) const = 0;
};

/// Opens a folder of the real disk. ".part" is made when it is not there.
/// Errors: kNotFound, kDenied (also when ".part" is a link), kNoSpace, kIo.
Result<std::unique_ptr<DiskFolder>> open_disk(const std::string& folder);

}  // namespace shoal::transfer
