// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder/folder_job.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"
#include "transfer/host/disk/disk.h"
#include "transfer/host/disk/name.h"
#include "transfer/host/folder/folder_names.h"
#include "transfer/host/folder/folder_note.h"

namespace shoal::transfer {
namespace {

std::string without_slash(std::string name) {
  while (name.ends_with('/')) name.pop_back();
  return name;
}

// Of one that nobody has named.
std::string name_by_id(const ContentId& content) {
  constexpr std::size_t kDigits = 16;
  return to_hex(content.root.bytes).substr(0, kDigits);
}

// One connection for many files: a handshake for each would take longer than most of them.
auto shared_channels(decltype(DownloadHooks::connect) connect) {
  struct Cache {
    std::mutex mutex;
    std::map<std::tuple<std::string, PeerId, std::string>, SourceRoute> open;
  };
  return [cache = std::make_shared<Cache>(), connect = std::move(connect)](
             const std::string& endpoint, const PeerId& peer,
             const std::string& key_pem) -> Result<SourceRoute> {
    const std::lock_guard lock(cache->mutex);
    const auto known = cache->open.find({endpoint, peer, key_pem});
    if (known != cache->open.end()) {
      const auto state = known->second.channel->GetState(false);
      if (state != GRPC_CHANNEL_TRANSIENT_FAILURE && state != GRPC_CHANNEL_SHUTDOWN) {
        return known->second;
      }
      cache->open.erase(known);
    }
    if (cache->open.size() >= limits::kSourcesKnown) cache->open.clear();
    auto made = connect(endpoint, peer, key_pem);
    if (made) cache->open.emplace(std::tuple(endpoint, peer, key_pem), *made);
    return made;
  };
}

}  // namespace

FolderJob::FolderJob(Parts parts, FolderRequest request, Selection selection, Ended ended)
    : io_(parts.io),
      strand_(boost::asio::make_strand(parts.work)),
      work_(parts.work),
      hooks_(std::move(parts.hooks)),
      times_(parts.times),
      request_(std::move(request)),
      selection_(std::move(selection)),
      ended_(std::move(ended)),
      sources_(request_.groups),
      sources_timer_(io_),
      room_timer_(io_),
      shelf_(FolderTree::stage_of(request_.folder, request_.content)) {
  status_.id = request_.id;
  status_.content = request_.content;
  const std::string named = without_slash(request_.name);
  status_.name = named.empty() ? name_by_id(request_.content) : safe_name(named);
  unnamed_ = status_.name == name_by_id(request_.content);
  status_.folder = request_.folder;
  status_.list_only = request_.list_only;
}

void FolderJob::take_name(const std::string& called) {
  const std::string name = without_slash(called);
  if (!unnamed_ || name.empty()) return;
  unnamed_ = false;
  {
    const std::lock_guard lock(mutex_);
    status_.name = safe_name(name);
  }
  // Should that fail, a process that comes after a crash knows its id only.
  if (!request_.list_only && !note_waits_) static_cast<void>(tree_->keep(note(false)));
}

FolderStatus FolderJob::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::optional<std::vector<FolderFile>> FolderJob::files(std::size_t from, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  if (!listed_) return std::nullopt;
  std::vector<FolderFile> out;
  for (std::size_t at = from; at < entries_.size() && out.size() < limit; ++at) {
    out.push_back({entries_[at].path, entries_[at].content, selected_[at]});
  }
  return out;
}

// As it is called in the list; empty: it is not in it.
std::string FolderJob::name_of(const ContentId& content) const {
  const std::lock_guard lock(mutex_);
  if (content == request_.content) return status_.name + "/";
  const auto found = std::ranges::find(entries_, content, &ListingEntry::content);
  if (found == entries_.end()) return {};
  return safe_name(found->path.substr(found->path.rfind('/') + 1));
}

Result<std::shared_ptr<ServedFile>> FolderJob::served(const ContentId& content) const {
  auto file = shelf_.open_file(content);
  if (!file) return file;
  std::string name = name_of(content);
  if (name.empty()) return fail(Errc::kNotFound, "not being fetched here");
  return std::make_shared<ShelvedFile>(std::move(*file), std::move(name));
}

Result<void> FolderJob::show_files() {
  {
    const std::lock_guard lock(mutex_);
    if (listed_) return {};
  }
  const auto tree = FolderTree::look(request_.folder, request_.content);
  if (!tree) return tl::unexpected<Error>(tree.error());
  const auto whole = tree->has_whole(request_.content);
  if (!whole) return tl::unexpected<Error>(whole.error());
  if (!*whole) {
    return fail(Errc::kConflict, "cannot list the folder now",
                "it was paused before its list was here", "resume it");
  }
  auto entries = tree->read_list(request_.content);
  if (!entries) return tl::unexpected<Error>(entries.error());
  std::vector<bool> selected;
  selected.reserve(entries->size());
  for (const ListingEntry& one : *entries) selected.push_back(selection_.takes(one));
  const std::lock_guard lock(mutex_);
  listed_ = status_.listed = true;
  entries_ = std::move(*entries);
  selected_ = std::move(selected);
  return {};
}

void FolderJob::forget_files() {
  const std::lock_guard lock(mutex_);
  listed_ = false;
  entries_ = {};
  selected_ = {};
}

std::string FolderJob::note(bool paused) const {
  const FolderStatus now = status();
  FolderNote out{now.name, kept_only_.value_or(request_.only), placing_, now.id, {}};
  if (paused) {
    out.paused = FolderPause{now.files_total, now.files_selected, now.files_done, now.bytes_total,
                             now.bytes_done};
  }
  return to_text(out);
}

void FolderJob::start() {
  boost::asio::post(strand_, [self = shared_from_this()] { self->open(); });
}

void FolderJob::stop(Halt why) {
  Halt before = halt_;
  while (before < why && !halt_.compare_exchange_weak(before, why)) {
  }
  boost::asio::post(strand_, [self = shared_from_this()] {
    const Halt now = self->halt_;
    self->finish(now == Halt::kCancelled ? DownloadState::kCancelled
                 : now == Halt::kPaused  ? DownloadState::kHeld
                                         : DownloadState::kStopped,
                 {});
  });
}

void FolderJob::lie_held(const FolderPause& how) {
  const std::lock_guard lock(mutex_);
  status_.state = DownloadState::kHeld;
  status_.files_total = how.files_total;
  status_.files_selected = how.files_selected;
  status_.files_done = how.files_done;
  status_.bytes_total = how.bytes_total;
  status_.bytes_done = status_.bytes_found = how.bytes_done;
}

void FolderJob::lie_failed(const Error& why) {
  const std::lock_guard lock(mutex_);
  status_.state = DownloadState::kFailed;
  status_.error = why;
}

void FolderJob::open() {
  if (ending_) return;
  if (const auto opened = open_tree(); !opened) return wait_or_fail(opened.error());
  if (stop_asked()) return;  // finish() is on its way
  make_manager();
  phase_ = Phase::kList;
  begin_list();
}

Result<void> FolderJob::open_tree() {
  if (!tree_) {
    auto tree = FolderTree::open(request_.folder, request_.content);
    if (!tree) return tl::unexpected<Error>(tree.error());
    tree_ = std::move(*tree);
  }
  if (halt_ == Halt::kCancelled) return {};  // whatever its note is
  const auto kept = tree_->note();
  if (!kept) return tl::unexpected<Error>(kept.error());
  fresh_ = !kept->has_value();
  const auto known = read_folder_note(kept->value_or(""));
  if (known) placing_ = known->placing;
  // What other files an earlier one was to fetch is forgotten only once these are known to be any.
  note_waits_ = !fresh_ && (!known || known->only != request_.only);
  if (known && note_waits_) kept_only_ = known->only;
  // One that is paused by now writes its note when it is closed, from all that was read here; a
  // list alone is asked for anew by who wants it again.
  if (stop_asked() || request_.list_only || note_waits_) return {};
  return tree_->keep(note(false));
}

void FolderJob::make_manager() {
  DownloadHooks hooks = hooks_;
  std::weak_ptr<FolderJob> weak = weak_from_this();
  hooks.on_change = [weak, strand = strand_](const DownloadStatus& status) {
    boost::asio::post(strand, [weak, status] {
      if (const auto self = weak.lock()) self->on_child(status);
    });
  };
  hooks.find_sources = [weak](const ContentId& content, auto found) {
    if (const auto self = weak.lock()) self->find_sources(content, std::move(found));
  };
  hooks.connect = shared_channels(hooks_.connect);
  manager_ = std::make_shared<DownloadManager>(io_, work_, std::move(hooks), times_);
  shelf_.open(manager_);
  asked_ = std::chrono::steady_clock::now();
}

void FolderJob::begin_list() {
  const auto whole = tree_->has_whole(request_.content);
  if (!whole) return finish(DownloadState::kFailed, whole.error());
  if (*whole) return listed();
  fetch(request_.content);
  report();
}

void FolderJob::listed() {
  auto entries = tree_->read_list(request_.content);
  if (!entries) {
    const Error error = entries.error();
    // Nothing can come of it. Of an error in reading it can.
    if (error.code == Errc::kIntegrity || error.code == Errc::kTooLarge) tree_->remove();
    return finish(DownloadState::kFailed, error);
  }
  plan(std::move(*entries));
  if (request_.list_only) {
    if (fresh_) tree_->remove();  // else somebody's files are there
    return finish(DownloadState::kDone, {});
  }
  if (placed_.empty() && !selection_.patterns().empty()) {
    if (fresh_) tree_->remove();
    return finish(DownloadState::kFailed,
                  Error{Errc::kNotFound, "nothing in the folder is selected",
                        "no path in it matches", "--list shows what there is"});
  }
  if (note_waits_) {
    kept_only_.reset();
    if (auto kept = tree_->keep(note(false)); !kept) return wait_or_fail(kept.error());
    note_waits_ = false;
  }
  if (!placing_.empty()) {
    const auto right = tree_->verify_placed(placing_, placed_, unless_stopped());
    if (stop_asked()) return;  // finish() is on its way
    if (right) return take_placed();
  }
  begin_files();
}

// An earlier process gave the name, and may have ended before that was durable.
void FolderJob::take_placed() {
  if (auto durable = tree_->sync_name(); !durable) {
    return finish(DownloadState::kFailed, durable.error());
  }
  tree_->remove();
  finish(DownloadState::kDone, {}, request_.folder + "/" + placing_);
}

void FolderJob::wait_or_fail(const Error& error) {
  const bool waits = error.code == Errc::kNoSpace && !request_.must_fit;
  return waits ? wait_for_room(error) : finish(DownloadState::kFailed, error);
}

void FolderJob::plan(std::vector<ListingEntry> entries) {
  const LocalNames names = local_names(entries);
  placed_.clear();
  wanted_.clear();
  std::vector<bool> selected;
  std::uint64_t files = 0;
  std::uint64_t chosen = 0;
  for (std::size_t at = 0; at < entries.size(); ++at) {
    const auto& content = entries[at].content;
    selected.push_back(selection_.takes(entries[at]));
    if (content) ++files;
    if (!selected.back()) continue;
    placed_.push_back({names.paths[at], content});
    if (!content) continue;
    ++chosen;
    Wanted& wanted =
        wanted_.try_emplace(*content, Wanted{entries[at].path, 0, false}).first->second;
    ++wanted.uses;
  }
  const std::lock_guard lock(mutex_);
  status_.files_total = files;
  status_.files_selected = chosen;
  status_.names_changed = names.changed;
  status_.bytes_total = 0;
  for (const auto& [content, wanted] : wanted_) status_.bytes_total += content.length * wanted.uses;
  listed_ = true;
  status_.listed = true;
  entries_ = std::move(entries);
  selected_ = std::move(selected);
}

}  // namespace shoal::transfer
