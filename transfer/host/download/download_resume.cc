// SPDX-License-Identifier: Apache-2.0
// Downloads that an earlier process left.
#include <fcntl.h>

#include <filesystem>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "transfer/host/disk/files.h"
#include "transfer/host/disk/part_file.h"
#include "transfer/host/download/download_table.h"

namespace shoal::transfer {
namespace {

// A part file without a journal is of no use to anybody: its download was cancelled, or began in
// the moment of a crash.
void forget_orphan(const std::string& folder, const std::string& name) {
  const auto id = parse_content_id(name.substr(0, name.size() - std::string_view(".part").size()));
  if (!id || part_name(*id) != name) return;  // not ours
  const auto disk = open_disk(folder);
  if (!disk || (*disk)->has_part(journal_name(*id))) return;
  // Alone, so that nobody begins with it meanwhile.
  const auto journal = (*disk)->open_alone(journal_name(*id));
  if (!journal) return;
  const auto size = (*journal)->size();
  if (!size || *size != 0) return;
  (*disk)->remove_part(name);
  (*disk)->remove_part(journal_name(*id));
}

}  // namespace

std::size_t DownloadManager::resume(const std::string& folder) {
  std::size_t taken = 0;
  auto top = open_folder(folder);
  if (!top) return 0;
  auto parts = open_beneath(*top, ".part", O_RDONLY | O_DIRECTORY);
  if (!parts) return 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder + "/.part", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (at->path().extension() == ".part") forget_orphan(folder, name);
    if (at->path().extension() != ".journal") continue;
    auto file = open_beneath(*parts, name, O_RDONLY);
    if (!file) continue;
    std::error_code about;
    const auto size = at->file_size(about);
    if (about || size > limits::kJournalBytes) continue;
    std::string text(size, '\0');
    if (!read_at(*file, 0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()})) continue;
    auto found = read_journal(text);
    if (!found.request) continue;
    found.request->folder = std::filesystem::canonical(folder, about).string();
    const std::lock_guard lock(state_->mutex);
    const std::uint64_t id = found.request->id;
    // A failed one of an earlier process is taken up again under its number.
    if (const auto old = state_->past.find(id);
        old != state_->past.end() && old->second.content == found.request->content) {
      state_->past.erase(old);
    }
    if (!found.paused) {
      if (state_->begin(std::move(*found.request), false)) ++taken;
      continue;
    }
    const ContentId content = found.request->content;
    if (state_->running.contains(content) || state_->held.contains(content)) continue;
    found.request->id = state_->free_id(id);
    const std::uint64_t number = found.request->id;
    for (auto piece = found.claimed.next(0); piece; piece = found.claimed.next(*piece + 1)) {
      found.sure.add(*piece);
    }
    state_->held.emplace(content, number);
    state_->jobs[number] = state_->make(std::move(*found.request));
    state_->jobs[number]->lie_held(found.sure);
  }
  return taken;
}

}  // namespace shoal::transfer
