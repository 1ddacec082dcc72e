// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/config/config.h"
#include "cli/daemon/friends/friend_desk.h"
#include "cli/daemon/process/threads.h"
#include "cli/daemon/state/state_store.h"
#include "proto/rpc/identity.h"
#include "proto/rpc/peer_book.h"
#include "transfer/host/inbox/inbox.h"
#include "transfer/host/inbox/inbox_upload.h"
#include "transfer/host/put/put_manager.h"
#include "transfer/host/put/put_service.h"
#include "transfer/library/library.h"

namespace shoal::daemon {

/// Files that friends put here, files put to friends, and uploads by REST. Decides, by the
/// configuration, whether the owner is asked, and shares what is accepted. Any thread.
class InboxDesk {
 public:
  struct Parts {
    Executors on;
    rpc::Identity me;
    const rpc::PeerBook& book;
    const FriendDesk& friends;
    transfer::Library& library;
    StateStore& store;
    config::InboxPolicy policy;
    transfer::Inbox::Options inbox;
    std::shared_ptr<transfer::UploadDesk> desk;  ///< whose rates hold for what is put
    std::function<void()> shares_changed;
  };

  explicit InboxDesk(Parts parts);

  /// What the library must never share, whatever lies above it.
  static std::string private_folder(const std::string& inbox) { return inbox + "/.waiting"; }

  /// Tidies up after an earlier process, finishes what it began to share, and goes on with what it
  /// was putting. Blocks for a look into the database.
  void start();
  /// To be registered at the RPC server.
  grpc::Service& service() { return service_.service(); }

  [[nodiscard]] const transfer::Inbox& inbox() const { return inbox_; }
  [[nodiscard]] config::InboxPolicy policy() const { return parts_.policy; }
  transfer::PutManager& puts() { return puts_; }
  /// Whether that giver uploaded by REST: the owner, or the holder of a token.
  static bool is_upload(const transfer::Giver& giver);
  /// What its card said; "upload" for an upload by REST, empty for who is no friend any more.
  [[nodiscard]] std::string name_of(const transfer::Giver& giver) const;

  struct Accepted {
    transfer::InboxEntry entry;
    std::string path;  ///< where it is now
  };
  /// Moves it into the inbox's folder and shares it from there; it is searchable when it is hashed.
  /// Errors: those of Inbox::find and Inbox::move_out.
  Result<Accepted> accept(const std::string& word);
  /// Errors: those of Inbox::find and Inbox::reject.
  Result<transfer::InboxEntry> reject(const std::string& word);

  /// `friend_word` as FriendDesk::find takes it; an empty `name` is that of the file. Goes on after
  /// a restart. Blocks.
  Result<transfer::PutStatus> put(const std::string& path, const std::string& friend_word,
                                  const std::string& name);

  /// Begins an upload by REST, by the holder of a token or kOwner; a holder has the quota of a
  /// friend. Errors: kDenied (`inbox.accept: off`), kOverloaded (limits::kUploadsByRestMax,
  /// kTokenUploads), those of InboxUpload::begin.
  Result<std::unique_ptr<transfer::InboxUpload>> upload(std::int64_t token, const std::string& name,
                                                        std::uint64_t length);
  /// What becomes of a whole upload: waits, or is shared when the configuration or the owner
  /// (`accepted`) says so; then with its path.
  std::pair<transfer::Fate, std::string> received(const transfer::InboxEntry& entry, bool accepted);
  /// A file in the inbox was hashed: whoever shares it need not read it again.
  void remember(const std::string& path, const transfer::FileTree& tree);

  /// Takes and sends no more.
  void stop(std::chrono::milliseconds budget);

 private:
  [[nodiscard]] Result<void> open() const;
  transfer::PutHooks hooks();
  transfer::PutConnections connections();
  /// Shares `path`, on `background`.
  void share(const std::string& path);
  void share_now(const std::string& path);
  /// Keeps which puts run; while this peer is stopping, only that `ended` does not any more.
  void keep_puts(const std::optional<transfer::PutStatus>& ended = std::nullopt);
  [[nodiscard]] std::vector<transfer::PutRequest> kept_puts() const;
  void keep_ended(const transfer::PutStatus& put);
  void remember_puts();
  void resume_puts();

  const Parts parts_;
  transfer::Inbox inbox_;
  transfer::PutService service_;
  std::mutex uploading_;  ///< uploads are counted and begun one after the other
  std::mutex keeping_;    ///< of the puts; the last to have it writes the newest
  bool resumed_ = false;  ///< those of an earlier process run, too
  transfer::PutManager puts_;
};

}  // namespace shoal::daemon
