// SPDX-License-Identifier: Apache-2.0
// What others may have of a folder that is still being fetched. Internal to this folder.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "transfer/host/download/download_manager.h"

namespace shoal::transfer {

/// The files of a folder's stage: those that are whole, its list among them, and the verified
/// pieces of those under way. What proves the pieces of a whole file lies beside it, so that a next
/// process need not read the file for that. Any thread; blocks on the disk.
class FolderShelf {
 public:
  /// `stage` is where files lie under their content ids.
  explicit FolderShelf(std::string stage) : stage_(std::move(stage)) {}

  /// From now on others may have what is here, also of what `files` fetches.
  void open(std::shared_ptr<DownloadManager> files);
  void close();
  /// That content is whole now, as `files` knows. What cannot be kept is not given to others later.
  void keep(const ContentId& content) const;

  /// Errors: kNotFound (nothing of it is here, or it is closed).
  [[nodiscard]] Result<std::shared_ptr<ServedFile>> open_file(const ContentId& content) const;
  /// A whole one for this peer's own use, closed or not.
  [[nodiscard]] std::optional<LocalCopy> copy_of(const ContentId& content) const;

 private:
  [[nodiscard]] std::string path_of(const ContentId& content) const;
  [[nodiscard]] std::shared_ptr<DownloadManager> files() const;
  [[nodiscard]] Result<std::shared_ptr<ServedFile>> open_whole(const ContentId& content) const;
  [[nodiscard]] std::optional<std::vector<Hash256>> layer_of(const ContentId& content) const;

  const std::string stage_;
  mutable std::mutex mutex_;
  std::shared_ptr<DownloadManager> files_;  ///< guarded by mutex_; null: closed
};

/// A file of such a folder, as it is called there. Also one that is whole says which pieces are
/// here: it is no shared file.
class ShelvedFile final : public ServedFile {
 public:
  ShelvedFile(std::shared_ptr<ServedFile> file, std::string name);

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] const std::vector<Hash256>& layer() const override { return file_->layer(); }
  [[nodiscard]] std::optional<PieceMap> pieces() const override;
  [[nodiscard]] std::shared_ptr<void> listen(std::function<void()> news) override {
    return file_->listen(std::move(news));
  }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    return file_->read(offset, into);
  }

 private:
  const std::shared_ptr<ServedFile> file_;
  const std::string name_;
};

}  // namespace shoal::transfer
