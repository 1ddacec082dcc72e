// SPDX-License-Identifier: Apache-2.0
// The receiving end's file of one put, without the wire. Internal to this folder.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/types/limits.h"
#include "transfer/core/manifest.h"
#include "transfer/host/disk/part_file.h"
#include "transfer/host/disk/piece_bytes.h"

namespace shoal::transfer {

/// Takes a manifest and then bytes in order; each piece is verified before it is written, what was
/// written is made durable as a download does it, and the whole is read back and verified once more
/// before it gets its name. What is here stays for the next time, whatever ends this one.
///
/// All calls block; one at a time. After an error only stop() and remove() may be called.
class PutPart {
 public:
  /// `keep_free`: bytes that stay free on the disk, now and with each write. Errors:
  /// kInvalidArgument (no bytes have that id), kTooLarge, kNoSpace, kConflict, kIo, kDenied.
  static Result<std::unique_ptr<PutPart>> open(std::unique_ptr<DiskFolder> disk,
                                               const ContentId& content, const std::string& name,
                                               const std::string& folder,
                                               std::uint64_t keep_free = limits::kDiskSpare);

  /// Reads back one piece of which an earlier process was not sure; true when there is none left.
  /// To be called until then, before all below. Errors: kIo.
  Result<bool> prepare();

  [[nodiscard]] bool wants_manifest() const { return layer_ == nullptr; }
  /// The byte that is wanted next.
  [[nodiscard]] std::uint64_t offset() const { return next_; }
  [[nodiscard]] bool all_here() const {
    return !placed_.empty() || (!wants_manifest() && next_ == layout_.length);
  }

  /// Errors: kInvalidArgument (nobody honest sends it), kIntegrity (not what the root names), kIo.
  Result<void> take_hashes(std::uint32_t first, std::span<const Hash256> hashes);
  /// Errors: kInvalidArgument (not the bytes that were wanted), kIntegrity (a wrong piece: none of
  /// it is written), kNoSpace, kIo.
  Result<void> take_bytes(std::uint64_t offset, std::span<const std::uint8_t> bytes);

  /// Reads back and verifies one piece of the whole; true when all were right. Requires all_here().
  /// Errors: kIo, kIntegrity (the disk spoiled it; the part is gone then).
  Result<bool> check();
  /// Gives it its name. Requires that check() said true. Returns the path.
  Result<std::string> place();

  /// What it is, as far as its manifest is known here.
  [[nodiscard]] std::optional<FileTree> tree() const;

  /// Makes durable and records what is here.
  void stop();
  void remove() { part_->remove(); }

 private:
  explicit PutPart(const ContentId& content)
      : content_(content), builder_(content), layout_(builder_.layout()) {}
  Result<bool> right(std::uint32_t piece);
  Result<void> keep();
  [[nodiscard]] bool claims_checked() const;

  ContentId content_;
  ManifestBuilder builder_;
  Layout layout_;
  std::vector<Hash256> kept_layer_;              ///< an earlier process's
  const std::vector<Hash256>* layer_ = nullptr;  ///< null: not known yet
  std::unique_ptr<PartFile> part_;
  std::string name_;
  std::string placed_;  ///< an earlier process gave it this name
  PieceMap sure_;
  PieceMap claimed_;
  std::uint64_t next_ = 0;
  std::uint32_t checked_ = 0;
  bool broken_ = false;                ///< a sync failed: nobody knows what is on the disk
  std::unique_ptr<PieceBytes> piece_;  ///< grows
  std::vector<std::uint32_t> unsynced_;
  std::uint64_t unsynced_bytes_ = 0;
  std::chrono::steady_clock::time_point synced_ = std::chrono::steady_clock::now();
};

}  // namespace shoal::transfer
