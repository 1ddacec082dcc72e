// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/library_files.h"

#include <utility>

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

}  // namespace

Result<std::shared_ptr<transfer::ServedFile>> LibraryFiles::open_file(const ContentId& id) {
  auto file = library_.open_file(id);
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
