// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/files/new_config.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"
#include "cli/config/config.h"
#include "proto/rpc/friend_url.h"
#include "proto/rpc/identity.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::client {
namespace {

namespace fs = std::filesystem;

// The nth --role is that of the nth --friend; those without one are primary, secondary, friend...
Result<std::vector<NewFriend>> friends_of(const Arguments& args) {
  constexpr std::array<std::string_view, 3> kRoles{"primary", "secondary", "friend"};
  const auto urls = args.all("--friend");
  const auto roles = args.all("--role");
  if (roles.size() > urls.size()) {
    return fail(Errc::kInvalidArgument, "there are more --role than --friend", "",
                "shoal init --friend URL --role primary");
  }
  std::vector<NewFriend> out;
  for (std::size_t at = 0; at < urls.size(); ++at) {
    if (const auto url = rpc::parse_friend_url(urls[at]); !url) return tl::unexpected(url.error());
    const std::string role =
        at < roles.size() ? roles[at] : std::string(kRoles[std::min<std::size_t>(at, 2)]);
    if (std::ranges::find(kRoles, role) == kRoles.end()) {
      return fail(Errc::kInvalidArgument, "\"" + role + "\" is no role",
                  "it is primary, secondary or friend");
    }
    out.push_back({urls[at], role});
  }
  return out;
}

Result<std::string> name_of(const Context& context, const World& world) {
  std::string name = context.args().value("--name").value_or("");
  for (const char* variable : {"USER", "LOGNAME"}) {
    if (name.empty()) name = world.env(variable).value_or("");
  }
  if (name.empty()) name = "peer";
  if (name.size() > limits::kPeerNameMax || clean(name) != name) {
    return fail(Errc::kInvalidArgument, "\"" + name + "\" cannot be a peer's name",
                fmt::format("it is longer than {} bytes, or holds what no terminal should see",
                            limits::kPeerNameMax));
  }
  return name;
}

Result<int> run(Context& context) {
  const auto& args = context.args();
  const auto places = context.places();
  if (!places) return tl::unexpected(places.error());
  const auto name = name_of(context, context.world());
  if (!name) return tl::unexpected(name.error());
  auto friends = friends_of(args);
  if (!friends) return tl::unexpected(friends.error());
  const std::string text = new_config({.name = *name,
                                       .listen = args.value("--listen").value_or("127.0.0.1"),
                                       .directory = args.value("--directory").value_or(""),
                                       .friends = std::move(*friends)});
  // The daemon must understand it: what it refuses is refused here, before anything is made.
  if (const auto read = config::load_text(text, "the new configuration"); !read) {
    return tl::unexpected(read.error());
  }
  std::error_code error;
  if (fs::exists(places->config_file, error)) {
    return fail(Errc::kConflict, places->config_file + " exists already",
                "init makes new files only", "edit it; shoal config show prints what it says");
  }
  const bool had_key = fs::exists(key_file(*places), error);
  const auto key = rpc::Identity::load_or_create(places->data);
  if (!key) return tl::unexpected(key.error());
  if (auto made = write_new(places->config_file, text); !made) return tl::unexpected(made.error());
  const std::string id = to_text(key->id());
  if (context.format() == Format::kJson) {
    print_change(context, {{"schema", "shoal/init/1"},
                           {"id", id},
                           {"name", *name},
                           {"key", key_file(*places)},
                           {"config", places->config_file}});
    return 0;
  }
  if (context.format() == Format::kIds) {
    context.print(id);
    return 0;
  }
  context.print(fmt::format("{}   ed25519 {}  {} (0600)", had_key ? "kept key   " : "created key",
                            short_id(id), key_file(*places)));
  context.print(fmt::format("created       {}", places->config_file));
  const bool runs = context.call("GET", "/v1/status").has_value();
  context.note(runs ? "next: shoal down, then shoal up: the daemon that runs does not know it yet"
                    : "next: shoal up");
  return 0;
}

constexpr std::array kFlags{
    Flag{"--name", "NAME", "how friends see this peer (the user's name)"},
    Flag{"--listen", "ADDRESS",
         "where friends reach it (127.0.0.1); 0.0.0.0 lets other machines in"},
    Flag{"--friend", "URL", "a friend, shoal://KEY@host:port; may be repeated"},
    Flag{"--role", "ROLE", "of the friend before it: primary, secondary or friend"},
    Flag{"--directory", "URL", "a directory that introduces peers, http://host:port"},
};

}  // namespace

const Verb kInit{
    .name = "init",
    .group = Group::kStart,
    .synopsis = "[--name NAME] [--listen ADDRESS] [--friend URL --role ROLE]...",
    .summary = "make this peer's key and configuration",
    .examples =
        "shoal init --name ana --listen 0.0.0.0\nshoal init --directory http://127.0.0.1:7400",
    .flags = kFlags,
    .words_min = 0,
    .words_max = 0,
    .run = run};

}  // namespace shoal::client
