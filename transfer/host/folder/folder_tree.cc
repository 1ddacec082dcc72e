// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder/folder_tree.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <system_error>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "transfer/core/merkle.h"
#include "transfer/host/disk/name.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kNamesTried = 9999;
constexpr std::size_t kReadBytes = std::size_t{1} << 20U;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY;

tl::unexpected<Error> failed(std::string what) {
  return tl::unexpected<Error>(os_error(errno, std::move(what)));
}

tl::unexpected<Error> cancelled() {
  return fail(Errc::kCancelled, "the folder was not finished", "it was stopped");
}

tl::unexpected<Error> not_as_listed(const std::string& path, const std::string& why) {
  return fail(Errc::kIntegrity, "the folder is not as its list says", path + ": " + why,
              "it is put together again");
}

std::pair<std::string, std::string> split(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

// The folder `path` below `top`, with all above it; those that are made go into `made`.
Result<FileHandle> make_folders(const FileHandle& top, const std::string& path,
                                std::set<std::string>& made) {
  auto at = open_beneath(top, ".", kFolderFlags);
  for (std::size_t from = 0; at && from < path.size();) {
    const auto slash = std::min(path.find('/', from), path.size());
    const std::string name = path.substr(from, slash - from);
    // As a folder that the user makes; until it has its name another one keeps others out.
    if (::mkdirat(at->value(), name.c_str(), 0777) != 0 && errno != EEXIST) {
      return failed("cannot make the folder " + path);
    }
    made.insert(path.substr(0, slash));
    at = open_beneath(*at, name, kFolderFlags);
    from = slash + 1;
  }
  return at;
}

Result<void> copy_bytes(const FileHandle& from, const FileHandle& to, std::uint64_t length,
                        const FolderTree::OnBytes& on_bytes) {
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t at = 0; at < length; at += bytes.size()) {
    bytes.resize(std::min<std::uint64_t>(kReadBytes, length - at));
    if (auto done = read_at(from, at, bytes); !done) return done;
    if (auto done = write_at(to, at, bytes); !done) return done;
    if (on_bytes && !on_bytes(bytes.size())) return cancelled();
  }
  return sync_file(to);
}

// The content id of an open file of that length.
Result<ContentId> content_of(const FileHandle& file, std::uint64_t length,
                             const FolderTree::OnBytes& on_bytes) {
  TreeHasher hasher(length);
  std::vector<std::uint8_t> bytes;
  while (hasher.seen() < length) {
    bytes.resize(std::min<std::uint64_t>(kReadBytes, length - hasher.seen()));
    if (auto done = read_at(file, hasher.seen(), bytes); !done) {
      return tl::unexpected<Error>(done.error());
    }
    static_cast<void>(hasher.update(bytes));
    if (on_bytes && !on_bytes(bytes.size())) return cancelled();
  }
  return hasher.finish().id;
}

// Every path that the entries make, folders too, with the number of its entry.
constexpr std::size_t kFolder = static_cast<std::size_t>(-1);
std::map<std::string, std::size_t> paths_of(const std::vector<PlacedEntry>& entries) {
  std::map<std::string, std::size_t> paths;
  for (std::size_t at = 0; at < entries.size(); ++at) {
    const std::string& path = entries[at].path;
    for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
      paths.emplace(path.substr(0, slash), kFolder);
    }
    paths.emplace(path, entries[at].content ? at : kFolder);
  }
  return paths;
}

}  // namespace

std::string FolderTree::stage_of(const std::string& folder, const ContentId& list) {
  return folder + "/.part/" + to_text(list) + ".folder";
}

FolderTree::FolderTree(const std::string& folder, const ContentId& list)
    : folder_path_(folder), path_(stage_of(folder, list)), name_(to_text(list) + ".folder") {}

Result<void> FolderTree::open_stage(bool make) {
  auto top = transfer::open_folder(folder_path_);
  if (!top) return tl::unexpected<Error>(top.error());
  folder_ = std::move(*top);
  if (auto made = make ? make_folder(folder_, ".part") : Result<void>(); !made) return made;
  auto parts = open_beneath(folder_, ".part", kFolderFlags);
  if (!parts) return tl::unexpected<Error>(parts.error());
  parts_ = std::move(*parts);
  if (auto made = make ? make_folder(parts_, name_) : Result<void>(); !made) return made;
  auto stage = open_beneath(parts_, name_, kFolderFlags);
  if (!stage) return tl::unexpected<Error>(stage.error());
  stage_ = std::move(*stage);
  return {};
}

Result<FolderTree> FolderTree::open(const std::string& folder, const ContentId& list) {
  FolderTree tree(folder, list);
  if (auto opened = tree.open_stage(true); !opened) return tl::unexpected<Error>(opened.error());
  auto lock = open_beneath(tree.stage_, "lock", O_RDWR | O_CREAT);
  if (!lock) return tl::unexpected<Error>(lock.error());
  if (::flock(lock->value(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Errc::kConflict, "cannot fetch into this folder",
                "another process fetches the same folder there", "wait for it");
  }
  tree.lock_ = std::move(*lock);
  return tree;
}

Result<FolderTree> FolderTree::look(const std::string& folder, const ContentId& list) {
  FolderTree tree(folder, list);
  if (auto opened = tree.open_stage(false); !opened) return tl::unexpected<Error>(opened.error());
  return tree;
}

std::uint64_t FolderTree::part_bytes() const {
  constexpr std::uint64_t kBlock = 512;  // of st_blocks
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator at(path_ + "/.part", error), end; !error && at != end;
       at.increment(error)) {
    struct stat about {};
    if (at->path().extension() == ".part" && ::lstat(at->path().c_str(), &about) == 0) {
      bytes += static_cast<std::uint64_t>(about.st_blocks) * kBlock;
    }
  }
  return bytes;
}

bool FolderTree::has(const ContentId& content) const {
  struct stat about {};
  return ::fstatat(stage_.value(), to_text(content).c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(about.st_mode) && static_cast<std::uint64_t>(about.st_size) == content.length;
}

Result<bool> FolderTree::has_whole(const ContentId& content) const {
  if (!has(content)) return false;
  const auto file = open_beneath(stage_, to_text(content), O_RDONLY);
  if (!file) return tl::unexpected<Error>(file.error());
  const auto got = content_of(*file, content.length, {});
  if (!got) return tl::unexpected<Error>(got.error());
  return *got == content;
}

Result<std::vector<ListingEntry>> FolderTree::read_list(const ContentId& list) const {
  if (list.length > limits::kListingBytes) {
    return fail(Errc::kTooLarge, "that is no folder", "no folder's list is that long");
  }
  const auto file = open_beneath(stage_, to_text(list), O_RDONLY);
  if (!file) return tl::unexpected<Error>(file.error());
  std::string text(list.length, '\0');
  auto got = read_at(*file, 0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!got) return tl::unexpected<Error>(got.error());
  return parse_listing(text);
}

void FolderTree::drop(const ContentId& content) {
  ::unlinkat(stage_.value(), to_text(content).c_str(), 0);
}

Result<void> FolderTree::keep(const std::string& note) {
  ::unlinkat(stage_.value(), "note.new", 0);
  {
    const auto file = open_beneath(stage_, "note.new", O_WRONLY | O_CREAT | O_EXCL);
    if (!file) return tl::unexpected<Error>(file.error());
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(note.data());
    auto done = write_at(*file, 0, {bytes, note.size()});
    if (done) done = sync_file(*file);
    if (!done) return done;
  }
  if (::renameat(stage_.value(), "note.new", stage_.value(), "note") != 0) {
    return failed("cannot keep what is fetched");
  }
  if (auto done = sync_file(stage_); !done) return done;
  return sync_file(parts_);
}

Result<std::optional<std::string>> FolderTree::note() const {
  const auto file = open_beneath(stage_, "note", O_RDONLY);
  if (!file && file.error().code == Errc::kNotFound) return std::nullopt;
  if (!file) return tl::unexpected<Error>(file.error());
  struct stat about {};
  if (::fstat(file->value(), &about) != 0) return failed("cannot read what is fetched");
  constexpr off_t kNoteMax = off_t{1} << 20U;
  if (about.st_size > kNoteMax) return fail(Errc::kIo, "cannot read what is fetched");
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  auto got = read_at(*file, 0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!got) return tl::unexpected<Error>(got.error());
  return text;
}

Result<void> FolderTree::take(const FileHandle& into, const std::string& name,
                              const ContentId& content, bool first, const OnBytes& on_bytes) {
  const std::string staged = to_text(content);
  // The first to have it shares the bytes with what was fetched, which goes in the end. Others are
  // files of their own: who edits one of them edits no other.
  if (content.length > 0 && first &&
      ::linkat(stage_.value(), staged.c_str(), into.value(), name.c_str(), 0) == 0) {
    return on_bytes && !on_bytes(content.length) ? cancelled() : Result<void>();
  }
  auto to = open_beneath(into, name, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (!to) return tl::unexpected<Error>(to.error());
  if (content.length == 0) return {};  // its name is all that there is to sync
  const auto from = open_beneath(stage_, staged, O_RDONLY);
  if (!from) return tl::unexpected<Error>(from.error());
  return copy_bytes(*from, *to, content.length, on_bytes);
}

Result<void> FolderTree::build(const std::vector<PlacedEntry>& entries, const OnBytes& on_bytes) {
  std::error_code error;
  fs::remove_all(path_ + "/tree", error);
  if (error) return fail(Errc::kIo, "cannot make the folder anew", error.message());
  std::set<std::string> made;
  auto top = make_folders(stage_, "tree", made);
  if (!top) return tl::unexpected<Error>(top.error());
  made = {"."};
  std::set<ContentId> used;
  std::string last;
  auto into = open_beneath(*top, ".", kFolderFlags);
  for (const PlacedEntry& entry : entries) {
    auto [parent, name] = split(entry.path);
    if (!entry.content) parent = entry.path;
    if (parent != last || !into) into = make_folders(*top, parent, made);
    if (!into) return tl::unexpected<Error>(into.error());
    last = parent;
    if (!entry.content) continue;
    const bool first = used.insert(*entry.content).second;
    auto done = take(*into, name, *entry.content, first, on_bytes);
    if (!done) return done;
  }
  constexpr std::size_t kSyncedOneByOne = 64;
  if (made.size() > kSyncedOneByOne) {
    if (::syncfs(stage_.value()) == 0) return {};
    return failed("cannot make the folder durable");
  }
  for (const std::string& path : made) {
    const auto folder = open_beneath(*top, path, kFolderFlags);
    if (!folder) return tl::unexpected<Error>(folder.error());
    if (auto done = sync_file(*folder); !done) return done;
  }
  return sync_file(stage_);
}

Result<void> FolderTree::check(const FileHandle& top, const std::vector<PlacedEntry>& entries,
                               const OnBytes& on_bytes) {
  spoiled_.reset();
  auto missing = paths_of(entries);
  const std::string path = "/proc/self/fd/" + std::to_string(top.value());
  std::error_code error;
  fs::recursive_directory_iterator at(path, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const std::string found = at->path().string().substr(path.size() + 1);
    const auto expected = missing.find(found);
    if (expected == missing.end()) return not_as_listed(found, "it is not in the list");
    const std::size_t number = expected->second;
    missing.erase(expected);
    if (number == kFolder) {
      if (at->is_symlink(error) || !at->is_directory(error)) {
        return not_as_listed(found, "it is no folder");
      }
      continue;
    }
    const ContentId& content = *entries[number].content;
    const auto file = open_beneath(top, found, O_RDONLY);
    struct stat about {};
    if (!file || ::fstat(file->value(), &about) != 0) return not_as_listed(found, "it is no file");
    if (static_cast<std::uint64_t>(about.st_size) != content.length) {
      spoiled_ = content;
      return not_as_listed(found, "its length is another");
    }
    const auto got = content_of(*file, content.length, on_bytes);
    if (!got) return tl::unexpected<Error>(got.error());
    if (*got == content) continue;
    spoiled_ = content;
    return not_as_listed(found, "its bytes are others");
  }
  if (error) return fail(Errc::kIo, "cannot read the folder", error.message());
  if (!missing.empty()) return not_as_listed(missing.begin()->first, "it is missing");
  return {};
}

Result<void> FolderTree::verify(const std::vector<PlacedEntry>& entries, const OnBytes& on_bytes) {
  const auto top = open_beneath(stage_, "tree", kFolderFlags);
  if (!top) return tl::unexpected<Error>(top.error());
  return check(*top, entries, on_bytes);
}

Result<void> FolderTree::verify_placed(const std::string& name,
                                       const std::vector<PlacedEntry>& entries,
                                       const OnBytes& on_bytes) {
  const auto top = open_beneath(folder_, name, kFolderFlags);
  if (!top) return tl::unexpected<Error>(top.error());
  return check(*top, entries, on_bytes);
}

Result<std::string> FolderTree::free_name(const std::string& safe) const {
  std::string name = safe;
  for (unsigned number = 2; number <= kNamesTried; ++number) {
    struct stat about {};
    if (::fstatat(folder_.value(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) return name;
    name = numbered_name(safe, number);
  }
  return fail(Errc::kConflict, "cannot name the folder " + safe,
              "that name and " + std::to_string(kNamesTried) + " like it are taken",
              "move some of them away");
}

Result<std::string> FolderTree::give_name(const std::string& name) {
  if (::renameat2(stage_.value(), "tree", folder_.value(), name.c_str(), RENAME_NOREPLACE) != 0) {
    return failed("cannot name the folder " + name);
  }
  if (auto done = sync_name(); !done) return tl::unexpected<Error>(done.error());
  return folder_path_ + "/" + name;
}

Result<void> FolderTree::sync_name() {
  if (auto done = sync_file(folder_); !done) return done;
  return sync_file(stage_);
}

void FolderTree::remove() {
  std::error_code ignored;
  // The note first: what was cancelled must not come back.
  ::unlinkat(stage_.value(), "note", 0);
  fs::remove_all(path_, ignored);
}

}  // namespace shoal::transfer
