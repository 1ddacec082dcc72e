// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bootstrap/core/index.h"
#include "bootstrap/http/found_json.h"
#include "proto/http/rest_client.h"
#include "proto/rpc/identity.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// What is searched in a directory's index: exactly one of the first three.
struct FoundQuery {
  std::optional<std::string> name = std::nullopt;  ///< exactly so
  std::optional<std::string> words = std::nullopt;
  std::optional<ContentId> content = std::nullopt;
  std::size_t limit = limits::kFoundPageMax;
  std::string cursor = {};
};

/// A peer's side of its directory's index. All calls block, for at most the time of one call, and
/// may come from any thread.
class IndexClient {
 public:
  struct Options {
    std::string url;                           ///< "http://host:port"
    std::chrono::milliseconds timeout{5'000};  ///< of one call
  };
  /// Errors: kInvalidArgument (the URL).
  static Result<std::unique_ptr<IndexClient>> make(rpc::Identity me, Options options);

  /// Signs the update, with the time of now, and sends it. `pass` is what the directory says that
  /// the next replacement's sequence must be above, when it answers kConflict. Errors: those of
  /// RestClient and of the directory (http/README.md).
  Result<IndexHead> publish(IndexUpdate update, std::uint64_t& pass) const;

  /// Files of others, each as its owner signed it; what does not verify is counted in `refused` and
  /// left out, and so is what is this peer's own. `time` is at most the time of a call; `cancel`
  /// may be null. Errors: as above, kIntegrity (no answer of a directory).
  Result<FoundPage> search(const FoundQuery& query, std::chrono::milliseconds time,
                           const std::atomic<bool>* cancel, std::size_t& refused) const;

  [[nodiscard]] const std::string& url() const { return options_.url; }
  /// Calls under way end with kCancelled, and so do later ones of publish().
  void stop() { stopped_ = true; }

 private:
  IndexClient(rpc::Identity me, http::Target target, Options options);

  const rpc::Identity me_;
  const http::Target target_;
  const Options options_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace shoal::bootstrap
