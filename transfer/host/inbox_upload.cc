// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/inbox_upload.h"

#include <algorithm>

#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "transfer/host/name.h"

namespace shoal::transfer {
namespace {

constexpr const char* kPart = "upload.part";

tl::unexpected<Error> disk_full() {
  return fail(Errc::kNoSpace, "cannot keep the upload", "the disk is full",
              "free some space, or name another inbox.folder");
}

}  // namespace

InboxUpload::InboxUpload(Inbox& inbox, std::shared_ptr<Reception> reception, std::string name)
    : inbox_(inbox),
      reception_(std::move(reception)),
      name_(std::move(name)),
      hasher_(reception_->content.length) {}

Result<std::unique_ptr<InboxUpload>> InboxUpload::begin(Inbox& inbox, const Giver& giver,
                                                        std::string_view name,
                                                        std::uint64_t length) {
  auto reception = inbox.receive_unnamed(giver, length);
  if (!reception) return tl::unexpected<Error>(reception.error());
  std::unique_ptr<InboxUpload> upload(
      new InboxUpload(inbox, std::move(*reception), inbox_name(name)));
  auto disk = open_disk(upload->reception_->folder);
  if (!disk) return tl::unexpected<Error>(disk.error());
  upload->disk_ = std::move(*disk);
  const std::uint64_t free = upload->disk_->free_bytes();
  if (free < limits::kDiskSpare || free - limits::kDiskSpare < length) return disk_full();
  auto file = upload->disk_->open_part(kPart, true);
  if (!file) return tl::unexpected<Error>(file.error());
  upload->file_ = std::move(*file);
  return upload;
}

InboxUpload::~InboxUpload() {
  file_.reset();
  disk_.reset();
  if (!finished_) inbox_.forget(*reception_);
}

Result<void> InboxUpload::write(std::span<const std::uint8_t> bytes) {
  if (reception_->revoked) {
    return fail(Errc::kDenied, "cannot keep the upload", "the owner rejected it");
  }
  const std::uint64_t at = hasher_.seen();
  if (!hasher_.update(bytes)) {
    return fail(Errc::kTooLarge, "cannot keep the upload", "it is longer than it was said to be");
  }
  if (const std::uint64_t end = at + bytes.size(); end > reserved_) {
    const std::uint64_t to =
        std::min(std::max(reserved_ + limits::kReserveBytes, end), reception_->content.length);
    const std::uint64_t free = disk_->free_bytes();
    if (free < limits::kDiskSpare || free - limits::kDiskSpare < to - reserved_) return disk_full();
    if (auto room = file_->reserve(reserved_, to - reserved_); !room) return room;
    reserved_ = to;
  }
  if (auto written = file_->write(at, bytes); !written) return written;
  reception_->bytes = hasher_.seen();
  return {};
}

Result<InboxEntry> InboxUpload::finish(const std::optional<ContentId>& wanted) {
  if (hasher_.seen() != reception_->content.length) {
    return fail(Errc::kPartial, "the upload is not whole",
                std::to_string(hasher_.seen()) + " of " +
                    std::to_string(reception_->content.length) + " bytes came",
                "send it again");
  }
  const ContentId id = hasher_.finish().id;
  if (wanted && *wanted != id) {
    return fail(Errc::kInvalidArgument, "the upload is not what was announced",
                "its content id is " + to_text(id), "send it again");
  }
  if (auto done = file_->sync(); !done) return tl::unexpected<Error>(done.error());
  file_.reset();
  if (reception_->revoked) {
    return fail(Errc::kDenied, "cannot keep the upload", "the owner rejected it");
  }
  if (auto done = disk_->place(kPart, name_); !done) return tl::unexpected<Error>(done.error());
  if (auto done = disk_->sync_placed(); !done) return tl::unexpected<Error>(done.error());
  if (auto named = inbox_.name_content(*reception_, id); !named) {
    return tl::unexpected<Error>(named.error());
  }
  finished_ = true;
  return inbox_.find(reception_->giver, id);
}

}  // namespace shoal::transfer
