// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "proto/asio.h"
#include "proto/types/bodies.h"
#include "transfer/library/library.h"

namespace shoal::daemon {

/// What the overlay asks of this peer's library, answered on `workers`. A library that fails is
/// logged, and answers with nothing. Any thread.
class LibraryDesk {
 public:
  using Matches = std::function<void(std::vector<HitFile>, std::uint32_t excess)>;
  /// A file of that content that is being fetched and has pieces to give; or none. Any thread.
  using Running = std::function<std::optional<HitFile>(const ContentId&)>;
  using Page = std::function<void(std::vector<SharedFile>, bool more)>;

  /// `library` must outlive this, and this whatever runs on `workers`.
  LibraryDesk(transfer::Library& library, boost::asio::any_io_executor workers,
              Running running = {})
      : library_(library), workers_(std::move(workers)), running_(std::move(running)) {}

  /// At most `limit` files that match `query` (a QueryBody), best first. Who asks for a content by
  /// its id also hears of one that is not whole yet.
  void look_up(PayloadRef query, std::uint32_t limit, Matches reply);
  /// At most `limit` shared files behind `after`, in the order of their ids, words folded.
  void list(const ContentId& after, std::uint32_t limit, Page reply);

 private:
  transfer::Library& library_;
  boost::asio::any_io_executor workers_;
  const Running running_;
};

}  // namespace shoal::daemon
