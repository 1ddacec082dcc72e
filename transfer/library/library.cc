// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/library.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <system_error>
#include <utility>

#include "proto/types/text.h"
#include "transfer/library/catalogue.h"
#include "transfer/library/folders.h"
#include "transfer/library/given_lists.h"
#include "transfer/library/scan.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {
namespace {

constexpr int kBusyMs = 5000;

tl::unexpected<Error> database_error(const SQLite::Exception& error) {
  const int code = error.getErrorCode();
  return fail(code == SQLITE_FULL ? Errc::kNoSpace : Errc::kIo, "the list of shared files failed",
              error.what(),
              code == SQLITE_FULL ? "free some space" : "start again; a damaged list is rebuilt");
}

template <class Work>
auto guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& error) {
    return database_error(error);
  }
}

// The path as the catalogue names it: absolute, links resolved as far as it exists.
std::string canonical(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::weakly_canonical(path, error);
  std::string text = error ? path : full.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

Fd open_listed(const Place& place) {
  struct open_how how {};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return Fd(
      static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, place.absolute.c_str(), &how, sizeof how)));
}

bool is_damaged(const SQLite::Exception& error) {
  return error.getErrorCode() == SQLITE_CORRUPT || error.getErrorCode() == SQLITE_NOTADB;
}

}  // namespace

std::string_view to_text(ShareState state) {
  switch (state) {
    case ShareState::kReady:
      return "ready";
    case ShareState::kPartial:
      return "partial";
    case ShareState::kMissing:
      return "missing";
  }
  return "unknown";
}

struct Library::State {
  explicit State(const std::string& path)
      : writer_db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMs) {}

  Fd owned;  // the lock file, locked
  SQLite::Database writer_db;
  std::optional<SQLite::Database> reader_db;
  std::optional<Reader> reader;  // on it
  std::optional<FolderReader> folder_reader;
  std::optional<GivenReader> given_reader;
  std::string notice;
  std::vector<std::string> private_folders;
  HashHelp help;
  std::mutex scanning;  // held for a whole scan; taken before `writing`
  std::mutex writing;   // writer_db
  std::mutex reading;   // reader

  // Null: made by a newer version. Throws when the database is damaged.
  static std::unique_ptr<State> open(const std::string& path) {
    auto state = std::make_unique<State>(path);
    if (!prepare_tables(state->writer_db)) return nullptr;
    SQLite::Statement check(state->writer_db, "PRAGMA quick_check(1)");
    if (!check.executeStep() || check.getColumn(0).getString() != "ok") {
      throw SQLite::Exception("it is damaged", SQLITE_CORRUPT);
    }
    state->reader_db.emplace(path, SQLite::OPEN_READONLY, kBusyMs);
    state->reader.emplace(*state->reader_db);
    state->folder_reader.emplace(*state->reader_db);
    state->given_reader.emplace(*state->reader_db);
    return state;
  }

  template <class Ask>
  auto read(Ask ask) -> Result<decltype(ask(std::declval<Reader&>()))> {
    return guarded([&]() -> Result<decltype(ask(std::declval<Reader&>()))> {
      const std::lock_guard lock(reading);
      return ask(*reader);
    });
  }

  template <class Ask>
  auto read_folders(Ask ask) -> Result<decltype(ask(std::declval<FolderReader&>()))> {
    return guarded([&]() -> Result<decltype(ask(std::declval<FolderReader&>()))> {
      const std::lock_guard lock(reading);
      return ask(*folder_reader);
    });
  }

  /// A list that was given, with why it is not whole any more.
  struct Given {
    GivenList list;
    std::string missing;
    std::optional<ContentId> now;  ///< of the same folder
  };
  Result<std::optional<Given>> given(const ContentId& content) {
    return guarded([&]() -> Result<std::optional<Given>> {
      const std::lock_guard lock(reading);
      auto list = given_reader->find(content);
      if (!list) return std::nullopt;
      Given out{std::move(*list), {}, {}};
      out.missing = given_reader->missing(content, out.list);
      out.now = folder_reader->id_of(out.list.share, out.list.path);
      return out;
    });
  }

  Result<FolderList> given_list(const ContentId& content) {
    auto found = given(content);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return fail(Errc::kNotFound, "no such folder", "nothing shared has that id");
    Given& old = **found;
    if (old.missing.empty()) return FolderList{std::move(old.list.name), std::move(old.list.text)};
    return fail(Errc::kSourceChanged, old.list.name + " is not as it was",
                old.list.name + " was changed since that id was given: " + old.missing,
                old.now ? "shoal get " + shoal::to_text(*old.now) + " --folder" : std::string());
  }

  Result<ScanSummary> scan(const ShareRow& share, const ScanRange& range,
                           const OnProgress& progress) {
    const ScanTools tools{closed_folders(private_folders), help};
    auto summary = scan_share(writer_db, writing, share, range, tools, progress);
    if (!summary) return summary;
    const auto infos = read([](Reader& from) { return from.shares(); });
    if (!infos) return tl::unexpected(infos.error());
    const auto info = std::find_if(infos->begin(), infos->end(),
                                   [&](const auto& each) { return each.path == share.path; });
    if (info != infos->end()) summary->share = *info;
    return summary;
  }
};

Library::Library(std::unique_ptr<State> state) : state_(std::move(state)) {}
Library::~Library() = default;
const std::string& Library::notice() const { return state_->notice; }

ClosedFolders Library::closed() const { return closed_folders(state_->private_folders); }

Result<std::unique_ptr<Library>> Library::open(const Options& options) {
  const std::string& path = options.database;
  const std::string what = "cannot open the list of shared files " + path;
  Fd lock(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return fail(Errc::kIo, what, std::generic_category().message(errno));
  if (::flock(lock.value(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Errc::kConflict, what, "another process uses it", "stop the other one");
  }
  std::string notice;
  for (int attempt = 0;; ++attempt) {
    try {
      auto state = State::open(path);
      if (!state) return fail(Errc::kConflict, what, "a newer version made it", "use that version");
      state->owned = std::move(lock);
      state->help = options.help;
      state->notice = notice;
      for (const auto& folder : options.private_folders) {
        state->private_folders.push_back(canonical(folder));
      }
      return std::unique_ptr<Library>(new Library(std::move(state)));
    } catch (const SQLite::Exception& error) {
      if (!is_damaged(error) || attempt > 0) return fail(Errc::kIo, what, error.what());
      std::string aside = path + ".damaged";
      for (int n = 2; std::filesystem::exists(aside); ++n) {
        aside = path + ".damaged-" + std::to_string(n);
      }
      std::error_code failed;
      std::filesystem::rename(path, aside, failed);
      if (failed) return fail(Errc::kIo, what, error.what(), "move it away");
      std::filesystem::remove(path + "-wal", failed);
      std::filesystem::remove(path + "-shm", failed);
      notice = "the list of shared files was damaged (" + std::string(error.what()) +
               "); it was moved to " + aside + " and a new one made: share your folders again";
    }
  }
}

Result<ScanSummary> Library::add_share(const std::string& path, const OnProgress& progress) {
  const std::string full = canonical(path);
  if (const auto root = open_root(full); !root) return tl::unexpected(root.error());
  for (const auto& folder : state_->private_folders) {
    if (!(full + "/").starts_with(folder + "/")) continue;
    return fail(Errc::kDenied, "cannot share " + full,
                "this peer's own key and state are kept there, which are never shared",
                "share another folder");
  }
  return guarded([&]() -> Result<ScanSummary> {
    const std::lock_guard scanning(state_->scanning);
    ShareRow share;
    {
      const std::lock_guard writing(state_->writing);
      share = Writer(state_->writer_db).add_share(full);
    }
    return state_->scan(share, {}, progress);
  });
}

Result<std::vector<ScanSummary>> Library::rescan(const OnProgress& progress) {
  return guarded([&]() -> Result<std::vector<ScanSummary>> {
    const std::lock_guard scanning(state_->scanning);
    std::vector<ShareRow> shares;
    {
      const std::lock_guard writing(state_->writing);
      shares = Writer(state_->writer_db).shares();
    }
    std::vector<ScanSummary> summaries;
    for (const ShareRow& share : shares) {
      {
        const std::lock_guard writing(state_->writing);
        if (!Writer(state_->writer_db).has_share(share.id)) continue;
      }
      auto summary = state_->scan(share, {}, progress);
      if (!summary) return tl::unexpected(summary.error());
      summaries.push_back(std::move(*summary));
    }
    const std::lock_guard writing(state_->writing);
    Writer(state_->writer_db).trim();
    return summaries;
  });
}

Result<ScanSummary> Library::rescan_part(const std::string& path, const std::string& folder,
                                         bool deep, const OnProgress& progress) {
  return guarded([&]() -> Result<ScanSummary> {
    const std::lock_guard scanning(state_->scanning);
    std::vector<ShareRow> shares;
    {
      const std::lock_guard writing(state_->writing);
      shares = Writer(state_->writer_db).shares();
    }
    const auto share = std::ranges::find(shares, path, &ShareRow::path);
    if (share == shares.end()) {
      return fail(Errc::kNotFound, "cannot scan in " + path, "it is not shared");
    }
    return state_->scan(*share, {folder, deep}, progress);
  });
}

Result<void> Library::remove_share(const std::string& path) {
  return guarded([&]() -> Result<void> {
    const std::lock_guard writing(state_->writing);
    Writer writer(state_->writer_db);
    if (writer.remove_share(path) || writer.remove_share(canonical(path))) return {};
    return fail(Errc::kNotFound, "cannot unshare " + path, "it is not shared",
                "`shoal shares` lists what is");
  });
}

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
      found->files.push_back({*query.content, (*old)->list.name});
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
  // At worst it is forgotten when the folder changes.
  static_cast<void>(guarded([&]() -> Result<void> {
    const std::lock_guard writing(state_->writing);
    SQLite::Transaction transaction(state_->writer_db);
    GivenWriter(state_->writer_db).keep(content, **found);
    transaction.commit();
    return {};
  }));
  return FolderList{std::move((*found)->name), std::move((*found)->text)};
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
