// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put/put_part.h"

#include <algorithm>
#include <cstring>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer {

using Clock = std::chrono::steady_clock;

Result<std::unique_ptr<PutPart>> PutPart::open(std::unique_ptr<DiskFolder> disk,
                                               const ContentId& content, const std::string& name,
                                               const std::string& folder, std::uint64_t keep_free) {
  if (content.length > limits::kFileBytesMax) {
    return fail(Errc::kTooLarge, "the inbox does not take the file", "no file is that long");
  }
  std::unique_ptr<PutPart> put(new PutPart(content));
  if (put->builder_.impossible()) {
    return fail(Errc::kInvalidArgument, "the inbox does not take the file",
                "no bytes have that id");
  }
  if (auto room = check_room(*disk, content, "the inbox", keep_free); !room) {
    return tl::unexpected<Error>(room.error());
  }
  DownloadRequest request;
  request.content = content;
  request.name = name;
  request.folder = folder;
  Leftover left;
  auto part = PartFile::open(std::move(disk), request, left, keep_free);
  if (!part) return tl::unexpected<Error>(part.error());
  put->part_ = std::move(*part);
  put->name_ = name;
  put->placed_ = left.placed;
  put->sure_ = put->claimed_ = PieceMap(put->layout_.pieces);
  if (put->builder_.whole()) put->layer_ = &put->builder_.layer();
  if (!left.journal.request) return put;
  if (left.journal.layer.size() == put->layout_.pieces && put->layout_.pieces > 1 &&
      root_of_layer(left.journal.layer, put->layout_) == content.root) {
    put->kept_layer_ = std::move(left.journal.layer);
    put->layer_ = &put->kept_layer_;
  }
  if (put->layer_ != nullptr) {
    put->sure_ = std::move(left.journal.sure);
    put->claimed_ = std::move(left.journal.claimed);
  }
  return put;
}

Result<bool> PutPart::right(std::uint32_t piece) {
  PieceBytes bytes(layout_.size(piece));
  if (auto got = part_->read(layout_.offset(piece), bytes.all()); !got) {
    return tl::unexpected<Error>(got.error());
  }
  return piece_hash(bytes.all(), layout_) == (*layer_)[piece];
}

Result<bool> PutPart::prepare() {
  if (!placed_.empty()) {
    next_ = layout_.length;
    checked_ = layout_.pieces;
    return true;
  }
  while (next_ < layout_.length) {
    const std::uint32_t piece = layout_.piece_of(next_);
    const bool sure = sure_.has(piece);
    if (!sure && !claimed_.has(piece)) return true;
    if (!sure) {
      const auto good = right(piece);
      // Whatever cannot be read is asked for again.
      if (!good || !*good) return true;
    }
    next_ += layout_.size(piece);
    if (!sure) return false;
  }
  return true;
}

Result<void> PutPart::take_hashes(std::uint32_t first, std::span<const Hash256> hashes) {
  if (!wants_manifest()) {
    return fail(Errc::kInvalidArgument, "cannot take the file", "nobody asked for its manifest");
  }
  switch (builder_.add(first, hashes)) {
    case ManifestBuilder::Taken::kMore:
      return {};
    case ManifestBuilder::Taken::kUseless:
      return fail(Errc::kInvalidArgument, "cannot take the file", "its manifest is out of bounds");
    case ManifestBuilder::Taken::kWrong:
      return fail(Errc::kIntegrity, "cannot take the file",
                  "its manifest does not fit its root and length");
    case ManifestBuilder::Taken::kWhole:
      break;
  }
  layer_ = &builder_.layer();
  auto noted = part_->append(part_->records().manifest(*layer_));
  if (!noted && noted.error().code == Errc::kNoSpace) return {};  // kept for the next record
  return noted;
}

Result<void> PutPart::take_bytes(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  if (wants_manifest() || offset != next_ || bytes.empty() || offset >= layout_.length) {
    return fail(Errc::kInvalidArgument, "cannot take the file", "its bytes are out of order");
  }
  const std::uint32_t piece = layout_.piece_of(offset);
  const std::uint64_t at = offset - layout_.offset(piece);
  if (bytes.size() > layout_.size(piece) - at) {
    return fail(Errc::kInvalidArgument, "cannot take the file", "its bytes run past a piece");
  }
  if (!piece_) piece_ = std::make_unique<PieceBytes>(layout_.size(piece));
  std::memcpy(piece_->all().data() + at, bytes.data(), bytes.size());
  next_ += bytes.size();
  if (at + bytes.size() < layout_.size(piece)) return {};
  const auto whole = std::move(piece_);
  if (piece_hash(whole->all(), layout_) != (*layer_)[piece]) {
    next_ = layout_.offset(piece);
    return fail(Errc::kIntegrity, "cannot take the file",
                "piece " + std::to_string(piece) + " of it has the wrong hash");
  }
  if (auto written = part_->write(layout_.offset(piece), whole->all()); !written) {
    next_ = layout_.offset(piece);
    return written;
  }
  unsynced_.push_back(piece);
  unsynced_bytes_ += whole->all().size();
  const bool due = unsynced_bytes_ >= limits::kSyncBeginBytes ||
                   Clock::now() - synced_ >= limits::kSyncBeginTime;
  return due ? keep() : Result<void>();
}

Result<void> PutPart::keep() {
  if (unsynced_.empty()) return {};
  if (auto done = part_->sync(); !done) {
    broken_ = true;
    return done;
  }
  auto noted = part_->append(part_->records().pieces(unsynced_));
  if (!noted && noted.error().code != Errc::kNoSpace) return noted;
  unsynced_.clear();
  unsynced_bytes_ = 0;
  synced_ = Clock::now();
  return {};
}

Result<bool> PutPart::check() {
  SHOAL_ASSERT(all_here());
  if (checked_ == layout_.pieces) return true;
  const auto good = right(checked_);
  if (!good) return tl::unexpected<Error>(good.error());
  if (!*good) {
    part_->remove();
    return fail(Errc::kIntegrity, "cannot keep the file", "the disk gave back other bytes",
                "send it again");
  }
  return ++checked_ == layout_.pieces;
}

Result<std::string> PutPart::place() {
  SHOAL_ASSERT(checked_ == layout_.pieces);
  if (!placed_.empty()) return placed_;
  auto path = part_->place(name_);
  broken_ = !path;  // its sync may have been what failed
  if (path) placed_ = *path;
  return path;
}

std::optional<FileTree> PutPart::tree() const {
  if (layer_ == nullptr) return std::nullopt;
  return FileTree{content_, *layer_};
}

// Whether all that the journal claims was judged here or written anew.
bool PutPart::claims_checked() const {
  if (next_ >= layout_.length) return true;
  for (auto piece = claimed_.next(layout_.piece_of(next_)); piece;
       piece = claimed_.next(*piece + 1)) {
    if (!sure_.has(*piece)) return false;
  }
  return true;
}

void PutPart::stop() {
  if (!placed_.empty() || broken_) return;
  // Best effort: what is not recorded is read back, or sent again.
  if (!keep() || layer_ == nullptr || !claims_checked()) return;
  static_cast<void>(part_->append(part_->records().clean_stop()));
}

}  // namespace shoal::transfer
