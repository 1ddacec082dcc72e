// SPDX-License-Identifier: Apache-2.0
// shoal directory register|login|logout: straight to the directory, so that no daemon needs to run
// and none sees a password.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/client/context/context.h"
#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/files/session_file.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/directory_verbs.h"
#include "cli/config/config.h"
#include "proto/http/percent.h"
#include "proto/json/base64.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/rpc/identity.h"
#include "proto/rpc/statement.h"
#include "proto/types/text.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;
using rpc::StatementKind;

// What a request to a directory is made with.
struct Desk {
  config::Places places;
  http::Target target;
  std::optional<rpc::Identity> key;  ///< none: this peer has not been made yet
  std::uint64_t port = 0;            ///< where the peer listens; 0: not known
};

// "host:port" as it stands in the Host of our requests.
std::string host_of(const http::Target& target) {
  constexpr std::string_view kScheme = "http://";
  const std::string text = target.to_text();
  return text.starts_with(kScheme) ? text.substr(kScheme.size()) : text;
}

// Where the daemon listens, if one runs; else where it would.
std::uint64_t port_of(const Result<bj::object>& status, const config::Config& config) {
  if (status) {
    const std::string listen = raw_at(*status, "listen");
    const auto colon = listen.rfind(':');
    const auto port =
        colon == std::string::npos ? 0 : std::strtoul(listen.c_str() + colon + 1, nullptr, 10);
    if (port > 0 && port < 65'536) return port;
  }
  return config.listen_port;
}

// Whether the daemon is called by its Unix socket.
bool on_this_machine(const config::Places& places) {
  const auto daemon = http::Target::parse(places.daemon);
  return daemon && !daemon->socket_path.empty();
}

Result<Desk> desk_of(Context& context) {
  const auto places = context.places();
  if (!places) return tl::unexpected(places.error());
  config::LoadInputs inputs;
  inputs.places = *places;
  inputs.environment = context.world().env;
  const auto loaded = config::load(inputs);
  if (!loaded) return tl::unexpected(loaded.error());
  const auto status = context.call("GET", "/v1/status");
  std::string url = context.args().value("--directory").value_or(loaded->config.directory_url);
  if (url.empty() && !status && status.error().code != Errc::kUnreachable) {
    return tl::unexpected(status.error());
  }
  // One that was started with `shoal up --with-directory` stands in no file. A daemon that is
  // called by TCP may be on another machine: its 127.0.0.1 is not ours, and a password goes there.
  if (url.empty() && status && on_this_machine(*places)) url = raw_at(*status, "directory.url");
  if (url.empty()) {
    return fail(Errc::kConfig, "no directory is configured", "directory.url is empty",
                "name one with --directory http://host:port, or in " + places->config_file +
                    "; or start one: shoal up --with-directory");
  }
  auto target = http::Target::parse(url);
  if (!target) return tl::unexpected(target.error());
  Desk desk{*places, std::move(*target), std::nullopt, port_of(status, loaded->config)};
  std::error_code none;
  if (std::filesystem::exists(key_file(*places), none)) {
    auto key = rpc::Identity::load_or_create(places->data);
    if (!key) return tl::unexpected(key.error());
    desk.key = std::move(*key);
  }
  return desk;
}

Result<http::Answer> send(Context& context, const Desk& desk, std::string_view method,
                          const std::string& path, const std::string& body,
                          const std::string& token = {}) {
  http::ClientOptions options;
  options.cancel = context.world().stop;
  options.token = token;
  auto answer = http::RestClient(desk.target, options).send(method, path, body);
  if (!answer && answer.error().code == Errc::kUnreachable) {
    return fail(Errc::kUnreachable, "no directory answers at " + desk.target.to_text(),
                answer.error().why, "searches go through friends all the same");
  }
  return answer;
}

Result<bj::object> read(const http::Answer& answer) {
  if (answer.status < 200 || answer.status > 299) {
    return tl::unexpected(json::error_from_problem(answer.status, answer.body));
  }
  if (answer.body.empty()) return bj::object();
  auto value = json::parse(answer.body);
  if (value && value->is_object()) return std::move(value->get_object());
  return fail(Errc::kIntegrity, "the directory's answer is not understood", "",
              "is it another program?");
}

std::uint64_t clock_us() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

bj::object whereabouts(const Desk& desk, const std::string& name) {
  bj::object body{{"name", name}};
  if (desk.key) body["peer_id"] = to_text(desk.key->id());
  if (desk.port != 0) body["port"] = desk.port;
  return body;
}

// By the key, without a password. A clock that is wrong is told the time, once.
Result<bj::object> ask_by_key(Context& context, const Desk& desk, const std::string& name,
                              StatementKind kind, const std::string& path) {
  if (!desk.key) {
    return fail(Errc::kNotFound, "this peer has no key", key_file(desk.places) + " is not there",
                "shoal init makes it");
  }
  std::uint64_t stamp = clock_us();
  for (int attempt = 0;; ++attempt) {
    const auto said = rpc::make_statement(*desk.key, kind, host_of(desk.target), name, stamp);
    bj::object body = whereabouts(desk, name);
    body["key"] = json::to_base64(said.public_key);
    body["stamp"] = said.stamp;
    body["signature"] = json::to_base64(said.signature);
    const auto answer = send(context, desk, "POST", path, bj::serialize(body));
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status != 401 || attempt > 0) return read(*answer);
    const auto problem = json::parse(answer->body);
    const auto now = problem && problem->is_object() ? count_at(problem->get_object(), "now") : 0;
    if (now <= 0) return read(*answer);
    stamp = static_cast<std::uint64_t>(now);
  }
}

Result<std::string> password_of(Context& context, const std::string& name, bool twice) {
  const World& world = context.world();
  auto first = world.password("password of " + clean(name) + ": ");
  if (!first || !twice || !world.in_is_tty) return first;
  const auto second = world.password("the same again: ");
  if (!second) return second;
  if (*first == *second) return first;
  return fail(Errc::kInvalidArgument, "the user is not registered",
              "the two passwords are not the same", "try again");
}

Result<bj::object> ask(Context& context, const Desk& desk, const std::string& name,
                       StatementKind kind) {
  const bool fresh = kind == StatementKind::kRegister;
  const std::string path = fresh ? "/v1/users" : "/v1/sessions";
  if (context.args().has("--key")) return ask_by_key(context, desk, name, kind, path);
  const auto password = password_of(context, name, fresh);
  if (!password) return tl::unexpected(password.error());
  bj::object body = whereabouts(desk, name);
  body["password"] = *password;
  const auto answer = send(context, desk, "POST", path, bj::serialize(body));
  if (!answer) return tl::unexpected(answer.error());
  return read(*answer);
}

Result<std::string> name_in(const Context& context) {
  const auto& words = context.args().words;
  if (words.size() > 1) return words[1];
  return fail(Errc::kInvalidArgument, "directory " + words[0] + " needs a user's name", "",
              "shoal directory " + words[0] + " ana");
}

}  // namespace

Result<int> directory_register(Context& context) {
  const auto name = name_in(context);
  if (!name) return tl::unexpected(name.error());
  const auto desk = desk_of(context);
  if (!desk) return tl::unexpected(desk.error());
  const auto user = ask(context, *desk, *name, StatementKind::kRegister);
  if (!user) return tl::unexpected(user.error());
  if (context.format() == Format::kJson) {
    print_change(context, *user);
    return 0;
  }
  context.print(context.format() == Format::kIds
                    ? text_at(*user, "name")
                    : fmt::format("registered {} at {}", text_at(*user, "name"),
                                  clean(desk->target.to_text())));
  context.note("next: shoal directory login " + text_at(*user, "name") +
               (context.args().has("--key") ? " --key" : ""));
  return 0;
}

Result<int> directory_login(Context& context) {
  const auto name = name_in(context);
  if (!name) return tl::unexpected(name.error());
  const auto desk = desk_of(context);
  if (!desk) return tl::unexpected(desk.error());
  auto session = ask(context, *desk, *name, StatementKind::kLogin);
  if (!session) return tl::unexpected(session.error());
  const KeptSession kept{desk->target.to_text(), raw_at(*session, "user.name"),
                         raw_at(*session, "token"), raw_at(*session, "expires_at")};
  if (auto written = write_session(session_file(desk->places), kept); !written) {
    // Nobody could use it, so it does not stay open.
    send(context, *desk, "DELETE", "/v1/sessions", {}, kept.token);
    return tl::unexpected(written.error());
  }
  if (context.format() == Format::kJson) {
    session->erase("token");
    print_change(context, *session);
    return 0;
  }
  context.print(context.format() == Format::kIds
                    ? clean(kept.user)
                    : fmt::format("logged in as {} at {} until {}", clean(kept.user),
                                  clean(kept.url), clean(kept.expires_at)));
  return 0;
}

Result<int> directory_logout(Context& context) {
  const auto places = context.places();
  if (!places) return tl::unexpected(places.error());
  const std::string file = session_file(*places);
  const auto kept = read_session(file);
  if (!kept) return tl::unexpected(kept.error());
  std::string user;
  if (*kept) {
    auto target = http::Target::parse((*kept)->url);
    if (!target) return tl::unexpected(target.error());
    const Desk desk{*places, std::move(*target), std::nullopt, 0};
    const auto answer = send(context, desk, "DELETE", "/v1/sessions", {}, (*kept)->token);
    if (!answer) return tl::unexpected(answer.error());
    // A session that the directory does not know any more is over, too.
    if (answer->status != 401) {
      if (const auto done = read(*answer); !done) return tl::unexpected(done.error());
    }
    user = clean((*kept)->user);
  }
  if (auto removed = remove_session(file); !removed) return tl::unexpected(removed.error());
  if (context.format() == Format::kJson) {
    print_change(context, {{"schema", "shoal/directory.logout/1"}, {"user", user}});
  } else if (user.empty()) {
    context.note("nobody is logged in from here");
  } else {
    context.print(context.format() == Format::kIds ? user : "logged out " + user);
  }
  return 0;
}

}  // namespace shoal::client
