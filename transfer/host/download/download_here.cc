// SPDX-License-Identifier: Apache-2.0
// What of a content is on this machine already: nothing of that is fetched.
#include <algorithm>
#include <utility>
#include <vector>

#include "proto/types/limits.h"
#include "transfer/core/merkle.h"
#include "transfer/host/download/download_job.h"
#include "transfer/host/serve/placed_file.h"

namespace shoal::transfer {
namespace {

bool fits(const ServedFile& local, const ContentId& content) {
  const Layout layout(content.length);
  return local.layer().size() == layout.pieces &&
         root_of_layer(local.layer(), layout) == content.root;
}

}  // namespace

void DownloadJob::start() {
  boost::asio::post(disk_, [self = shared_from_this()] {
    std::optional<LocalCopy> here;
    if (self->hooks_->find_here) here = self->hooks_->find_here(self->request_.content);
    if (here && !fits(*here->file, self->request_.content)) here.reset();
    if (here) {
      if (auto path = self->lies_here(*here); !path.empty()) {
        return self->on_strand(
            [path](DownloadJob& job) { job.finish(DownloadState::kDone, {}, path); });
      }
    }
    Leftover left;
    Result<std::unique_ptr<PartFile>> part;
    if (auto disk = open_disk(self->request_.folder)) {
      part = PartFile::open(std::move(*disk), self->request_, left, self->hooks_->keep_free);
    } else {
      part = tl::unexpected<Error>(disk.error());
    }
    if (part && here && left.placed.empty()) self->adopt(**part, *here->file, left);
    self->on_strand(
        [part = std::make_shared<decltype(part)>(std::move(part)),
         left = std::move(left)](DownloadJob& job) { job.opened(std::move(*part), left); });
  });
}

// Its path when the copy lies in the folder itself and every piece of it is right; nothing is left
// of earlier tries to fetch it then.
std::string DownloadJob::lies_here(LocalCopy& copy) {
  const auto slash = copy.path.rfind('/');
  if (slash == std::string::npos || copy.path.substr(0, slash) != request_.folder) return {};
  const Layout layout(request_.content.length);
  std::vector<std::uint8_t> bytes;
  for (std::uint32_t piece = 0; piece < layout.pieces; ++piece) {
    if (halting_) return {};
    bytes.resize(layout.size(piece));
    if (!copy.file->read(layout.offset(piece), bytes)) return {};
    if (piece_hash(bytes, layout) != copy.file->layer()[piece]) return {};
  }
  if (auto disk = open_disk(request_.folder);
      disk && (*disk)->has_part(journal_name(request_.content))) {
    Leftover left;
    if (auto part = PartFile::open(std::move(*disk), request_, left, hooks_->keep_free))
      (*part)->remove();
  }
  return copy.path;
}

// Copies what is missing into the part file. All of it counts as claimed by the journal of an
// earlier process: the core reads it back and compares it before it is trusted.
void DownloadJob::adopt(PartFile& part, ServedFile& local, Leftover& left) {
  const Layout layout(request_.content.length);
  JournalContents& found = left.journal;
  if (!found.request) {
    found.request = request_;
    found.sure = found.claimed = PieceMap(layout.pieces);
  }
  if (found.layer.empty() && layout.pieces > 1) {
    if (!part.append(part.records().manifest(local.layer()))) return;
    found.layer = local.layer();
  }
  std::vector<std::uint8_t> bytes;
  for (std::uint32_t piece = 0; piece < layout.pieces; ++piece) {
    if (found.sure.has(piece)) continue;
    const std::uint64_t end = layout.offset(piece) + layout.size(piece);
    for (std::uint64_t at = layout.offset(piece); at < end; at += bytes.size()) {
      if (halting_) return;
      bytes.resize(std::min<std::uint64_t>(limits::kRangeBytes, end - at));
      // The rest is fetched then, or waits for room.
      if (!local.read(at, bytes) || !part.write(at, bytes)) return;
    }
    found.claimed.add(piece);
  }
  left.copied = true;
}

Result<std::shared_ptr<ServedFile>> DownloadJob::placed() const {
  std::string path;
  std::vector<Hash256> layer;
  {
    const std::lock_guard lock(mutex_);
    if (details_.status.state != DownloadState::kDone || !core_.knows_manifest()) {
      return fail(Errc::kNotFound, "not fetched here");
    }
    path = details_.status.path;
    layer = core_.layer();
  }
  auto file = PlacedFile::open(path, request_.content, std::move(layer));
  if (!file) return tl::unexpected<Error>(file.error());
  return std::shared_ptr<ServedFile>(std::move(*file));
}

bool DownloadJob::left_in(const std::string& folder) const {
  const std::lock_guard lock(mutex_);
  const DownloadStatus& status = details_.status;
  if (status.state != DownloadState::kDone || status.folder != folder) return false;
  struct stat now {};
  // The time of the last change of anything, which nobody can set back.
  return left_.st_ino != 0 && ::lstat(status.path.c_str(), &now) == 0 &&
         now.st_dev == left_.st_dev && now.st_ino == left_.st_ino && now.st_size == left_.st_size &&
         now.st_ctim.tv_sec == left_.st_ctim.tv_sec && now.st_ctim.tv_nsec == left_.st_ctim.tv_nsec;
}

}  // namespace shoal::transfer
