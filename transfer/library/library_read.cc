// SPDX-License-Identifier: Apache-2.0
// What a library answers.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "transfer/library/library_state.h"

namespace shoal::transfer {
namespace {

Fd open_listed(const Place& place) {
  struct open_how how {};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return Fd(
      static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, place.absolute.c_str(), &how, sizeof how)));
}

}  // namespace

Result<std::vector<ShareInfo>> Library::shares() const {
  return state_->read([](Reader& reader) { return reader.shares(); });
}
Result<std::vector<ScanError>> Library::errors() const {
  return state_->read([](Reader& reader) { return reader.errors(); });
}
Result<LibraryStats> Library::stats() const {
  return state_->read([](Reader& reader) { return reader.stats(); });
}
Result<std::vector<LibraryFile>> Library::files(const std::string& terms, std::size_t limit,
                                                std::int64_t after) const {
  return state_->read([&](Reader& reader) { return reader.files(terms, limit, after); });
}
Result<LibraryMatches> Library::search(const LibraryQuery& query) const {
  LibraryQuery of_folders = query;
  if (!query.content) of_folders.limit = query.limit / 4 + (query.limit % 4 != 0 ? 1 : 0);
  auto found =
      state_->read_folders([&](FolderReader& reader) { return reader.search(of_folders); });
  if (!found) return found;
  if (query.content && found->files.empty() && query.limit > 0) {
    const auto old = state_->given(*query.content);
    if (!old) return tl::unexpected(old.error());
    const bool fits =
        query.content->length >= query.length_min && query.content->length <= query.length_max;
    if (fits && *old && (*old)->missing.empty()) {
      found->files.push_back({*query.content, (*old)->folder.name});
    }
  }
  LibraryQuery of_files = query;
  of_files.limit -= std::min(of_files.limit, found->files.size());
  auto files = state_->read([&](Reader& reader) { return reader.search(of_files); });
  if (!files) return files;
  found->files.insert(found->files.end(), files->files.begin(), files->files.end());
  found->excess += files->excess;
  return found;
}

Result<std::vector<shoal::SharedFile>> Library::contents(const ContentId& after,
                                                         std::size_t limit) const {
  auto files = state_->read([&](Reader& reader) { return reader.contents(after, limit); });
  if (!files) return files;
  auto folders =
      state_->read_folders([&](FolderReader& reader) { return reader.contents(after, limit); });
  if (!folders) return folders;
  std::vector<shoal::SharedFile> both;
  std::ranges::set_union(*files, *folders, std::back_inserter(both), {},
                         &shoal::SharedFile::content, &shoal::SharedFile::content);
  if (both.size() > limit) both.resize(limit);
  return both;
}

Result<HitFile> Library::at(const std::string& path) const {
  const std::string full = canonical(path);
  auto found = state_->read_folders([&](FolderReader& reader) { return reader.at(full); });
  if (!found) return tl::unexpected(found.error());
  if (*found) {
    // Kept as it is now, should it be a folder's.
    if ((*found)->name.ends_with('/')) static_cast<void>(folder_list((*found)->content));
    return std::move(**found);
  }
  return fail(Errc::kNotFound, full + " is not shared", "no share lists it",
              "shoal share it first; shoal shares lists what is");
}

Result<Library::FolderList> Library::folder_list(const ContentId& content) const {
  auto found = state_->read_folders([&](FolderReader& reader) { return reader.list(content); });
  if (!found) return tl::unexpected(found.error());
  if (!*found) return state_->given_list(content);
  GivenList& list = (*found)->list;
  state_->keep_given(content, list);
  return FolderList{std::move(list.folder.name), std::move(list.text), std::move((*found)->tree)};
}

Result<std::int64_t> Library::version() const {
  return guarded([&]() -> Result<std::int64_t> {
    const std::lock_guard lock(state_->reading);
    return state_->reader_db->execAndGet("PRAGMA data_version").getInt64();
  });
}

Result<SharedFile> Library::open_file(const ContentId& content) const {
  const auto places = state_->read([&](Reader& reader) { return reader.places(content); });
  if (!places) return tl::unexpected(places.error());
  if (places->empty()) return fail(Errc::kNotFound, "no such file", "nothing shared has that id");
  for (const Place& place : *places) {
    SharedFile file;
    file.fd = open_listed(place);
    file.content = content;
    file.name = place.name;
    file.stamp = place.stamp;
    file.path = place.absolute;
    if (!file.fd || !file.recheck()) continue;
    auto layer = state_->read([&](Reader& reader) { return reader.layer(content); });
    if (!layer) return tl::unexpected(layer.error());
    file.layer = std::move(*layer);
    return file;
  }
  return fail(Errc::kSourceChanged, places->front().name + " is not served any more",
              "it was edited, moved or removed since it was shared",
              "a rescan shares it as it is now");
}

}  // namespace shoal::transfer
