// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/transfer_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "cli/daemon/instance_lock.h"
#include "cli/daemon/transfer_record.h"
#include "proto/rpc/channel.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

namespace asio = boost::asio;

transfer::DownloadHooks hooks_of(const TransferDesk::Parts& parts) {
  transfer::DownloadHooks hooks;
  hooks.connect = [me = parts.me](
                      const std::string& endpoint, const PeerId& peer,
                      const std::string& key_pem) -> Result<std::shared_ptr<grpc::Channel>> {
    if (key_pem.empty()) return rpc::make_channel(endpoint, me, peer, limits::kRpcMessage);
    auto key = rpc::Identity::from_key_pem(key_pem);
    if (!key) return tl::unexpected(key.error());
    return rpc::make_channel(endpoint, *key, peer, limits::kRpcMessage);
  };
  hooks.find_sources = [&searches = parts.searches, background = parts.background](
                           const ContentId& content, auto found) {
    asio::post(background, [&searches, content, found = std::move(found)]() mutable {
      searches.find_sources(content, std::move(found));
    });
  };
  hooks.keep_free = parts.keep_free;
  hooks.on_change = [&store = parts.store,
                     background = parts.background](const transfer::DownloadStatus& status) {
    // Stopped and paused ones have journals, which know more.
    const bool ended = status.state >= transfer::DownloadState::kDone &&
                       status.state != transfer::DownloadState::kStopped;
    if (ended) {
      asio::post(background, [&store, status] {
        if (auto kept = store.put_ended_transfer(status.id, to_record(status)); !kept) {
          spdlog::warn("transfer {} will not be remembered: {}", status.id, kept.error().why);
        }
      });
    }
    spdlog::debug("transfer {}: {}, {} of {} bytes", status.id, to_text(status.state),
                  status.bytes_done, status.content.length);
  };
  return hooks;
}

}  // namespace

TransferDesk::TransferDesk(Parts parts)
    : parts_(std::move(parts)), manager_(parts_.io, parts_.disk, hooks()) {}

transfer::DownloadHooks TransferDesk::hooks() {
  transfer::DownloadHooks hooks = hooks_of(parts_);
  hooks.find_here = [this](const ContentId& content) -> std::optional<transfer::LocalCopy> {
    if (auto shared = parts_.find_here(content)) return shared;
    auto done = manager_.open_done(content);
    if (!done) return std::nullopt;
    return std::move(*done);
  };
  return hooks;
}

std::optional<HitFile> TransferDesk::running_hit(const ContentId& content) {
  const auto file = manager_.open_running(content);
  if (!file) return std::nullopt;
  const auto here = (*file)->pieces();
  if (here && here->count() == 0) return std::nullopt;
  return HitFile{content, (*file)->name()};
}

std::size_t TransferDesk::resume() {
  std::vector<transfer::DownloadStatus> ended;
  for (const auto& text : parts_.store.ended_transfers().value_or(std::vector<std::string>())) {
    if (auto one = from_record(text)) ended.push_back(std::move(*one));
  }
  manager_.remember(std::move(ended));
  auto folders = parts_.store.download_folders().value_or(std::vector<std::string>());
  if (std::ranges::find(folders, parts_.folder) == folders.end()) folders.push_back(parts_.folder);
  std::size_t count = 0;
  std::error_code error;
  for (const auto& folder : folders) {
    if (std::filesystem::is_directory(folder, error)) count += manager_.resume(folder);
  }
  return count;
}

Result<transfer::DownloadStatus> TransferDesk::start(Request request) {
  transfer::DownloadRequest download;
  download.content = request.content;
  download.name = request.name;
  download.folder = request.folder.empty() ? parts_.folder : request.folder;
  if (!download.folder.starts_with('/')) {
    return fail(Errc::kInvalidArgument, "cannot save into " + download.folder,
                "it is no absolute path");
  }
  if (request.folder.empty()) {
    if (auto made = make_private_folder(download.folder); !made) {
      Error error = made.error();
      error.next = "choose another with -o, or download.folder in the configuration";
      return tl::unexpected(error);
    }
  }
  if (auto holders = parts_.searches.holders(request.content, request.search)) {
    download.sources = std::move(holders->sources);
    download.key_pem = std::move(holders->key_pem);
    if (download.name.empty()) download.name = std::move(holders->name);
  }
  if (download.name.empty()) download.name = to_hex(request.content.root.bytes).substr(0, 16);
  // Known before the first byte, so that a crash right after it loses nothing.
  if (auto kept = parts_.store.add_download_folder(download.folder); !kept) {
    return tl::unexpected(kept.error());
  }
  auto id = manager_.start(std::move(download));
  if (!id) return tl::unexpected(id.error());
  return manager_.status(*id);
}

void TransferDesk::stop(std::chrono::milliseconds budget) {
  auto stopped = std::make_shared<std::promise<void>>();
  auto future = stopped->get_future();
  manager_.stop([stopped] { stopped->set_value(); });
  if (future.wait_for(budget) != std::future_status::ready) {
    spdlog::warn("some downloads did not stop in time; they go on after a check");
  }
}

}  // namespace shoal::daemon
