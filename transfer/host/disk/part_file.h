// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "proto/types/limits.h"
#include "proto/types/result.h"
#include "transfer/host/disk/disk.h"
#include "transfer/host/disk/download_request.h"
#include "transfer/host/disk/journal.h"

namespace shoal::transfer {

/// "<root hex>-<length>.journal" and ".part".
std::string journal_name(const ContentId& id);
std::string part_name(const ContentId& id);

/// Whether what is still missing of that content fits on the disk of `folder` beside
/// `keep_free` bytes that stay free. Errors: kNoSpace.
Result<void> check_room(const DiskFolder& disk, const ContentId& id, const std::string& folder,
                        std::uint64_t keep_free = limits::kDiskSpare);

/// What an earlier process left of a download.
struct Leftover {
  JournalContents journal;
  /// The whole file lies under this name already: the end came between naming it and forgetting the
  /// journal. Its bytes were read and are right. Empty: no.
  std::string placed;
  /// All of it was copied from a file on this machine, and is to be checked.
  bool copied = false;
};

/// A part file and its journal in "<folder>/.part", locked against other processes. All calls
/// block. Threads: `read` and `write` of disjoint ranges may run at once, and one `sync`, `append`
/// or `place` beside them; nothing else.
class PartFile {
 public:
  /// Opens or creates both. What was there goes into `left`: pieces that the file is too short to
  /// hold are no longer sure. A new journal starts with `request`, an old one gets its sources when
  /// there are any. Errors: kConflict (another process has it), kDenied, kNoSpace, kIo.
  static Result<std::unique_ptr<PartFile>> open(std::unique_ptr<DiskFolder> disk,
                                                const DownloadRequest& request, Leftover& left,
                                                std::uint64_t keep_free = limits::kDiskSpare);

  /// Room is taken in steps of limits::kReserveBytes. Errors: kNoSpace (also when less than
  /// `keep_free` would be left, or the file would grow before the journal says what it is no longer
  /// sure of), kIo.
  Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) const;
  /// Somebody else may have changed what was written, see DiskFile::touched(). Not beside a write.
  bool touched();
  /// The part file once more, to be read beside this one, also when it has got its name.
  Result<std::unique_ptr<DiskFile>> reader() const;
  /// After an error: reopen before anything else.
  Result<void> sync();
  /// When that fails, the file is the old one.
  Result<void> reopen();
  /// Appends a record and makes it durable. When there is no room the record is kept and written
  /// with the next one, which may be empty, so that no record is missing before a later one.
  /// Errors: kNoSpace, kIo (from then on for ever: after a failed sync nobody knows what the
  /// journal holds).  After: without an error, all records so far are durable.
  Result<void> append(const std::string& record);
  JournalWriter& records() { return records_; }
  /// Syncs, gives the file its final name (numbered when taken), removes the journal. The path.
  Result<std::string> place(const std::string& safe_name);
  void remove();

 private:
  Result<void> write_records();  ///< under appending_
  void reach(std::uint64_t end);
  Result<void> reserve(std::uint64_t offset, std::uint64_t end);
  Result<bool> is_placed(const std::string& name) const;
  Result<void> take_over(const DownloadRequest& request, Leftover& left);

  std::unique_ptr<DiskFolder> disk_;
  ContentId content_;
  std::string folder_path_;
  std::uint64_t keep_free_ = limits::kDiskSpare;
  std::unique_ptr<DiskFile> file_;
  std::unique_ptr<DiskFile> journal_;
  std::mutex reserving_;
  std::uint64_t reserved_ = 0;  ///< room for the bytes before is taken; guarded by `reserving_`
  std::atomic<std::uint64_t> reached_ = 0;  ///< so far something was written, or was there
  std::atomic<bool> shrunk_ = false;        ///< somebody cut it, and it grew again since
  std::mutex appending_;  ///< guards what follows: a write may have to record a doubt first
  std::uint64_t journal_end_ = 0;
  std::string unwritten_;  ///< records that there was no room for
  /// One of them says that what was sure is only claimed. Changed under the lock, as the others.
  std::atomic<bool> doubt_waits_ = false;
  std::optional<Error> journal_error_;
  JournalWriter records_;
};

}  // namespace shoal::transfer
