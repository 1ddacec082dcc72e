// SPDX-License-Identifier: Apache-2.0
#include "transfer/library/library.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "proto/types/assert.h"
#include "transfer/core/merkle.h"
#include "transfer/library/library_state.h"

namespace shoal::transfer {
namespace {

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

Result<void> Library::remember(const std::string& path, const FileTree& tree) {
  SHOAL_ASSERT(tree.layer.size() < 2 || tree.layer.size() == Layout(tree.id.length).pieces);
  const std::string what = "cannot remember " + path;
  const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.value(), &status) != 0) {
    return fail(errno == ENOENT ? Errc::kNotFound : Errc::kIo, what,
                std::generic_category().message(errno));
  }
  const FileStamp stamp = stamp_of(status);
  if (!S_ISREG(status.st_mode) || stamp.size != tree.id.length) {
    return fail(Errc::kSourceChanged, what, "it is another file now");
  }
  return guarded([&]() -> Result<void> {
    const std::lock_guard writing(state_->writing);
    SQLite::Transaction transaction(state_->writer_db);
    Writer(state_->writer_db).remember(stamp, tree);
    transaction.commit();
    return {};
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

}  // namespace shoal::transfer
