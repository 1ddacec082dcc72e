// SPDX-License-Identifier: Apache-2.0
// START HERE: what can be configured, and where each value came from.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/config/environment.h"
#include "cli/config/places.h"
#include "proto/rpc/friend_url.h"
#include "proto/types/bodies.h"
#include "proto/types/limits.h"
#include "proto/types/limits_inbox.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/message.h"
#include "proto/types/result.h"

namespace shoal::config {

struct ListedFriend {
  rpc::FriendUrl url;
  /// host:port, when there is no URL but http://host:port: whoever answers there first.
  std::string place = {};
  Role role = Role::kFriend;                                ///< kPrimary, kSecondary or kFriend
  std::optional<std::uint64_t> upload_rate = std::nullopt;  ///< instead of upload_rate_per_friend
  friend bool operator==(const ListedFriend&, const ListedFriend&) = default;
};

/// By whom to join an open network: a peer whose key is known, or whoever answers at a place.
struct JoinPlace {
  std::optional<rpc::FriendUrl> url;
  std::string place;  ///< host:port, when there is no URL
  friend bool operator==(const JoinPlace&, const JoinPlace&) = default;
};

enum class MembershipChoice : std::uint8_t { kFriends, kHyParView };
enum class AcceptPolicy : std::uint8_t { kListed, kDirectory, kAnyone };
/// What becomes of files that friends put.
enum class InboxPolicy : std::uint8_t {
  kAsk,    ///< they wait until the owner accepts them
  kShare,  ///< they are shared at once
  kOff,    ///< none is taken
};
enum class LogFormat : std::uint8_t { kAuto, kText, kJson };

/// All settings of a peer, with their built-in values. configs/peer.yaml explains each.
struct Config {
  std::string name;  ///< empty: the user's name

  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 7401;   ///< 0: the kernel's choice
  std::vector<std::string> announce;  ///< hosts or host:port; empty: found out

  bool rest_on = true;  ///< on TCP; the Unix socket is always there
  std::string rest_address = "127.0.0.1";
  std::uint16_t rest_port = 7480;
  bool rest_public = false;  ///< search, transfers and upload at the one port, by token

  std::string network = "shoal";
  bool open = false;                  ///< any key may come, as a guest; peers talk without links
  std::vector<std::string> overlays;  ///< that run from the start, not from their first use on
  MembershipChoice membership = MembershipChoice::kFriends;  ///< who the neighbours are
  std::vector<JoinPlace> join;
  std::uint32_t active = 5;    ///< neighbours that HyParView wants, friends among them
  std::uint32_t passive = 30;  ///< peers that it knows besides
  std::chrono::milliseconds cycle =
      std::chrono::duration_cast<std::chrono::milliseconds>(limits::kShuffleCycle);
  std::vector<ListedFriend> friends;
  bool pinned_only = false;                     ///< `trust: pinned-only`: no friend by place alone
  AcceptPolicy accept = AcceptPolicy::kListed;  ///< kDirectory once a directory is configured

  std::string directory_url;     ///< empty: none
  bool directory_index = false;  ///< publishes there what is shared
  std::string broker_url;        ///< amqp://, with its password; empty: none

  std::string search_via = "flood";
  std::uint8_t search_ttl = limits::kTtlDefault;
  std::chrono::milliseconds search_budget{0};  ///< 0: what the TTL needs
  DuplicateRule search_rule = DuplicateRule::kDeepest;

  std::string download_folder;  ///< empty: Places::downloads
  std::uint64_t download_keep_free =
      limits::kDiskSpare;  ///< bytes that downloads and the inbox leave free

  std::uint32_t upload_slots = limits::kUploadSlots;
  std::uint32_t upload_slots_per_friend = limits::kUploadSlotsPerPeer;
  std::uint64_t upload_rate = 0;             ///< bytes per second to all together; 0: no limit
  std::uint64_t upload_rate_per_friend = 0;  ///< to each peer; 0: no limit

  InboxPolicy inbox_accept = InboxPolicy::kAsk;
  std::string inbox_folder;                         ///< empty: inbox in Places::downloads
  std::uint64_t inbox_quota = limits::kInboxQuota;  ///< bytes
  std::uint64_t inbox_friend_quota = limits::kInboxGiverQuota;  ///< bytes, of one friend

  std::vector<std::string> shares;                              ///< absolute, or under "~/"
  std::chrono::milliseconds rescan = std::chrono::minutes(10);  ///< 0: only when asked to

  std::string record_file;  ///< empty: none

  std::string log_level = "info";
  LogFormat log_format = LogFormat::kAuto;

  friend bool operator==(const Config&, const Config&) = default;
};

/// Who set a value; a later one wins.
enum class Origin : std::uint8_t { kBuiltIn, kSystemFile, kFile, kEnvironment, kFlag };

/// One line of `shoal config show --origin`.
struct ShownSetting {
  std::string key;    ///< "listen.port"
  std::string value;  ///< as it would be written in the file
  Origin origin = Origin::kBuiltIn;
  std::string where;  ///< "built-in", "FILE:LINE:COLUMN", "SHOAL_LISTEN_PORT", "--set"
};

struct Loaded {
  Config config;
  std::vector<ShownSetting> settings;  ///< every key, in the order of configs/peer.yaml
};

struct LoadInputs {
  Places places;
  Environment environment;
  std::vector<std::pair<std::string, std::string>> flags;  ///< key and value, from the command line
  std::string system_file = "/etc/shoal/shoal.yaml";
};

/// Flags before SHOAL_* before the user's file before the system's before what is built in. A list
/// in the environment or a flag is written as in YAML: SHOAL_SHARES='[~/Books, ~/Music]'.
/// Errors: kConfig, with file, line and column, and what is meant instead of an unknown key.
Result<Loaded> load(const LoadInputs& inputs);

/// The settings in `text`, over the built-in ones; `file` is named in errors. Errors: as load().
Result<Loaded> load_text(std::string_view text, const std::string& file);

/// Names of all settings.
std::vector<std::string> keys();

/// The variable that sets `key`: "listen.port" is SHOAL_LISTEN_PORT.
std::string variable_of(std::string_view key);

/// A short first configuration file for a peer of that name that listens on that address.
std::string starter_file(std::string_view name, std::string_view listen);

/// "500ms 2s 5m 1h 1d", or "0". Errors: kInvalidArgument.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string to_text(std::chrono::milliseconds duration);

/// "500KB 2MB 1GB", "64KiB 1MiB 2GiB", or "0"; at most kSizeMax. Errors: kInvalidArgument.
Result<std::uint64_t> parse_size(std::string_view text);
std::string size_text(std::uint64_t bytes);
/// Bytes per second, "500KB" or "500KB/s"; 0: no limit. Errors: kInvalidArgument, also when it is
/// no is_rate().
Result<std::uint64_t> parse_rate(std::string_view text);
std::string rate_text(std::uint64_t rate);
/// 0, or from limits::kRateMin to kRateMax.
bool is_rate(std::uint64_t rate);
inline constexpr std::uint64_t kSizeMax = 1'000'000'000'000'000;

}  // namespace shoal::config
