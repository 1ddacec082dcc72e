// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/library_files.h"

#include <cstring>
#include <utility>

#include "transfer/core/merkle.h"

namespace shoal::daemon {
namespace {

class OpenFile final : public transfer::ServedFile {
 public:
  explicit OpenFile(transfer::SharedFile file) : file_(std::move(file)) {}

  [[nodiscard]] std::string name() const override { return file_.name; }
  [[nodiscard]] const std::vector<Hash256>& layer() const override { return file_.layer; }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    if (auto got = file_.read_at(offset, into); !got) return got;
    return file_.recheck();
  }

 private:
  const transfer::SharedFile file_;
};

// The list of a folder, which is on no disk.
class FolderText final : public transfer::ServedFile {
 public:
  FolderText(transfer::Library::FolderList list, std::vector<Hash256> layer)
      : list_(std::move(list)), layer_(std::move(layer)) {}

  [[nodiscard]] std::string name() const override { return list_.name; }
  [[nodiscard]] const std::vector<Hash256>& layer() const override { return layer_; }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    std::memcpy(into.data(), list_.text.data() + offset, into.size());
    return {};
  }

 private:
  const transfer::Library::FolderList list_;
  const std::vector<Hash256> layer_;
};

}  // namespace

Result<std::shared_ptr<transfer::ServedFile>> LibraryFiles::open_folder(const ContentId& id) {
  const std::lock_guard lock(mutex_);
  for (const auto& [known, held] : lists_) {
    if (known != id) continue;
    if (auto list = held.lock()) return list;
  }
  std::erase_if(lists_, [](const auto& one) { return one.second.expired(); });
  auto list = library_.folder_list(id);
  if (!list) return tl::unexpected(list.error());
  transfer::TreeHasher hasher(list->text.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(list->text.data());
  static_cast<void>(hasher.update({bytes, list->text.size()}));
  auto file = std::make_shared<FolderText>(std::move(*list), hasher.finish().layer);
  lists_.emplace_back(id, file);
  return file;
}

Result<std::shared_ptr<transfer::ServedFile>> LibraryFiles::open_file(const ContentId& id) {
  auto file = library_.open_file(id);
  if (!file && file.error().code == Errc::kNotFound) return open_folder(id);
  if (!file) return tl::unexpected(file.error());
  return std::make_shared<OpenFile>(std::move(*file));
}

std::optional<transfer::LocalCopy> LibraryFiles::find(const ContentId& id) {
  auto file = library_.open_file(id);
  if (!file) return std::nullopt;
  std::string path = file->path;
  return transfer::LocalCopy{std::make_shared<OpenFile>(std::move(*file)), std::move(path)};
}

}  // namespace shoal::daemon
