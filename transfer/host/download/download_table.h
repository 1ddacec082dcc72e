// SPDX-License-Identifier: Apache-2.0
// All downloads of a process, and what is to become of each. Internal to this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "transfer/host/download/download_job.h"
#include "transfer/host/download/download_manager.h"

namespace shoal::transfer {

struct DownloadManager::State : std::enable_shared_from_this<State> {
  /// What is to become of a job that is being paused.
  enum class Then : std::uint8_t { kGoOn, kCancel };

  boost::asio::any_io_executor io;
  boost::asio::any_io_executor work;
  std::shared_ptr<const DownloadHooks> hooks;
  TransferTimes times;
  std::mutex mutex;  ///< guards what follows
  std::map<std::uint64_t, std::shared_ptr<DownloadJob>> jobs;
  std::map<std::uint64_t, DownloadStatus> past;  ///< ended in earlier processes
  std::map<ContentId, std::uint64_t> running;
  std::map<ContentId, std::uint64_t> held;
  std::map<std::uint64_t, Then> then;
  std::uint64_t next_id = 1;
  bool stopping = false;
  std::function<void()> stopped;

  // Under the mutex, as all that follows.
  std::shared_ptr<DownloadJob> make(DownloadRequest request);
  std::uint64_t launch(DownloadRequest request);
  Result<std::uint64_t> begin(DownloadRequest request, bool must_fit);
  void on_ended(const ContentId& content, std::uint64_t id, std::function<void()>& now_stopped);
  void forget_old();
  /// The wanted number if nobody has it.
  std::uint64_t free_id(std::uint64_t wanted);
};

/// To be taken up from its journal.
DownloadRequest again(const DownloadStatus& status);

}  // namespace shoal::transfer
