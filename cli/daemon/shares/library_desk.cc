// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/shares/library_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace shoal::daemon {
namespace {

void warn(const Error& error) { spdlog::warn("{}: {}", error.what, error.why); }

}  // namespace

void LibraryDesk::look_up(PayloadRef query, std::uint32_t limit, Matches reply) {
  boost::asio::post(workers_, [this, query = std::move(query), limit, reply = std::move(reply)] {
    const auto& body = query.ref<QueryBody>();
    transfer::LibraryQuery wanted;
    wanted.terms = body.terms;
    wanted.content = body.content;
    wanted.length_min = body.length_min;
    wanted.length_max = body.length_max;
    wanted.limit = limit;
    auto found = library_.search(wanted);
    if (!found) {
      warn(found.error());
      return reply({}, 0);
    }
    if (found->files.empty() && body.content && running_) {
      if (auto file = running_(*body.content)) found->files.push_back(std::move(*file));
    }
    constexpr std::uint64_t kMost = UINT32_MAX;
    reply(std::move(found->files), static_cast<std::uint32_t>(std::min(found->excess, kMost)));
  });
}

void LibraryDesk::list(const ContentId& after, std::uint32_t limit, Page reply) {
  boost::asio::post(workers_, [this, after, limit, reply = std::move(reply)] {
    auto page = library_.contents(after, std::size_t{limit} + 1);
    if (!page) {
      warn(page.error());
      return reply({}, false);
    }
    const bool more = page->size() > limit;
    if (more) page->resize(limit);
    reply(std::move(*page), more);
  });
}

}  // namespace shoal::daemon
