// SPDX-License-Identifier: Apache-2.0
#include "cli/client/places.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace shoal::client {
namespace {

namespace fs = std::filesystem;

std::string text_of(const World& world, const char* name) {
  return world.env(name).value_or(std::string());
}

// XDG: a relative path in such a variable is to be ignored.
std::string xdg(const World& world, const char* name, const std::string& otherwise) {
  const std::string value = text_of(world, name);
  return (value.starts_with('/') ? value : otherwise) + "/shoal";
}

}  // namespace

Result<Places> find_places(const World& world, const Globals& globals) {
  Places out;
  std::error_code error;
  const auto given = [&](const std::string& flag, const char* name) {
    return flag.empty() ? text_of(world, name) : flag;
  };
  std::string run;
  if (const std::string home = given(globals.home, "SHOAL_HOME"); !home.empty()) {
    const std::string root = fs::absolute(home, error).lexically_normal().string();
    out.config_file = root + "/shoal.yaml";
    out.data = root + "/data";
    out.state = root + "/state";
    run = root + "/run";
  } else {
    const std::string user = text_of(world, "HOME");
    if (!user.starts_with('/')) {
      return fail(Errc::kConfig, "there is no place for this user's files", "HOME is not set",
                  "set HOME, or use --home DIR");
    }
    out.config_file = xdg(world, "XDG_CONFIG_HOME", user + "/.config") + "/shoal.yaml";
    out.data = xdg(world, "XDG_DATA_HOME", user + "/.local/share");
    out.state = xdg(world, "XDG_STATE_HOME", user + "/.local/state");
    const std::string runtime = text_of(world, "XDG_RUNTIME_DIR");
    run = runtime.starts_with('/') ? runtime + "/shoal" : out.state + "/run";
  }
  if (const std::string file = given(globals.config, "SHOAL_CONFIG"); !file.empty()) {
    out.config_file = fs::absolute(file, error).string();
  }
  out.daemon = given(globals.socket, "SHOAL_SOCKET");
  if (out.daemon.empty()) out.daemon = run + "/shoald.sock";
  out.token = text_of(world, "SHOAL_TOKEN");
  return out;
}

}  // namespace shoal::client
