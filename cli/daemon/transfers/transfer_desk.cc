// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/transfers/transfer_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "cli/daemon/process/instance_lock.h"
#include "cli/daemon/state/transfer_record.h"
#include "proto/rpc/channel.h"
#include "proto/types/limits_folders.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

namespace asio = boost::asio;

// The kinds of what ended, in the state database.
constexpr std::string_view kTransfer = "transfer";
constexpr std::string_view kFolder = "folder";

transfer::DownloadHooks hooks_of(const TransferDesk::Parts& parts) {
  transfer::DownloadHooks hooks;
  hooks.connect = [me = parts.me, streams = parts.on.streams](
                      const std::string& endpoint, const PeerId& peer,
                      const std::string& key_pem) -> Result<transfer::SourceRoute> {
    const auto as = key_pem.empty() ? me : rpc::Identity::from_key_pem(key_pem);
    if (!as) return tl::unexpected(as.error());
    return transfer::SourceRoute(rpc::make_channel(endpoint, *as, peer, limits::kRpcMessage),
                                 transfer::DirectRoute{streams, endpoint, *as, peer});
  };
  hooks.find_sources = [&searches = parts.searches, background = parts.on.background](
                           const ContentId& content, auto found) {
    asio::post(background, [&searches, content, found = std::move(found)]() mutable {
      searches.find_sources(content, std::move(found));
    });
  };
  hooks.keep_free = parts.keep_free;
  hooks.is_linked = parts.is_linked;
  hooks.on_change = [&store = parts.store,
                     background = parts.on.background](const transfer::DownloadStatus& status) {
    // Stopped and paused ones have journals, which know more.
    const bool ended = status.state >= transfer::DownloadState::kDone &&
                       status.state != transfer::DownloadState::kStopped;
    if (ended) {
      asio::post(background, [&store, status] {
        const auto kept =
            store.put_ended(kTransfer, status.id, to_record(status), limits::kDownloadsRemembered);
        if (!kept) {
          spdlog::warn("transfer {} will not be remembered: {}", status.id, kept.error().why);
        }
      });
    }
    spdlog::debug("transfer {}: {}, {} of {} bytes", status.id, to_text(status.state),
                  status.bytes_done, status.content.length);
  };
  return hooks;
}

transfer::FolderManager::OnEnded keep_ended_in(StateStore& store,
                                               const asio::any_io_executor& background) {
  return [&store, background](const transfer::FolderStatus& folder) {
    asio::post(background, [&store, folder] {
      const auto kept =
          store.put_ended(kFolder, folder.id, to_record(folder), limits::kFoldersRemembered);
      if (!kept) spdlog::warn("f{} will not be remembered: {}", folder.id, kept.error().why);
    });
  };
}

// What ended of that kind, as far as it can be read.
template <class Read>
auto ended_of(StateStore& store, std::string_view kind, Read read) {
  std::vector<typename decltype(read(std::string_view()))::value_type> all;
  for (const auto& text : store.ended(kind).value_or(std::vector<std::string>())) {
    if (auto one = read(text)) all.push_back(std::move(*one));
  }
  return all;
}

}  // namespace

TransferDesk::TransferDesk(Parts parts)
    : parts_(std::move(parts)),
      manager_(parts_.on.streams, parts_.on.disk, hooks()),
      folders_(parts_.on.streams, parts_.on.disk, hooks(), {},
               keep_ended_in(parts_.store, parts_.on.background)) {}

transfer::DownloadHooks TransferDesk::hooks() {
  transfer::DownloadHooks hooks = hooks_of(parts_);
  hooks.find_here = [this](const ContentId& content) -> std::optional<transfer::LocalCopy> {
    if (auto shared = parts_.find_here(content)) return shared;
    if (auto done = manager_.open_done(content)) return std::move(*done);
    return folders_.find_staged(content);
  };
  return hooks;
}

Result<std::shared_ptr<transfer::ServedFile>> TransferDesk::open_running(
    const ContentId& content) const {
  auto file = manager_.open_running(content);
  return file ? std::move(file) : folders_.open_running(content);
}

bool TransferDesk::fetches(const ContentId& content) const {
  return manager_.fetches(content) || folders_.open_running(content).has_value();
}

std::optional<HitFile> TransferDesk::running_hit(const ContentId& content) const {
  const auto file = open_running(content);
  if (!file) return std::nullopt;
  const auto here = (*file)->pieces();
  if (here && here->count() == 0) return std::nullopt;
  return HitFile{content, (*file)->name()};
}

std::size_t TransferDesk::resume() {
  manager_.remember(ended_of(parts_.store, kTransfer, from_record));
  folders_.remember(ended_of(parts_.store, kFolder, ended_folder_from_record));
  auto folders = parts_.store.download_folders().value_or(std::vector<std::string>());
  if (std::ranges::find(folders, parts_.folder) == folders.end()) folders.push_back(parts_.folder);
  std::size_t count = 0;
  std::error_code error;
  for (const auto& folder : folders) {
    if (std::filesystem::is_directory(folder, error)) {
      count += manager_.resume(folder) + folders_.resume(folder);
    }
  }
  return count;
}

Result<TransferDesk::Prepared> TransferDesk::prepare(Request request) {
  Prepared out{std::move(request.name), request.folder.empty() ? parts_.folder : request.folder,
               parts_.searches.holders(request.content, request.search)};
  if (!out.folder.starts_with('/')) {
    return fail(Errc::kInvalidArgument, "cannot save into " + out.folder, "it is no absolute path");
  }
  if (request.folder.empty()) {
    if (auto made = make_private_folder(out.folder); !made) {
      Error error = made.error();
      error.next = "choose another with -o, or download.folder in the configuration";
      return tl::unexpected(error);
    }
  }
  if (!request.sources.empty()) {
    out.groups.insert(out.groups.begin(), {std::move(request.sources), {}, {}});
  }
  for (const Holders& group : out.groups) {
    if (out.name.empty()) out.name = group.name;
  }
  // Known before the first byte, so that a crash right after it loses nothing.
  if (auto kept = parts_.store.add_download_folder(out.folder); !kept) {
    return tl::unexpected(kept.error());
  }
  if (out.groups.empty()) out.groups.emplace_back();
  return out;
}

// Failed and cancelled ones are nobody's any more; of those that are done, the file may be gone.
std::optional<transfer::DownloadStatus> TransferDesk::at_hand(const ContentId& content) const {
  using transfer::DownloadState;
  const auto all = manager_.list();
  for (const auto& one : all) {
    if (one.content == content && one.state < DownloadState::kDone) return one;
  }
  const auto file = manager_.open_done(content);
  if (!file) return std::nullopt;
  // Of several of that path, the file is the last one's.
  const auto last = std::find_if(all.rbegin(), all.rend(), [&](const auto& one) {
    return one.content == content && one.state == DownloadState::kDone && one.path == file->path;
  });
  if (last == all.rend()) return std::nullopt;
  return *last;
}

Result<void> TransferDesk::check(const Request& request) const {
  if (!request.may_join && !request.may_begin) return {};
  const auto known = at_hand(request.content);
  if (!known) return request.may_begin ? request.may_begin() : Result<void>();
  if (!request.may_join || request.may_join(*known)) return {};
  return fail(Errc::kDenied, "the download was refused",
              "the owner has it fetched, and not for you", "ask the owner to share it");
}

Result<transfer::DownloadStatus> TransferDesk::start(Request request) {
  const ContentId content = request.content;
  const std::lock_guard lock(starting_);
  if (auto fine = check(request); !fine) return tl::unexpected(fine.error());
  auto prepared = prepare(std::move(request));
  if (!prepared) return tl::unexpected(prepared.error());
  if (prepared->name.empty()) prepared->name = to_hex(content.root.bytes).substr(0, 16);
  auto& groups = prepared->groups;
  auto id = manager_.start({content, std::move(prepared->name), std::move(prepared->folder),
                            std::move(groups.front().sources), std::move(groups.front().key_pem)});
  if (!id) return tl::unexpected(id.error());
  for (std::size_t at = 1; at < groups.size(); ++at) {
    manager_.add_sources(*id, std::move(groups[at].sources), std::move(groups[at].key_pem));
  }
  return manager_.status(*id);
}

Result<transfer::FolderStatus> TransferDesk::start_folder(Request request,
                                                          std::vector<std::string> only,
                                                          bool list_only) {
  const ContentId content = request.content;
  auto prepared = prepare(std::move(request));
  if (!prepared) return tl::unexpected(prepared.error());
  std::vector<transfer::SourceGroup> groups;
  for (Holders& one : prepared->groups) {
    if (!one.sources.empty()) groups.push_back({std::move(one.sources), std::move(one.key_pem)});
  }
  auto id = folders_.start({content, std::move(prepared->name), std::move(prepared->folder),
                            std::move(only), list_only, std::move(groups)});
  if (!id) return tl::unexpected(id.error());
  return folders_.status(*id);
}

void TransferDesk::stop(std::chrono::milliseconds budget) {
  const auto until = std::chrono::steady_clock::now() + budget;
  auto files = std::make_shared<std::promise<void>>();
  auto folders = std::make_shared<std::promise<void>>();
  manager_.stop([files] { files->set_value(); });
  folders_.stop([folders] { folders->set_value(); });
  for (auto future : {files->get_future().share(), folders->get_future().share()}) {
    if (future.wait_until(until) == std::future_status::ready) continue;
    spdlog::warn("some downloads did not stop in time; they go on after a check");
  }
}

}  // namespace shoal::daemon
