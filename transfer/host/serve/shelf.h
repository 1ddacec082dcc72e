// SPDX-License-Identifier: Apache-2.0
// What others may have of a file that is still being fetched. Internal to transfer/host.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "transfer/core/merkle.h"
#include "transfer/host/disk/disk.h"
#include "transfer/host/serve/file_source.h"

namespace shoal::transfer {

/// The pieces of a download that were verified and lie in its part file. Any thread.
class Shelf final : public ServedFile, public std::enable_shared_from_this<Shelf> {
 public:
  /// `file` is the part file, open for this alone. No piece is here before the first update.
  Shelf(const Layout& layout, std::string name, std::vector<Hash256> layer,
        std::unique_ptr<DiskFile> file);

  /// The pieces that are here now.
  void update(const PieceMap& here);
  /// The download is given up or paused: nothing is read any more.
  void close();

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] const std::vector<Hash256>& layer() const override { return layer_; }
  [[nodiscard]] std::optional<PieceMap> pieces() const override;
  [[nodiscard]] std::shared_ptr<void> listen(std::function<void()> news) override;
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) override;

 private:
  [[nodiscard]] bool has(std::uint32_t piece) const;

  const Layout layout_;
  const std::string name_;
  const std::vector<Hash256> layer_;
  const std::unique_ptr<DiskFile> file_;
  mutable std::mutex mutex_;  ///< guards what follows
  PieceMap here_;
  bool closed_ = false;
  std::map<std::uint64_t, std::function<void()>> listeners_;
  std::uint64_t next_listener_ = 0;
};

}  // namespace shoal::transfer
