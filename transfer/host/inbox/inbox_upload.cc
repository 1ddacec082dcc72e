// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/inbox/inbox_upload.h"

#include <algorithm>

#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "transfer/host/disk/name.h"

namespace shoal::transfer {
namespace {

constexpr const char* kPart = "upload.part";

Result<void> room_for(std::uint64_t bytes, std::uint64_t free, std::uint64_t keep_free) {
  if (free >= keep_free && free - keep_free >= bytes) return {};
  return fail(Errc::kNoSpace, "cannot keep the upload",
              std::to_string(free >> 20U) + " MiB are free on the disk, and " +
                  std::to_string(keep_free >> 20U) + " MiB stay free",
              "free some space, name another inbox.folder, or lower download.keep_free");
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
  if (auto room = room_for(length, upload->disk_->free_bytes(), inbox.keep_free()); !room) {
    return tl::unexpected<Error>(room.error());
  }
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
    if (auto room = room_for(to - reserved_, disk_->free_bytes(), inbox_.keep_free()); !room) {
      return room;
    }
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
  tree_ = hasher_.finish();
  const ContentId id = tree_.id;
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
