// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/guest_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <vector>

#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

constexpr std::string_view kKey = "guest ";

}  // namespace

// "TOKEN SECONDS CONTENT".
std::string GuestDesk::record_of(const Begun& begun) {
  return std::to_string(begun.token) + " " + std::to_string(begun.since_unix) + " " +
         to_text(begun.content);
}

Result<GuestDesk::Begun> GuestDesk::read(const std::string& record) {
  Begun out;
  std::string content;
  std::istringstream in(record);
  in >> out.token >> out.since_unix >> content;
  auto id = parse_content_id(content);
  if (!id) return tl::unexpected(id.error());
  out.content = *id;
  return out;
}

Result<std::unique_ptr<GuestDesk>> GuestDesk::open(StateStore& store) {
  const auto kept = store.texts(kKey);
  if (!kept) return tl::unexpected(kept.error());
  std::unique_ptr<GuestDesk> desk(new GuestDesk(store));
  for (const auto& [name, record] : *kept) {
    std::uint64_t transfer = 0;
    std::from_chars(name.data() + kKey.size(), name.data() + name.size(), transfer);
    // A record that is not understood makes the download the owner's alone.
    if (auto begun = read(record)) desk->begun_.emplace(transfer, std::move(*begun));
  }
  return desk;
}

Result<std::uint64_t> GuestDesk::begin(std::int64_t token, const ContentId& content,
                                       std::int64_t now_unix,
                                       const std::function<Result<std::uint64_t>()>& start) {
  const std::lock_guard one_by_one(starting_);
  {
    const std::lock_guard lock(mutex_);
    if (auto fine = check(token, content, now_unix); !fine) return tl::unexpected(fine.error());
  }
  auto transfer = start();
  if (!transfer) return transfer;
  const std::lock_guard lock(mutex_);
  if (!begun_.contains(*transfer)) keep(*transfer, {token, now_unix, content});
  return transfer;
}

Result<void> GuestDesk::check(std::int64_t token, const ContentId& content,
                              std::int64_t now_unix) const {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  bool known = false;
  for (const auto& [transfer, begun] : begun_) {
    if (begun.token != token || now_unix - begun.since_unix >= limits::kTokenWindow.count())
      continue;
    known = known || begun.content == content;
    ++count;
    bytes += begun.content.length;
  }
  // What is his is joined, most likely; where it is fetched again, that counts the next time.
  if (!known) ++count;
  if (!known) bytes += content.length;
  if (count <= limits::kTokenDownloads && bytes <= limits::kTokenDownloadBytes) return {};
  return fail(Errc::kOverloaded, "the download was refused",
              "a token opens " + std::to_string(limits::kTokenDownloads) + " downloads of " +
                  std::to_string(limits::kTokenDownloadBytes >> 30U) + " GiB together in a day",
              "try again later");
}

void GuestDesk::keep(std::uint64_t transfer, const Begun& begun) {
  const auto kept = [&](std::uint64_t number, const std::string& record) {
    if (auto done = store_.set_text(std::string(kKey) + std::to_string(number), record); !done) {
      spdlog::warn("whose download {} is will be forgotten: {}", number, done.error().why);
    }
  };
  begun_.emplace(transfer, begun);
  kept(transfer, record_of(begun));
  std::vector<std::uint64_t> his;
  for (const auto& [number, each] : begun_) {
    if (each.token == begun.token) his.push_back(number);
  }
  if (his.size() <= limits::kTokenDownloads) return;
  begun_.erase(his.front());
  kept(his.front(), {});
}

bool GuestDesk::began(std::int64_t token, std::uint64_t transfer) const {
  const std::lock_guard lock(mutex_);
  const auto found = begun_.find(transfer);
  return found != begun_.end() && found->second.token == token;
}

bool GuestDesk::wanted(std::int64_t token, const ContentId& content) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(begun_, [&](const auto& each) {
    return each.second.token == token && each.second.content == content;
  });
}

}  // namespace shoal::daemon
