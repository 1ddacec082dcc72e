// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/result.h"
#include "transfer/core/merkle.h"
#include "transfer/host/disk/files.h"
#include "transfer/host/serve/file_source.h"

namespace shoal::transfer {

/// A file that a download has ended with, and that its owner may have edited since: each piece is
/// compared with its hash before a byte of it is given away. Any thread; one piece in memory.
class PlacedFile final : public ServedFile {
 public:
  /// Follows no link in the last component. Errors: kNotFound, kDenied, kSourceChanged (another
  /// length), kIo.
  static Result<std::shared_ptr<PlacedFile>> open(const std::string& path, const ContentId& content,
                                                  std::vector<Hash256> layer);

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] const std::vector<Hash256>& layer() const override { return layer_; }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) override;

 private:
  PlacedFile(FileHandle file, std::string name, const Layout& layout, std::vector<Hash256> layer)
      : file_(std::move(file)), name_(std::move(name)), layout_(layout), layer_(std::move(layer)) {}

  const FileHandle file_;
  const std::string name_;
  const Layout layout_;
  const std::vector<Hash256> layer_;
  std::mutex mutex_;  ///< guards what follows
  std::vector<std::uint8_t> bytes_;
  std::uint32_t piece_ = UINT32_MAX;  ///< whose bytes these are
};

}  // namespace shoal::transfer
