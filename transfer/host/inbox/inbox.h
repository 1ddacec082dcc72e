// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/limits.h"
#include "proto/types/limits_inbox.h"
#include "proto/types/result.h"

namespace shoal::transfer {

/// Who puts files: a friend's id as text, or "rest" for uploads by REST.
using Giver = std::string;
inline constexpr const char* kRestGiver = "rest";

/// One file on its way into the inbox; whoever holds it is the only one that writes it.
struct Reception {
  Giver giver;
  ContentId content;
  std::string folder;                    ///< where it grows and then waits; exists
  std::atomic<std::uint64_t> bytes = 0;  ///< verified and written
  std::atomic<bool> revoked = false;     ///< the owner does not want it: stop
};

/// A file in the inbox that the owner has not decided about.
struct InboxEntry {
  std::string id;  ///< 12 hex digits; the same for the same giver and content
  Giver giver;
  ContentId content;
  std::string name;         ///< of the file; empty while it is on its way and not begun
  std::string path;         ///< of the whole file; empty: it is on its way
  std::uint64_t bytes = 0;  ///< here and verified
  bool moving = false;      ///< somebody is sending it now
  std::int64_t since_unix = 0;
};

/// Where files that others put wait: on disk, with no other record of them, so that it holds after
/// any crash.
///
///     <folder>/.waiting/<giver>/<content id>/<name>    waits for the owner
///     <folder>/.waiting/<giver>/<content id>/.part/    is on its way
///     <folder>/<name>                                  accepted
///     <folder>/<name of the giver>-<8 of its id>/      taken without asking, by giver
///
/// ".waiting" is hidden, so no share above it shares what waits. All calls block; any thread.
class Inbox {
 public:
  struct Options {
    std::string folder;  ///< made when it is needed first
    std::uint64_t quota = limits::kInboxQuota;
    std::uint64_t giver_quota = limits::kInboxGiverQuota;  ///< "rest" has the whole quota
    std::uint64_t keep_free = limits::kDiskSpare;          ///< bytes that it leaves on its disk
  };

  explicit Inbox(Options options);

  [[nodiscard]] const std::string& folder() const { return options_.folder; }
  [[nodiscard]] std::uint64_t keep_free() const { return options_.keep_free; }
  [[nodiscard]] std::string waiting_folder() const { return options_.folder + "/.waiting"; }

  /// What an earlier process left and nobody goes on with: parts older than limits::kInboxPartKept,
  /// uploads by REST, empty folders.
  void tidy();

  /// Room for one file. Where there is none, parts of that giver that nobody sends make room, the
  /// oldest first, if that is enough. Errors: kTooLarge (also over a quota), kOverloaded
  /// (limits::kInboxFilesPerGiver), kConflict (it is on its way already), kNoSpace (the disk's),
  /// kDenied, kIo.
  Result<std::shared_ptr<Reception>> receive(const Giver& giver, const ContentId& content);
  /// Room for one upload of `length` bytes whose content is not known yet: a folder of its own.
  /// Errors: the same.
  Result<std::shared_ptr<Reception>> receive_unnamed(const Giver& giver, std::uint64_t length);
  /// The folder of a whole upload gets the name of its content. When that is there already, ours
  /// goes. Errors: kIo.
  Result<void> name_content(Reception& reception, const ContentId& content);
  /// Takes away what came of it.
  void forget(const Reception& reception);
  /// The same, if nothing came of it.
  void forget_empty(const Reception& reception);

  /// In the order of their arrival.
  [[nodiscard]] std::vector<InboxEntry> list() const;
  /// The entry of that giver and content. Errors: kNotFound.
  [[nodiscard]] Result<InboxEntry> find(const Giver& giver, const ContentId& content) const;
  /// The entry that `word` names: its id or the beginning of it, at least 4 characters.
  /// Errors: kNotFound, kInvalidArgument (more than one).
  [[nodiscard]] Result<InboxEntry> find(const std::string& word) const;

  /// Moves a whole file out, durably, under a free name: into `folder`, or into `subfolder` of it.
  /// Returns its path. Errors: kConflict (still on its way), kNotFound, kIo, kDenied, kNoSpace.
  Result<std::string> move_out(const InboxEntry& entry, const std::string& subfolder);
  /// Deletes the file; one that is on its way is stopped. Errors: kNotFound, kIo.
  Result<void> reject(const InboxEntry& entry);

  /// Bytes that count against the quotas: in all, of that giver.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> used(const Giver& giver) const;

 private:
  using Key = std::pair<Giver, std::string>;  ///< giver and name of the folder

  /// A part that nobody sends.
  struct Idle {
    std::string name;
    std::uint64_t length = 0;
    std::int64_t since_unix = 0;
  };
  /// Of that giver, the oldest first.
  [[nodiscard]] std::vector<Idle> idle_parts(const Giver& giver) const;
  /// Whether it fits, were these gone.
  Result<void> check(const Giver& giver, std::uint64_t length, bool new_one,
                     const std::vector<Idle>& without) const;
  [[nodiscard]] Result<void> sync_moved_out() const;
  Result<void> make_room(const Giver& giver, std::uint64_t length, bool new_one);
  Result<std::shared_ptr<Reception>> make(const Giver& giver, const std::string& name,
                                          const ContentId& content);
  [[nodiscard]] std::optional<InboxEntry> entry_at(const Giver& giver,
                                                   const std::string& name) const;

  const Options options_;
  mutable std::mutex mutex_;  ///< guards what follows, and folders against each other
  std::map<Key, std::weak_ptr<Reception>> moving_;
};

/// What a file that somebody puts is called here: a safe name that is not hidden.
std::string inbox_name(std::string_view remote);

/// The folder for files of `giver` that are taken without asking.
std::string giver_folder(const Giver& giver, std::string_view name);

}  // namespace shoal::transfer
