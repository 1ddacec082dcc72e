// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/directory/index_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace asio = boost::asio;
using bootstrap::IndexList;
using bootstrap::IndexUpdate;

// How often a directory may say that it has something else, before it is left alone for a while.
constexpr int kConflictsMax = 3;

std::uint64_t unix_us() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

IndexDesk::IndexDesk(Parts parts)
    : parts_(std::move(parts)),
      strand_(asio::make_strand(parts_.background)),
      timer_(parts_.timers) {
  status_.on = parts_.on;
}

void IndexDesk::on_leased(std::optional<std::uint64_t> index) {
  asio::post(strand_, [self = shared_from_this(), index] {
    const bool first = !std::exchange(self->leased_, index.has_value());
    {
      const std::scoped_lock lock(self->mutex_);
      self->status_.taken = index.has_value();
      if (!index) self->status_.current = false;
    }
    if (!index) return;
    // What another process of this peer published, or what the directory lost.
    const bool other = *index != self->sequence_;
    if (other) {
      self->there_.reset();
      self->sequence_ = 0;
      self->pass_ = std::max(self->pass_, *index);
    }
    const bool withdraws = !self->parts_.on && other && *index != 0;
    if (withdraws || (self->parts_.on && (first || !self->there_))) {
      self->run_in(std::chrono::milliseconds(0));
    }
  });
}

void IndexDesk::shares_changed() {
  if (!parts_.on) return;
  asio::post(strand_, [self = shared_from_this()] { self->run_in(limits::kPublishDelay); });
}

void IndexDesk::refresh(std::function<void(Result<IndexNews>)> done) {
  asio::post(strand_, [self = shared_from_this(), done = std::move(done)] {
    if (!self->parts_.on) {
      return done(
          fail(Errc::kDenied, "nothing is published", "this peer does not publish what it shares",
               "set directory.index: true in the file that shoal config path names; then shoal "
               "down, shoal up"));
    }
    auto outcome = self->run();
    self->note(outcome);
    done(std::move(outcome));
  });
}

IndexStatus IndexDesk::status() const {
  const std::scoped_lock lock(mutex_);
  return status_;
}

void IndexDesk::stop() {
  stopped_ = true;
  asio::post(strand_, [self = shared_from_this()] { self->timer_.cancel(); });
}

void IndexDesk::run_in(std::chrono::milliseconds delay) {
  if (stopped_) return;
  timer_.expires_after(delay);
  timer_.async_wait(asio::bind_executor(
      strand_, [self = shared_from_this()](const boost::system::error_code& error) {
        if (!error && !self->stopped_) self->note(self->run());
      }));
}

// Of what is shared: each content once, under the name of its first file, as far as it may be
// found at all. Contents of shares whose folders are away are left out.
Result<IndexList> IndexDesk::shared() {
  IndexList list;
  if (!parts_.on) return list;
  std::set<ContentId> found;
  std::uint64_t left_out = 0;
  for (ContentId after;;) {
    const auto page = parts_.library.contents(after, limits::kFilesPageMax);
    if (!page) return tl::unexpected(page.error());
    if (page->empty()) break;
    for (const auto& file : *page) {
      if (found.size() < limits::kIndexPerPeer) {
        found.insert(file.content);
      } else {
        ++left_out;
      }
    }
    after = page->back().content;
  }
  for (std::int64_t after = 0;;) {
    const auto page = parts_.library.files("", limits::kFilesPageMax, after);
    if (!page) return tl::unexpected(page.error());
    if (page->empty()) break;
    for (const auto& file : *page) {
      const std::string name = shorten(disarm(file.name), limits::kFileNameMax);
      if (found.contains(file.content) && bootstrap::is_index_name(name)) {
        list.emplace(file.content, name);
      }
    }
    after = page->back().number;
  }
  const std::scoped_lock lock(mutex_);
  status_.left_out = left_out;
  return list;
}

Result<IndexNews> IndexDesk::run() {
  if (!leased_) {
    return fail(
        Errc::kUnreachable, "nothing is published yet",
        status().taken ? "the directory has given no lease yet" : "the directory keeps no index",
        "shoal directory tells how it stands");
  }
  if (there_ && Clock::now() - replaced_ > limits::kIndexValidity / 2) there_.reset();
  auto here = shared();
  if (!here) return tl::unexpected(here.error());
  for (int attempt = 1;; ++attempt) {
    auto outcome = publish(*here);
    if (outcome || outcome.error().code != Errc::kConflict || attempt == kConflictsMax) {
      return outcome;
    }
    there_.reset();
  }
}

Result<IndexNews> IndexDesk::publish(const IndexList& here) {
  const IndexList before = there_.value_or(IndexList());
  for (auto& update : bootstrap::plan_updates(there_, here)) {
    if (auto sent = send(std::move(update)); !sent) return tl::unexpected(sent.error());
  }
  IndexNews news;
  news.files = here.size();
  for (const auto& [content, name] : here) {
    const auto known = before.find(content);
    news.came += known == before.end() || known->second != name ? 1U : 0U;
  }
  for (const auto& [content, name] : before) news.went += here.contains(content) ? 0U : 1U;
  return news;
}

Result<void> IndexDesk::send(IndexUpdate update) {
  const bool replaces = update.kind == IndexUpdate::Kind::kReplace;
  update.sequence = replaces ? std::max({unix_us(), pass_ + 1, sequence_ + 1}) : sequence_ + 1;
  const auto head = parts_.client.publish(update, pass_);
  if (!head) return tl::unexpected(head.error());
  if (replaces) {
    there_.emplace();
    replaced_ = Clock::now();
  }
  bootstrap::carry_out(update, *there_);
  sequence_ = head->sequence;
  const std::scoped_lock lock(mutex_);
  status_.files = head->entries;
  return {};
}

void IndexDesk::note(const Result<IndexNews>& outcome) {
  if (!outcome && (outcome.error().code == Errc::kCancelled || !leased_)) return;
  {
    const std::scoped_lock lock(mutex_);
    status_.current = outcome.has_value() && parts_.on;
    status_.last_error = outcome ? "" : outcome.error().what + ": " + outcome.error().why;
  }
  if (outcome) {
    pause_ = limits::kPublishRetryMin;
    if (outcome->came + outcome->went > 0) {
      spdlog::info("published {} files in the directory (+{} -{})", outcome->files, outcome->came,
                   outcome->went);
    }
    return;
  }
  spdlog::debug("not published: {}: {}", outcome.error().what, outcome.error().why);
  run_in(pause_);
  pause_ = std::min(pause_ * 2, limits::kPublishRetryMax);
}

}  // namespace shoal::daemon
