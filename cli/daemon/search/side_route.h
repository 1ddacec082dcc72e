// SPDX-License-Identifier: Apache-2.0
// Ways of a search beside the overlays: whoever is asked does I/O of its own, so it is no overlay.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"
#include "transfer/host/download/download_manager.h"

namespace shoal::daemon {

/// Names of all there are, as `--via` takes them, whether this peer is configured for them or not.
inline constexpr std::array<std::string_view, 2> kSideRoutes{"directory", "broker"};

/// What is searched; terms or a content.
struct SideQuery {
  QueryId id;          ///< of this way alone
  KeyFingerprint key;  ///< of who asks_holders(): may fetch what they answer
  std::string terms;
  std::optional<ContentId> content;
  std::uint64_t length_min = 0;
  std::uint64_t length_max = UINT64_MAX;
  std::chrono::milliseconds budget{0};  ///< 0: what the way itself takes
  std::size_t enough = 0;               ///< files; 0: all
  bool late = true;                     ///< answers after the end are of use, too
};

/// One file at one holder. Its owner was proven; whom it lets fetch is its own affair.
struct SideHit {
  HitFile file;
  transfer::SourceInfo source;
  std::string holder_name;
};

/// How such a way ended.
struct SideAnswer {
  std::string asked;          ///< whom: a URL
  std::uint64_t refused = 0;  ///< answers that did not verify, and were left out
  bool more = false;          ///< it knew more than was asked for
};

/// One way. Any thread.
class SideRoute {
 public:
  struct Handlers {
    /// As often as something comes; who asks_holders() may hear late ones after the end, too.
    std::function<void(std::vector<SideHit>)> on_hits;
    std::function<void(Result<SideAnswer>)> on_end;  ///< once
  };
  /// Ends a search soon, with kCancelled; nothing when it has ended.
  using Cancel = std::function<void()>;

  SideRoute() = default;
  SideRoute(const SideRoute&) = delete;
  SideRoute& operator=(const SideRoute&) = delete;
  virtual ~SideRoute() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;  ///< one of kSideRoutes
  /// Holders answer themselves, and let the query's key fetch what they answered.
  [[nodiscard]] virtual bool asks_holders() const { return false; }
  /// Whether there is somebody to ask, as far as is known.
  [[nodiscard]] virtual bool is_there() const = 0;
  /// Returns at once; handlers are never called from within, on_end neither: a caller may hold a
  /// mutex that it takes there.
  virtual Cancel search(SideQuery query, Handlers handlers) = 0;
};

}  // namespace shoal::daemon
