// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>

#include "proto/types/result.h"
#include "transfer/host/download_manager.h"
#include "transfer/host/files.h"
#include "transfer/host/journal.h"

namespace shoal::transfer {

/// "<root hex>-<length>.journal"
std::string journal_name(const ContentId& id);

/// A part file and its journal in "<folder>/.part", locked against other processes. All calls
/// block. Threads: `read` and `write` of disjoint ranges may run at once; nothing else.
class PartFile {
 public:
  /// Opens or creates both. What the journal holds goes into `found`; a new journal starts with
  /// `request`, an old one gets its sources when there are any.
  /// Errors: kConflict (another process has it), kDenied, kNoSpace, kIo.
  static Result<std::unique_ptr<PartFile>> open(const DownloadRequest& request,
                                                JournalContents& found);

  Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) const;
  /// After an error: reopen before anything else.
  Result<void> sync();
  Result<void> reopen();
  /// Appends a record and makes it durable.
  Result<void> append(const std::string& record);
  JournalWriter& records() { return records_; }
  /// Syncs, gives the file its final name (numbered when taken), removes the journal. The path.
  Result<std::string> place(const std::string& safe_name);
  void remove();

 private:
  std::string folder_path_;
  std::string name_;
  std::string journal_name_;
  FileHandle folder_;
  FileHandle parts_;
  FileHandle file_;
  FileHandle journal_;
  std::uint64_t length_ = 0;
  std::uint64_t journal_end_ = 0;
  JournalWriter records_;
};

}  // namespace shoal::transfer
