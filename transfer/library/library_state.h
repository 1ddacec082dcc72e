// SPDX-License-Identifier: Apache-2.0
// What a library is made of. Internal: library.cc opens it and scans, library_read.cc asks it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "proto/types/text.h"
#include "transfer/library/catalogue.h"
#include "transfer/library/folder_entries.h"
#include "transfer/library/folders.h"
#include "transfer/library/given_lists.h"
#include "transfer/library/library.h"
#include "transfer/library/scan.h"
#include "transfer/library/walk.h"

namespace shoal::transfer {

inline constexpr int kBusyMs = 5000;

inline tl::unexpected<Error> database_error(const SQLite::Exception& error) {
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

/// The path as the catalogue names it: absolute, links resolved as far as it exists.
inline std::string canonical(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::weakly_canonical(path, error);
  std::string text = error ? path : full.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
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
    GivenFolder folder;
    std::string missing;
    std::optional<ContentId> now;  ///< of the same folder
  };
  Result<std::optional<Given>> given(const ContentId& content) {
    return guarded([&]() -> Result<std::optional<Given>> {
      const std::lock_guard lock(reading);
      auto folder = given_reader->find(content);
      if (!folder) return std::nullopt;
      Given out{std::move(*folder), {}, {}};
      out.missing = given_reader->missing(content, out.folder);
      out.now = folder_reader->id_of(out.folder.share, out.folder.path);
      return out;
    });
  }

  Result<FolderList> given_list(const ContentId& content) {
    auto found = given(content);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return fail(Errc::kNotFound, "no such folder", "nothing shared has that id");
    Given& old = **found;
    if (!old.missing.empty()) {
      return fail(Errc::kSourceChanged, old.folder.name + " was changed since that id was given",
                  old.missing,
                  old.now ? "shoal get " + shoal::to_text(*old.now) + " --folder" : std::string());
    }
    return guarded([&]() -> Result<FolderList> {
      std::string text;
      {
        const std::lock_guard lock(reading);
        text = given_reader->text(content);
      }
      auto tree = list_tree(text);
      // It may have gone meanwhile.
      if (tree.id != content) return fail(Errc::kNotFound, "no such folder", "it was forgotten");
      return FolderList{std::move(old.folder.name), std::move(text), std::move(tree)};
    });
  }

  /// Notes that it was given. At worst it is forgotten when the folder changes.
  void keep_given(const ContentId& content, const GivenList& list) {
    static_cast<void>(guarded([&]() -> Result<void> {
      {
        // Each write voids what is known of all that was given.
        const std::lock_guard lock(reading);
        if (given_reader->is_newest(content, list.folder)) return {};
      }
      const std::lock_guard lock(writing);
      SQLite::Transaction transaction(writer_db);
      GivenWriter(writer_db).keep(content, list);
      transaction.commit();
      return {};
    }));
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

}  // namespace shoal::transfer
