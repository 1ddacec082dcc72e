// SPDX-License-Identifier: Apache-2.0
// What lies in an inbox.
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "proto/types/text.h"
#include "transfer/core/sha256.h"
#include "transfer/host/inbox/inbox_folders.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdDigits = 12;

std::uint64_t bytes_in(const std::string& path) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code about;
    if (at->symlink_status(about).type() != fs::file_type::regular) continue;
    const auto size = at->file_size(about);
    if (!about) bytes += size;
  }
  return bytes;
}

// Whether a folder of the inbox is one for files that were taken without asking.
bool is_giver_folder(const std::string& name) {
  const auto dash = name.rfind('-');
  if (dash == std::string::npos || name.size() - dash - 1 != kShortIdSize) return false;
  return std::ranges::all_of(name.substr(dash + 1), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
  });
}

std::int64_t unix_time_of(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0 ? static_cast<std::int64_t>(about.st_mtim.tv_sec) : 0;
}

}  // namespace

std::vector<std::string> folders_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::error_code about;
    if (at->symlink_status(about).type() == fs::file_type::directory) {
      names.push_back(at->path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

std::optional<std::uint64_t> length_of(const std::string& name) {
  if (const auto id = parse_content_id(name)) return id->length;
  if (!name.starts_with(kUploadPrefix)) return std::nullopt;
  const auto dash = name.rfind('-');
  std::uint64_t length = 0;
  const char* const end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data() + dash + 1, end, length);
  if (error != std::errc{} || at != end) return std::nullopt;
  return length;
}

std::string entry_id(const Giver& giver, const std::string& name) {
  const std::string text = giver + "/" + name;
  Sha256 sha;
  const auto hash = sha.of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return to_hex(hash.bytes).substr(0, kIdDigits);
}

std::pair<std::uint64_t, std::uint64_t> Inbox::used(const Giver& giver) const {
  std::uint64_t all = 0;
  std::uint64_t of_giver = 0;
  const auto count = [&](std::uint64_t bytes, bool his) {
    all += bytes;
    if (his) of_giver += bytes;
  };
  for (const auto& one : folders_in(waiting_folder())) {
    for (const auto& name : folders_in(waiting_folder() + "/" + one)) {
      count(length_of(name).value_or(0), one == giver);
    }
  }
  for (const auto& name : folders_in(options_.folder)) {
    if (!is_giver_folder(name)) continue;
    count(bytes_in(options_.folder + "/" + name),
          name.ends_with("-" + giver.substr(0, kShortIdSize)));
  }
  return {all, of_giver};
}

std::optional<InboxEntry> Inbox::entry_at(const Giver& giver, const std::string& name) const {
  InboxEntry entry;
  entry.id = entry_id(giver, name);
  entry.giver = giver;
  const std::string path = waiting_folder() + "/" + giver + "/" + name;
  if (const auto held = moving_.find({giver, name}); held != moving_.end()) {
    if (const auto reception = held->second.lock()) {
      entry.moving = !reception->revoked;
      entry.bytes = reception->bytes;
    }
  }
  const auto id = parse_content_id(name);
  if (!id && (!name.starts_with(kUploadPrefix) || !length_of(name))) return std::nullopt;
  entry.content = id ? *id : ContentId{{}, *length_of(name)};
  std::error_code error;
  bool begun = false;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::error_code about;
    const std::string file = at->path().filename().string();
    if (at->symlink_status(about).type() != fs::file_type::regular || !id) continue;
    if (file.starts_with('.') || at->file_size(about) != id->length || about) continue;
    entry.name = file;
    entry.path = at->path().string();
    entry.bytes = id->length;
    entry.since_unix = unix_time_of(entry.path);
  }
  if (!entry.path.empty()) return entry;
  const std::string parts = path + "/.part";
  for (fs::directory_iterator at(parts, error), end; !error && at != end; at.increment(error)) {
    begun = true;
    entry.since_unix = std::max(entry.since_unix, unix_time_of(at->path().string()));
  }
  if (!begun && !entry.moving) return std::nullopt;
  return entry;
}

std::vector<InboxEntry> Inbox::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<InboxEntry> all;
  for (const auto& giver : folders_in(waiting_folder())) {
    for (const auto& name : folders_in(waiting_folder() + "/" + giver)) {
      if (auto entry = entry_at(giver, name)) all.push_back(std::move(*entry));
    }
  }
  std::ranges::stable_sort(all, {}, &InboxEntry::since_unix);
  return all;
}

Result<InboxEntry> Inbox::find(const Giver& giver, const ContentId& content) const {
  const std::lock_guard lock(mutex_);
  if (auto entry = entry_at(giver, to_text(content))) return std::move(*entry);
  return fail(Errc::kNotFound, "no such file in the inbox");
}

Result<InboxEntry> Inbox::find(const std::string& word) const {
  std::vector<InboxEntry> found;
  for (auto& entry : list()) {
    if (word.size() >= 4 && entry.id.starts_with(word)) found.push_back(std::move(entry));
  }
  if (found.size() == 1) return std::move(found.front());
  if (!found.empty()) {
    return fail(Errc::kInvalidArgument, word + " is more than one file in the inbox", {},
                "write more of the id");
  }
  return fail(Errc::kNotFound, "no file in the inbox has the id " + word.substr(0, 40), {},
              "shoal inbox lists them");
}

}  // namespace shoal::transfer
