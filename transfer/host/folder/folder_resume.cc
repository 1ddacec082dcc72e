// SPDX-License-Identifier: Apache-2.0
// Folders that an earlier process left.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "transfer/host/folder/folder_note.h"
#include "transfer/host/folder/folder_table.h"
#include "transfer/host/folder/folder_tree.h"

namespace shoal::transfer {
namespace {

constexpr std::string_view kSuffix = ".folder";

// What an earlier process left there.
struct Remains {
  FolderRequest request;
  std::optional<FolderPause> paused;
  std::optional<Error> error;  ///< it cannot be used
};

Error no_note(std::string why) {
  return {Errc::kIo, "cannot go on with the folder", std::move(why),
          "cancel it, or get the folder again"};
}

// None: it is not for us, or there is nothing to go on with.
std::optional<Remains> remains_of(const std::string& folder, const std::string& name) {
  const auto id = parse_content_id(std::string_view(name).substr(0, name.size() - kSuffix.size()));
  if (!id || to_text(*id) + std::string(kSuffix) != name) return std::nullopt;  // not ours
  if (id->length > limits::kListingBytes) return std::nullopt;
  auto tree = FolderTree::open(folder, *id);
  if (!tree) return std::nullopt;
  Remains out;
  out.request.content = *id;
  out.request.folder = folder;
  out.request.must_fit = false;
  const auto kept = tree->note();
  if (!kept) {
    // It may be read the next time.
    out.error = no_note("its note cannot be read: " + kept.error().why);
    return out;
  }
  if (!*kept) {
    tree->remove();  // cancelled, or only its list was wanted
    return std::nullopt;
  }
  auto note = read_folder_note(**kept);
  if (!note || !Selection::make(note->only)) {
    out.error = no_note("its note is damaged");
    return out;
  }
  out.request.name = std::move(note->name);
  out.request.only = std::move(note->only);
  out.request.id = note->id;
  out.paused = note->paused;
  return out;
}

// Whether it goes on. One that has to wait for others to end gets the error that says so.
bool take_up(FolderManager::State& table, Remains& left) {
  const std::lock_guard lock(table.mutex);
  const bool paused = left.paused.has_value();
  if (paused && table.held.size() >= limits::kFoldersPaused) return false;
  auto failed = table.forget_failed(left.request);
  if (!paused) {
    const auto begun = table.begin(left.request);
    if (begun) return true;
    table.past.insert(std::move(failed));
    if (begun.error().code != Errc::kCancelled) left.error = begun.error();
    return false;
  }
  if (table.living(left.request)) return false;
  const std::uint64_t id = left.request.id = table.free_id(left.request.id);
  table.held.insert(id);
  table.jobs[id] = table.make(std::move(left.request));
  table.jobs[id]->lie_held(*left.paused);
  return false;
}

// So that its user hears of it and can cancel it.
void list_failed(FolderManager::State& table, Remains left) {
  const std::lock_guard lock(table.mutex);
  const auto same = [&](const auto& other) {
    return other.content == left.request.content && other.folder == left.request.folder;
  };
  if (std::ranges::any_of(table.jobs, [&](const auto& one) { return same(one.second->request()); }))
    return;
  // Its user may know that it failed before.
  const auto old = std::ranges::find_if(table.past, [&](const auto& one) {
    return one.second.state == DownloadState::kFailed && same(one.second);
  });
  if (old != table.past.end()) left.request.id = old->first;
  table.forget_failed(left.request);
  const std::uint64_t id = left.request.id = table.free_id(left.request.id);
  table.jobs[id] = table.make(std::move(left.request));
  table.jobs[id]->lie_failed(*left.error);
  table.forget_old();
}

}  // namespace

std::size_t FolderManager::resume(const std::string& folder) {
  std::size_t taken = 0;
  std::error_code error;
  const std::string place = std::filesystem::canonical(folder, error).string();
  if (error) return 0;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator at(place + "/.part", error), end; !error && at != end;
       at.increment(error)) {
    std::error_code about;
    const std::string name = at->path().filename().string();
    if (name.ends_with(kSuffix) && at->is_directory(about)) names.push_back(name);
  }
  std::ranges::sort(names);
  std::vector<Remains> unusable;  // listed last: their numbers may be unknown, others have theirs
  for (const std::string& name : names) {
    auto left = remains_of(place, name);
    if (!left) continue;
    if (!left->error && take_up(*state_, *left)) ++taken;
    if (left->error) unusable.push_back(std::move(*left));
  }
  for (Remains& left : unusable) list_failed(*state_, std::move(left));
  return taken;
}

}  // namespace shoal::transfer
