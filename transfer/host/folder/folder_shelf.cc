// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder/folder_shelf.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "proto/types/text.h"
#include "transfer/core/merkle.h"
#include "transfer/host/disk/files.h"
#include "transfer/host/serve/placed_file.h"

namespace shoal::transfer {
namespace {

constexpr std::string_view kLayer = ".layer";

tl::unexpected<Error> not_here() { return fail(Errc::kNotFound, "not being fetched here"); }

std::span<std::uint8_t> bytes_of(std::vector<Hash256>& layer) {
  static_assert(sizeof(Hash256) == Hash256::kSize);
  return {reinterpret_cast<std::uint8_t*>(layer.data()), layer.size() * Hash256::kSize};
}

}  // namespace

std::string FolderShelf::path_of(const ContentId& content) const {
  return stage_ + "/" + to_text(content);
}

std::shared_ptr<DownloadManager> FolderShelf::files() const {
  const std::lock_guard lock(mutex_);
  return files_;
}

void FolderShelf::open(std::shared_ptr<DownloadManager> files) {
  const std::lock_guard lock(mutex_);
  files_ = std::move(files);
}

void FolderShelf::close() { open(nullptr); }

// It need not be durable: it is compared with the root when it is read.
void FolderShelf::keep(const ContentId& content) const {
  const auto from = files();
  if (!from || Layout(content.length).pieces < 2) return;
  const auto whole = from->open_done(content);
  const auto stage = open_folder(stage_);
  if (!whole || !stage) return;
  std::vector<Hash256> layer = whole->file->layer();
  const std::string name = to_text(content) + std::string(kLayer);
  const auto file = open_beneath(*stage, name, O_WRONLY | O_CREAT | O_TRUNC);
  if (file && !write_at(*file, 0, bytes_of(layer))) ::unlinkat(stage->value(), name.c_str(), 0);
}

std::optional<std::vector<Hash256>> FolderShelf::layer_of(const ContentId& content) const {
  const Layout layout(content.length);
  if (layout.pieces < 2) return std::vector<Hash256>(layout.pieces, content.root);
  const auto stage = open_folder(stage_);
  if (!stage) return std::nullopt;
  const auto file = open_beneath(*stage, to_text(content) + std::string(kLayer), O_RDONLY);
  if (!file) return std::nullopt;
  std::vector<Hash256> layer(layout.pieces);
  if (!read_at(*file, 0, bytes_of(layer))) return std::nullopt;
  if (root_of_layer(layer, layout) != content.root) return std::nullopt;
  return layer;
}

Result<std::shared_ptr<ServedFile>> FolderShelf::open_whole(const ContentId& content) const {
  struct stat about {};
  if (::lstat(path_of(content).c_str(), &about) != 0) return not_here();
  auto layer = layer_of(content);
  if (!layer) return not_here();
  auto file = PlacedFile::open(path_of(content), content, std::move(*layer));
  if (!file) return not_here();
  return std::shared_ptr<ServedFile>(std::move(*file));
}

Result<std::shared_ptr<ServedFile>> FolderShelf::open_file(const ContentId& content) const {
  const auto from = files();
  if (!from) return not_here();
  // In this order: what is under way may become whole in between.
  if (auto part = from->open_running(content)) return part;
  return open_whole(content);
}

std::optional<LocalCopy> FolderShelf::copy_of(const ContentId& content) const {
  auto whole = open_whole(content);
  if (!whole) return std::nullopt;
  return LocalCopy{std::move(*whole), path_of(content)};
}

ShelvedFile::ShelvedFile(std::shared_ptr<ServedFile> file, std::string name)
    : file_(std::move(file)), name_(std::move(name)) {}

std::optional<PieceMap> ShelvedFile::pieces() const {
  if (auto here = file_->pieces()) return here;
  PieceMap all(static_cast<std::uint32_t>(file_->layer().size()));
  for (std::uint32_t piece = 0; piece < all.size(); ++piece) all.add(piece);
  return all;
}

}  // namespace shoal::transfer
