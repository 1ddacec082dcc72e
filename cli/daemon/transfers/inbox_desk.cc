// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/transfers/inbox_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "cli/daemon/guests/guest_desk.h"
#include "cli/daemon/process/instance_lock.h"
#include "cli/daemon/state/put_record.h"
#include "proto/rpc/channel.h"
#include "proto/rpc/tls.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using transfer::Fate;

// What is kept under this name: 1 when the inbox's folder is to be shared, 2 when it was. A user
// who takes that share back has only those files shared that are accepted from then on.
constexpr std::string_view kFolderShared = "inbox folder shared";
constexpr std::string_view kPuts = "puts that run";
constexpr std::string_view kPut = "put";  ///< the kind of those that ended

// Of a peer's id the inbox puts as many characters into the names of folders.
constexpr std::size_t kUploaderSize = 8;

// Who uploads by REST, as the inbox knows givers: "rest", and "rest" with four digits to the base
// of 32 for the holder of that token.
transfer::Giver uploader(std::int64_t token) {
  transfer::Giver giver = transfer::kRestGiver;
  if (token == kOwner) return giver;
  constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
  for (unsigned shift = 15; giver.size() < kUploaderSize; shift -= 5) {
    giver += kDigits[static_cast<std::uint64_t>(token) >> shift & 31U];
  }
  return giver;
}

Error for_sender(Error error) {
  error.next = "ask its owner";
  return error;
}

}  // namespace

InboxDesk::InboxDesk(Parts parts)
    : parts_(std::move(parts)),
      inbox_(parts_.inbox),
      service_(parts_.on.io, parts_.on.disk, inbox_, hooks()),
      puts_(parts_.on.io, parts_.on.disk, connections(), {}, parts_.desk) {}

Result<void> InboxDesk::open() const {
  if (parts_.policy != config::InboxPolicy::kOff) return {};
  return fail(Errc::kDenied, "the inbox does not take the file", "this peer takes none");
}

transfer::PutHooks InboxDesk::hooks() {
  transfer::PutHooks hooks;
  hooks.who = [](const grpc::ServerContextBase& context) { return rpc::caller_of(context); };
  hooks.may_put = [&book = parts_.book](const PeerId& peer) {
    return book.classify(peer) == rpc::Caller::kFriend;
  };
  hooks.open = [this]() -> Result<void> {
    auto fine = open();
    if (!fine) return tl::unexpected(for_sender(fine.error()));
    return fine;
  };
  hooks.shared = [&library = parts_.library](const ContentId& content) {
    return library.open_file(content).has_value();
  };
  hooks.verified = [this](const std::string& path, const transfer::FileTree& tree) {
    remember(path, tree);
  };
  hooks.received = [this](const transfer::InboxEntry& entry) {
    const auto [fate, path] = received(entry, false);
    const std::string who = name_of(entry.giver);
    spdlog::info("{} ({}) put a file of {} bytes: {}", disarm(who), entry.giver.substr(0, 8),
                 entry.content.length, to_text(fate));
    return fate;
  };
  return hooks;
}

transfer::PutConnections InboxDesk::connections() {
  transfer::PutConnections connections;
  connections.endpoints =
      [&friends = parts_.friends](const PeerId& peer) -> Result<std::vector<std::string>> {
    auto known = friends.endpoints_of(peer);
    if (known) return std::move(*known);
    return fail(Errc::kDenied, "cannot put a file there", to_short_text(peer) + " is no friend",
                "shoal friends lists them");
  };
  connections.connect = [me = parts_.me](const std::string& endpoint, const PeerId& peer)
      -> Result<std::shared_ptr<grpc::Channel>> { return rpc::make_channel(endpoint, me, peer); };
  connections.changed = [this](const std::optional<transfer::PutStatus>& ended) {
    // One that ended comes first, or a crash in between would lose it.
    asio::post(parts_.on.disk, [this, ended] {
      if (ended) keep_ended(*ended);
      keep_puts(ended);
    });
  };
  return connections;
}

void InboxDesk::keep_puts(const std::optional<transfer::PutStatus>& ended) {
  const std::lock_guard lock(keeping_);
  if (!resumed_) return;
  auto running = puts_.running();
  if (!running && !ended) return;
  // This process ends, and what was kept last is what the next one goes on with: but not with that.
  if (!running) {
    running = kept_puts();
    std::erase_if(*running, [&](const transfer::PutRequest& one) {
      return one.peer == ended->peer && one.path == ended->path;
    });
  }
  const auto kept = parts_.store.set_text(kPuts, to_record(*running));
  if (!kept) spdlog::warn("what is being put is not known after a restart: {}", kept.error().why);
}

void InboxDesk::keep_ended(const transfer::PutStatus& put) {
  const auto kept =
      parts_.store.put_ended(kPut, put.id, ended_to_record(put), limits::kPutsRemembered);
  if (!kept) spdlog::warn("put {} will not be remembered: {}", put.id, kept.error().why);
}

void InboxDesk::remember_puts() {
  std::vector<transfer::PutStatus> ended;
  for (const auto& text : parts_.store.ended(kPut).value_or(std::vector<std::string>())) {
    if (auto one = ended_put_from_record(text)) ended.push_back(std::move(*one));
  }
  puts_.remember(std::move(ended));
}

std::vector<transfer::PutRequest> InboxDesk::kept_puts() const {
  const auto kept = parts_.store.text(kPuts);
  return puts_from_record(kept && *kept ? **kept : std::string());
}

void InboxDesk::resume_puts() {
  const auto puts = kept_puts();
  for (const auto& put : puts) puts_.resume(put);
  if (!puts.empty()) spdlog::info("{} files go on to be put", puts.size());
  {
    const std::lock_guard lock(keeping_);
    resumed_ = true;
  }
  keep_puts();
}

void InboxDesk::start() {
  remember_puts();  // before anybody puts: numbers go on behind theirs
  asio::post(parts_.on.disk, [this] { resume_puts(); });
  asio::post(parts_.on.background, [this] {
    inbox_.tidy();
    const auto kept = parts_.store.number(kFolderShared);
    if (kept && *kept == 1) share_now(inbox_.folder());
  });
}

bool InboxDesk::is_upload(const transfer::Giver& giver) {
  return giver.starts_with(transfer::kRestGiver) && giver.size() <= kUploaderSize;
}

std::string InboxDesk::name_of(const transfer::Giver& giver) const {
  if (is_upload(giver)) return "upload";
  const auto id = parse_peer_id(giver);
  return id ? parts_.friends.name_of(*id) : std::string();
}

void InboxDesk::share(const std::string& path) {
  const auto kept = parts_.store.number(kFolderShared);
  if (kept && !*kept) static_cast<void>(parts_.store.set_number(kFolderShared, 1));
  asio::post(parts_.on.background, [this, path] { share_now(path); });
}

void InboxDesk::share_now(const std::string& path) {
  std::error_code error;
  const std::string folder = fs::canonical(inbox_.folder(), error).string();
  const auto shares = parts_.library.shares();
  const bool is_share =
      shares && std::ranges::find(*shares, folder, &transfer::ShareInfo::path) != shares->end();
  const auto kept = parts_.store.number(kFolderShared);
  const bool first = !kept || kept->value_or(1) == 1;
  const auto scanned = parts_.library.add_share(is_share || first ? folder : path);
  if (!scanned) {
    spdlog::warn("cannot share what came into the inbox: {}: {}", scanned.error().what,
                 scanned.error().why);
    return;
  }
  spdlog::info("shared from the inbox: {} files are new, {} were hashed", scanned->listed,
               scanned->hashed);
  if (first) static_cast<void>(parts_.store.set_number(kFolderShared, 2));
  parts_.shares_changed();
}

Result<InboxDesk::Accepted> InboxDesk::accept(const std::string& word) {
  auto entry = inbox_.find(word);
  if (!entry) return tl::unexpected(entry.error());
  auto path = inbox_.move_out(*entry, {});
  if (!path) return tl::unexpected(path.error());
  share(*path);
  return Accepted{std::move(*entry), std::move(*path)};
}

Result<transfer::InboxEntry> InboxDesk::reject(const std::string& word) {
  auto entry = inbox_.find(word);
  if (!entry) return entry;
  if (auto gone = inbox_.reject(*entry); !gone) return tl::unexpected(gone.error());
  return entry;
}

Result<transfer::PutStatus> InboxDesk::put(const std::string& path, const std::string& friend_word,
                                           const std::string& name) {
  const auto peer = parts_.friends.find(friend_word);
  if (!peer) return tl::unexpected(peer.error());
  if (!path.starts_with('/')) {
    return fail(Errc::kInvalidArgument, "cannot put " + path, "it is no absolute path");
  }
  const std::string called = name.empty() ? fs::path(path).filename().string() : name;
  if (called.size() > limits::kOfferName) {
    return fail(Errc::kInvalidArgument, "cannot put " + path, "its name is too long",
                "give another with --name");
  }
  auto started = puts_.start({*peer, path, called, {}});
  if (started) keep_puts();  // before anybody relies on it
  return started;
}

Result<std::unique_ptr<transfer::InboxUpload>> InboxDesk::upload(std::int64_t token,
                                                                 const std::string& name,
                                                                 std::uint64_t length) {
  if (auto fine = open(); !fine) return tl::unexpected(fine.error());
  const transfer::Giver giver = uploader(token);
  const std::lock_guard lock(uploading_);
  std::size_t all = 0;
  std::size_t his = 0;
  for (const auto& entry : inbox_.list()) {
    if (!entry.moving || !is_upload(entry.giver)) continue;
    ++all;
    if (entry.giver == giver) ++his;
  }
  const bool too_many = token != kOwner && his >= limits::kTokenUploads;
  if (too_many || all >= limits::kUploadsByRestMax) {
    return fail(Errc::kOverloaded, "cannot take the upload now",
                too_many ? std::to_string(his) + " uploads of yours are on their way"
                         : std::to_string(all) + " uploads are on their way",
                "try again later");
  }
  return transfer::InboxUpload::begin(inbox_, giver, name, length);
}

std::pair<Fate, std::string> InboxDesk::received(const transfer::InboxEntry& entry, bool accepted) {
  if (!accepted && parts_.policy != config::InboxPolicy::kShare) return {Fate::kWaiting, {}};
  const std::string folder =
      accepted ? std::string() : transfer::giver_folder(entry.giver, name_of(entry.giver));
  const auto path = inbox_.move_out(entry, folder);
  if (!path) {
    spdlog::warn("a file that was put waits instead of being shared: {}: {}", path.error().what,
                 path.error().why);
    return {Fate::kWaiting, {}};
  }
  share(*path);
  return {Fate::kShared, *path};
}

void InboxDesk::remember(const std::string& path, const transfer::FileTree& tree) {
  const auto kept = parts_.library.remember(path, tree);
  if (!kept) spdlog::info("a file in the inbox will be hashed once more: {}", kept.error().why);
}

void InboxDesk::stop(std::chrono::milliseconds budget) {
  service_.stop();
  auto stopped = std::make_shared<std::promise<void>>();
  auto future = stopped->get_future();
  puts_.stop([stopped] { stopped->set_value(); });
  if (future.wait_for(budget) != std::future_status::ready) {
    spdlog::warn("some files that were being put did not stop in time");
  }
}

}  // namespace shoal::daemon
