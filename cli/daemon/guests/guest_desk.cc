// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/guests/guest_desk.h"

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

Result<std::unique_ptr<GuestDesk>> GuestDesk::open(StateStore& store,
                                                   const std::vector<std::int64_t>& tokens) {
  const auto kept = store.texts(kKey);
  if (!kept) return tl::unexpected(kept.error());
  std::unique_ptr<GuestDesk> desk(new GuestDesk(store));
  for (const auto& [name, record] : *kept) {
    std::uint64_t transfer = 0;
    std::from_chars(name.data() + kKey.size(), name.data() + name.size(), transfer);
    const auto begun = read(record);
    // A record that is not understood makes the download the owner's alone, too.
    if (begun && std::ranges::find(tokens, begun->token) != tokens.end()) {
      desk->begun_.emplace(transfer, *begun);
    } else {
      desk->write(transfer, {});
    }
  }
  return desk;
}

Result<std::uint64_t> GuestDesk::begin(std::int64_t token, const ContentId& content,
                                       std::int64_t now_unix, const Start& start) {
  const std::lock_guard one_by_one(starting_);
  const auto transfer = start([&] { return check(token, content, now_unix); });
  if (!transfer || began(token, *transfer, content)) return transfer;
  const std::lock_guard lock(mutex_);
  keep(*transfer, {token, now_unix, content});
  return transfer;
}

Result<void> GuestDesk::check(std::int64_t token, const ContentId& content, std::int64_t now_unix) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 1;
  std::uint64_t bytes = content.length;
  for (auto& [transfer, begun] : begun_) {
    if (begun.token != token) continue;
    // Of a clock that was ahead: it counts for one window more, not until that time has come.
    if (begun.since_unix > now_unix) {
      begun.since_unix = now_unix;
      write(transfer, record_of(begun));
    }
    if (now_unix - begun.since_unix >= limits::kTokenWindow.count()) continue;
    ++count;
    bytes += begun.content.length;
  }
  if (count <= limits::kTokenDownloads && bytes <= limits::kTokenDownloadBytes) return {};
  return fail(Errc::kOverloaded, "the download was refused",
              "a token opens " + std::to_string(limits::kTokenDownloads) + " downloads of " +
                  std::to_string(limits::kTokenDownloadBytes >> 30U) + " GiB together in a day",
              "try again later");
}

void GuestDesk::write(std::uint64_t transfer, const std::string& record) {
  if (auto done = store_.set_text(std::string(kKey) + std::to_string(transfer), record); !done) {
    spdlog::warn("whose download {} is will be forgotten: {}", transfer, done.error().why);
  }
}

void GuestDesk::keep(std::uint64_t transfer, const Begun& begun) {
  begun_.insert_or_assign(transfer, begun);
  write(transfer, record_of(begun));
  const auto is_his = [&](const auto& each) { return each.second.token == begun.token; };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(begun_, is_his));
  if (count <= limits::kTokenDownloads) return;
  // As many as there may be in a window are kept: the oldest counts no longer.
  auto oldest = begun_.end();
  for (auto at = begun_.begin(); at != begun_.end(); ++at) {
    if (!is_his(*at) || at->first == transfer) continue;
    if (oldest == begun_.end() || at->second.since_unix < oldest->second.since_unix) oldest = at;
  }
  write(oldest->first, {});
  begun_.erase(oldest);
}

void GuestDesk::forget(std::int64_t token) {
  const std::lock_guard lock(mutex_);
  std::erase_if(begun_, [&](const auto& each) {
    if (each.second.token != token) return false;
    write(each.first, {});
    return true;
  });
}

bool GuestDesk::began(std::int64_t token, std::uint64_t transfer, const ContentId& content) const {
  const std::lock_guard lock(mutex_);
  const auto found = begun_.find(transfer);
  return found != begun_.end() && found->second.token == token && found->second.content == content;
}

bool GuestDesk::wanted(std::int64_t token, const ContentId& content) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(begun_, [&](const auto& each) {
    return each.second.token == token && each.second.content == content;
  });
}

}  // namespace shoal::daemon
