// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "transfer/core/merkle.h"
#include "transfer/host/disk/disk.h"
#include "transfer/host/inbox/inbox.h"

namespace shoal::transfer {

/// A file of a known length that comes into the inbox from start to end, and whose content id is
/// known when all of it is there. What is not finished is gone with this object; what a crash
/// leaves goes with the next Inbox::tidy. All calls block; one at a time.
class InboxUpload {
 public:
  /// Errors: those of Inbox::receive_unnamed, kNoSpace (the disk).
  static Result<std::unique_ptr<InboxUpload>> begin(Inbox& inbox, const Giver& giver,
                                                    std::string_view name, std::uint64_t length);
  ~InboxUpload();
  InboxUpload(const InboxUpload&) = delete;
  InboxUpload& operator=(const InboxUpload&) = delete;

  /// The next bytes. Errors: kTooLarge (more than `length`), kNoSpace, kIo, kDenied (the owner
  /// rejected it).
  Result<void> write(std::span<const std::uint8_t> bytes);
  /// Durable, named, in the inbox. Errors: kPartial (fewer bytes than `length`), kInvalidArgument
  /// (it is not `wanted`), kIo, kDenied.
  Result<InboxEntry> finish(const std::optional<ContentId>& wanted);
  /// Once it is finished.
  [[nodiscard]] const FileTree& tree() const { return tree_; }

 private:
  InboxUpload(Inbox& inbox, std::shared_ptr<Reception> reception, std::string name);

  Inbox& inbox_;
  std::shared_ptr<Reception> reception_;
  std::string name_;
  std::unique_ptr<DiskFolder> disk_;
  std::unique_ptr<DiskFile> file_;
  TreeHasher hasher_;
  FileTree tree_;
  std::uint64_t reserved_ = 0;
  bool finished_ = false;
};

}  // namespace shoal::transfer
