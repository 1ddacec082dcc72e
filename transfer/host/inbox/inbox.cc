// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/inbox/inbox.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "transfer/core/sha256.h"
#include "transfer/host/disk/disk.h"
#include "transfer/host/disk/files.h"
#include "transfer/host/disk/name.h"
#include "transfer/host/disk/part_file.h"
#include "transfer/host/inbox/inbox_folders.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kNamesTried = 9999;

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

// Durable, also when it was there: an earlier process may have ended before it was.
Result<FileHandle> folder_at(const FileHandle& parent, const std::string& name) {
  auto done = make_folder(parent, name);
  if (done) done = sync_file(parent);
  if (!done) return tl::unexpected<Error>(done.error());
  return open_beneath(parent, name, O_RDONLY | O_DIRECTORY);
}

Inbox::Options with_full_path(Inbox::Options options) {
  std::error_code error;
  const auto full = fs::absolute(options.folder, error);
  if (!error) options.folder = full.string();
  return options;
}

// The folder of an inbox, made with all above it. From the top, each durable before the next is
// made: an earlier process that ended in between left at most the last one that is there undurable.
Result<FileHandle> inbox_at(const fs::path& path) {
  std::vector<fs::path> missing;
  fs::path there = path.has_filename() ? path : path.parent_path();
  for (std::error_code error; there.has_relative_path() && !fs::exists(there, error);
       there = there.parent_path()) {
    missing.push_back(there);
  }
  // Where we may not read we have not made anything either.
  if (const auto above = open_folder(there.parent_path().string()); above) {
    if (auto done = sync_file(*above); !done) return tl::unexpected<Error>(done.error());
  }
  auto at = open_folder(there.string());
  for (; at && !missing.empty(); missing.pop_back()) {
    std::error_code error;
    fs::create_directory(missing.back(), error);  // an error shows when it is opened
    if (auto done = sync_file(*at); !done) return tl::unexpected<Error>(done.error());
    at = open_folder(missing.back().string());
  }
  return at;
}

}  // namespace

std::string inbox_name(std::string_view remote) {
  std::string name = safe_name(remote);
  if (name.front() == '.') name.front() = '_';  // what is hidden is neither shown nor shared
  return name;
}

std::string giver_folder(const Giver& giver, std::string_view name) {
  std::string folder = name.empty() ? std::string("friend") : inbox_name(name.substr(0, 64));
  return folder + "-" + giver.substr(0, kShortIdSize);
}

Inbox::Inbox(Options options) : options_(with_full_path(std::move(options))) {}

// What an earlier process moved out may not be durable yet: it may have ended before.
Result<void> Inbox::sync_moved_out() const {
  std::vector<std::string> places{options_.folder};
  for (const auto& name : folders_in(options_.folder)) {
    if (name != ".waiting") places.push_back(options_.folder + "/" + name);
  }
  for (const std::string& place : places) {
    const auto at = open_folder(place);
    if (!at) return tl::unexpected<Error>(at.error());
    if (auto done = sync_file(*at); !done) return done;
  }
  return {};
}

void Inbox::tidy() {
  const std::lock_guard lock(mutex_);
  std::optional<bool> moved_out;  // durable, once it matters
  const std::string top = waiting_folder();
  std::error_code ignored;
  for (const auto& giver : folders_in(top)) {
    for (const auto& name : folders_in(top + "/" + giver)) {
      if (const auto held = moving_.find({giver, name});
          held != moving_.end() && !held->second.expired()) {
        continue;
      }
      const std::string path = top + "/" + giver + "/" + name;
      const auto entry = entry_at(giver, name);
      const bool old =
          entry && entry->path.empty() &&
          unix_now() - entry->since_unix >
              std::chrono::duration_cast<std::chrono::seconds>(limits::kInboxPartKept).count();
      if (!entry && !moved_out) moved_out = sync_moved_out().has_value();
      if (!entry && !*moved_out) continue;
      if (name.starts_with(kUploadPrefix) || !entry || old) fs::remove_all(path, ignored);
    }
    fs::remove(top + "/" + giver, ignored);  // when it is empty
  }
}

Result<void> Inbox::check(const Giver& giver, std::uint64_t length, bool new_one,
                          const std::vector<Idle>& without) const {
  if (!new_one) return {};  // counted when it began
  const std::size_t wait = folders_in(waiting_folder() + "/" + giver).size();
  if (wait - std::min(wait, without.size()) >= limits::kInboxFilesPerGiver) {
    return fail(Errc::kOverloaded, "the inbox does not take the file",
                std::to_string(limits::kInboxFilesPerGiver) + " files of yours wait there",
                "wait until some of them are accepted or rejected");
  }
  auto [all, of_giver] = used(giver);
  for (const Idle& one : without) {
    all -= std::min(all, one.length);
    of_giver -= std::min(of_giver, one.length);
  }
  const auto refuse = [&](const std::string& whose, std::uint64_t quota, std::uint64_t taken) {
    return fail(Errc::kTooLarge, "the inbox does not take the file",
                "it needs " + mebibytes(length + (1U << 20U) - 1) + ", and " + whose + " has " +
                    mebibytes(quota > taken ? quota - taken : 0) + " left of " + mebibytes(quota),
                "ask its owner to accept or reject what waits, or for a larger quota");
  };
  const bool bounded = giver != kRestGiver;
  if (bounded && (of_giver > options_.giver_quota || length > options_.giver_quota - of_giver)) {
    return refuse("a friend", options_.giver_quota, of_giver);
  }
  if (all > options_.quota || length > options_.quota - all) {
    return refuse("it", options_.quota, all);
  }
  return {};
}

std::vector<Inbox::Idle> Inbox::idle_parts(const Giver& giver) const {
  std::vector<Idle> all;
  for (const auto& name : folders_in(waiting_folder() + "/" + giver)) {
    const auto entry = entry_at(giver, name);
    if (entry && (entry->moving || !entry->path.empty())) continue;
    all.push_back({name, length_of(name).value_or(0), entry ? entry->since_unix : 0});
  }
  std::ranges::stable_sort(all, {}, &Idle::since_unix);
  return all;
}

// Parts of that giver that nobody sends make room, but only if that helps.
Result<void> Inbox::make_room(const Giver& giver, std::uint64_t length, bool new_one) {
  if (length > limits::kFileBytesMax) {
    return fail(Errc::kTooLarge, "the inbox does not take the file", "no file is that long");
  }
  auto fits = check(giver, length, new_one, {});
  if (fits) return fits;
  const auto idle = idle_parts(giver);
  if (!check(giver, length, new_one, idle)) return fits;
  for (const Idle& oldest : idle) {
    std::error_code error;
    fs::remove_all(waiting_folder() + "/" + giver + "/" + oldest.name, error);
    if (error) return fail(Errc::kIo, "the inbox cannot make room", error.message());
    fits = check(giver, length, new_one, {});
    if (fits) break;
  }
  return fits;
}

Result<std::shared_ptr<Reception>> Inbox::make(const Giver& giver, const std::string& name,
                                               const ContentId& content) {
  if (const auto held = moving_.find({giver, name});
      held != moving_.end() && !held->second.expired()) {
    return fail(Errc::kConflict, "the inbox does not take the file", "it is on its way already",
                "wait for that to end");
  }
  const std::string path = waiting_folder() + "/" + giver + "/" + name;
  std::error_code ignored;
  const bool new_one = !fs::exists(path, ignored);
  if (auto fits = make_room(giver, content.length, new_one); !fits) {
    return tl::unexpected<Error>(fits.error());
  }
  auto at = inbox_at(options_.folder);
  for (const auto& step : {std::string(".waiting"), giver, name}) {
    if (at) at = folder_at(*at, step);
  }
  if (!at) return tl::unexpected<Error>(at.error());
  auto reception = std::make_shared<Reception>();
  reception->giver = giver;
  reception->content = content;
  reception->folder = path;
  moving_[{giver, name}] = reception;
  std::erase_if(moving_, [](const auto& one) { return one.second.expired(); });
  return reception;
}

Result<std::shared_ptr<Reception>> Inbox::receive(const Giver& giver, const ContentId& content) {
  const std::lock_guard lock(mutex_);
  return make(giver, to_text(content), content);
}

Result<std::shared_ptr<Reception>> Inbox::receive_unnamed(const Giver& giver,
                                                          std::uint64_t length) {
  std::array<std::uint8_t, 8> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return tl::unexpected<Error>(os_error(errno, "cannot take the upload"));
  }
  const std::lock_guard lock(mutex_);
  ContentId content;
  content.length = length;
  return make(giver, std::string(kUploadPrefix) + to_hex(random) + "-" + std::to_string(length),
              content);
}

Result<void> Inbox::name_content(Reception& reception, const ContentId& content) {
  const std::lock_guard lock(mutex_);
  const fs::path from = reception.folder;
  const std::string to = (from.parent_path() / to_text(content)).string();
  reception.content = content;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno != EEXIST) return tl::unexpected<Error>(os_error(errno, "cannot keep the upload"));
    const auto there = entry_at(reception.giver, to_text(content));
    std::error_code error;
    if (there && !there->path.empty()) {
      fs::remove_all(from, error);
      return {};
    }
    // A part that nobody finished stands in the way of the whole.
    fs::remove_all(to, error);
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
      return tl::unexpected<Error>(os_error(errno, "cannot keep the upload"));
    }
  }
  reception.folder = to;
  auto parent = open_folder(from.parent_path().string());
  if (!parent) return tl::unexpected<Error>(parent.error());
  return sync_file(*parent);
}

void Inbox::forget(const Reception& reception) {
  const std::lock_guard lock(mutex_);
  std::error_code ignored;
  fs::remove_all(reception.folder, ignored);
  fs::remove(fs::path(reception.folder).parent_path(), ignored);
}

void Inbox::forget_empty(const Reception& reception) {
  const std::lock_guard lock(mutex_);
  std::error_code ignored;
  const fs::path folder = reception.folder;
  fs::remove(folder / ".part", ignored);  // each only when nothing is in it
  fs::remove(folder, ignored);
  fs::remove(folder.parent_path(), ignored);
}

Result<std::string> Inbox::move_out(const InboxEntry& entry, const std::string& subfolder) {
  const std::lock_guard lock(mutex_);
  const auto now = entry_at(entry.giver, to_text(entry.content));
  if (!now) return fail(Errc::kNotFound, "no such file in the inbox", "it is gone");
  if (now->path.empty()) {
    return fail(Errc::kConflict, "cannot accept the file", "it is not whole yet",
                "wait for it: shoal inbox");
  }
  auto from = open_folder(fs::path(now->path).parent_path().string());
  if (!from) return tl::unexpected<Error>(from.error());
  auto to = inbox_at(options_.folder);
  if (to && !subfolder.empty()) to = folder_at(*to, subfolder);
  if (!to) return tl::unexpected<Error>(to.error());
  std::string name = now->name;
  for (unsigned number = 2; ::renameat2(from->value(), now->name.c_str(), to->value(), name.c_str(),
                                        RENAME_NOREPLACE) != 0;
       ++number) {
    if (errno != EEXIST || number > kNamesTried) {
      return tl::unexpected<Error>(os_error(errno, "cannot accept the file"));
    }
    name = numbered_name(now->name, number);
  }
  // The new name first: a crash between the two leaves two names of one file at worst.
  if (auto done = sync_file(*to); !done) return tl::unexpected<Error>(done.error());
  std::error_code ignored;
  const fs::path folder = fs::path(now->path).parent_path();
  fs::remove_all(folder, ignored);
  fs::remove(folder.parent_path(), ignored);
  return options_.folder + (subfolder.empty() ? "" : "/" + subfolder) + "/" + name;
}

Result<void> Inbox::reject(const InboxEntry& entry) {
  const std::lock_guard lock(mutex_);
  const std::string giver_path = waiting_folder() + "/" + entry.giver;
  for (const auto& name : folders_in(giver_path)) {
    if (entry_id(entry.giver, name) != entry.id) continue;
    if (const auto held = moving_.find({entry.giver, name}); held != moving_.end()) {
      if (const auto reception = held->second.lock()) reception->revoked = true;
    }
    std::error_code error;
    fs::remove_all(giver_path + "/" + name, error);
    if (error) return fail(Errc::kIo, "cannot reject the file", error.message());
    fs::remove(giver_path, error);
    return {};
  }
  return fail(Errc::kNotFound, "no such file in the inbox", "it is gone");
}

}  // namespace shoal::transfer
