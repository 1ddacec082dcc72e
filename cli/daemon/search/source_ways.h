// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "transfer/host/download/download_manager.h"

namespace shoal::daemon {

/// All ways by which one look for sources goes: told of each that found somebody, and at last once
/// of nobody, when all have ended (transfer::DownloadHooks::find_sources).
///
/// Threads: any; one that ends is told before the last.
class SourceWays {
 public:
  using Found = std::function<void(std::vector<transfer::SourceInfo>, std::string key_pem)>;

  /// Requires ways > 0.
  SourceWays(std::size_t ways, Found found) : open_(ways), found_(std::move(found)) {}

  /// One of them has ended, each once.
  void end(std::vector<transfer::SourceInfo> sources, std::string key_pem) {
    if (!sources.empty()) found_(std::move(sources), std::move(key_pem));
    if (--open_ == 0) found_({}, {});
  }

 private:
  std::atomic<std::size_t> open_;
  const Found found_;
};

}  // namespace shoal::daemon
