// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/serve/placed_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace shoal::transfer {
namespace {

tl::unexpected<Error> changed(const std::string& name) {
  return fail(Errc::kSourceChanged, name + " is not served any more",
              "it was edited since it was fetched", "fetch it again");
}

}  // namespace

Result<std::shared_ptr<PlacedFile>> PlacedFile::open(const std::string& path,
                                                     const ContentId& content,
                                                     std::vector<Hash256> layer) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return fail(Errc::kNotFound, "cannot open " + path, "no path");
  const std::string name = path.substr(slash + 1);
  auto folder = open_folder(slash == 0 ? "/" : path.substr(0, slash));
  if (!folder) return tl::unexpected<Error>(folder.error());
  auto file = open_beneath(*folder, name, O_RDONLY);
  if (!file) return tl::unexpected<Error>(file.error());
  struct stat about {};
  if (::fstat(file->value(), &about) != 0) return fail(Errc::kIo, "cannot open " + path);
  const Layout layout(content.length);
  if (static_cast<std::uint64_t>(about.st_size) != content.length ||
      layer.size() != layout.pieces) {
    return changed(name);
  }
  return std::shared_ptr<PlacedFile>(
      new PlacedFile(std::move(*file), name, layout, std::move(layer)));
}

Result<void> PlacedFile::read(std::uint64_t offset, std::span<std::uint8_t> into) {
  const std::uint32_t piece = layout_.piece_of(offset);
  const std::lock_guard lock(mutex_);
  if (piece != piece_) {
    piece_ = UINT32_MAX;
    bytes_.resize(layout_.size(piece));
    if (auto got = read_at(file_, layout_.offset(piece), bytes_); !got) return changed(name_);
    if (piece_hash(bytes_, layout_) != layer_[piece]) return changed(name_);
    piece_ = piece;
  }
  const auto from = static_cast<std::size_t>(offset - layout_.offset(piece));
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(from), into.size(), into.begin());
  return {};
}

}  // namespace shoal::transfer
