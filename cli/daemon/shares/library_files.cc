// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/shares/library_files.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "proto/types/limits_folders.h"

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
  Result<bool> read_now(std::uint64_t offset, std::span<std::uint8_t> into) override {
    const auto got = file_.read_now(offset, into);
    if (!got || !*got) return got;
    if (const auto same = file_.recheck(); !same) return tl::unexpected(same.error());
    return true;
  }

 private:
  const transfer::SharedFile file_;
};

// The list of a folder, which is on no disk.
class FolderText final : public transfer::ServedFile {
 public:
  explicit FolderText(transfer::Library::FolderList list) : list_(std::move(list)) {}

  [[nodiscard]] std::string name() const override { return list_.name; }
  [[nodiscard]] const std::vector<Hash256>& layer() const override { return list_.tree.layer; }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    std::memcpy(into.data(), list_.text.data() + offset, into.size());
    return {};
  }

 private:
  const transfer::Library::FolderList list_;
};

}  // namespace

Result<std::shared_ptr<transfer::ServedFile>> LibraryFiles::open_folder(const ContentId& id) {
  if (id.length > limits::kListingBytes) {
    return fail(Errc::kNotFound, "no such file", "nothing shared has that id");
  }
  const auto version = library_.version();
  if (!version) return tl::unexpected(version.error());
  if (auto held = held_list(id, *version)) return held;
  // It takes long, for the catalogue is read and what is given is noted: others are served
  // meanwhile.
  auto list = library_.folder_list(id);
  if (!list) return tl::unexpected(list.error());
  auto file = std::make_shared<FolderText>(std::move(*list));
  // Of which version it is, only that says: a scan may have gone on meanwhile. Noting that it was
  // given is a change, too, so the next one asked for is kept.
  const auto now = library_.version();
  if (!now) return tl::unexpected(now.error());
  if (*now != *version) return file;
  // Made at the same time by another call, it is there once.
  if (auto held = held_list(id, *now)) return held;
  const std::lock_guard lock(mutex_);
  std::erase_if(lists_, [&](const Made& one) { return one.id == id; });
  lists_.push_back({id, file, file, *now});
  keep_few();
  return file;
}

std::shared_ptr<transfer::ServedFile> LibraryFiles::held_list(const ContentId& id,
                                                              std::int64_t version) {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(lists_, id, &Made::id);
  if (known == lists_.end()) return nullptr;
  auto file = known->file.lock();
  if (!file || known->version != version) {
    lists_.erase(known);
    return nullptr;
  }
  known->kept = file;
  std::rotate(known, known + 1, lists_.end());
  keep_few();
  return file;
}

void LibraryFiles::keep_few() {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  for (auto at = lists_.rbegin(); at != lists_.rend(); ++at) {
    if (!at->kept) continue;
    bytes += at->id.length;
    if (++count > limits::kListsHeld || bytes > limits::kListsHeldBytes) at->kept.reset();
  }
  std::erase_if(lists_, [](const Made& one) { return one.file.expired(); });
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
