// SPDX-License-Identifier: Apache-2.0
#include "cli/config/places.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace shoal::config {
namespace {

namespace fs = std::filesystem;

std::string absolute(const std::string& path) {
  std::error_code error;
  auto out = fs::absolute(path, error).lexically_normal().string();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return error ? path : out;
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Result<Places> find_places(const PlaceFlags& flags, const Environment& environment) {
  const auto variable = [&](const char* name) { return environment(name).value_or(std::string()); };
  const auto given = [&](const std::string& flag, const char* name) {
    return flag.empty() ? variable(name) : flag;
  };
  Places out;
  std::string run;
  if (const std::string home = given(flags.home, "SHOAL_HOME"); !home.empty()) {
    const std::string root = absolute(home);
    out.config_file = root + "/shoal.yaml";
    out.data = root + "/data";
    out.state = root + "/state";
    out.downloads = root + "/downloads";
    run = root + "/run";
  } else {
    const std::string user = variable("HOME");
    if (!user.starts_with('/')) {
      return fail(Errc::kConfig, "there is no place for this user's files", "HOME is not set",
                  "set HOME, or use --home DIR");
    }
    // The XDG specification: a relative path in such a variable is to be ignored.
    const auto xdg = [&](const char* name, const char* otherwise) {
      const std::string value = variable(name);
      return absolute((value.starts_with('/') ? value : user + otherwise) + "/shoal");
    };
    out.config_file = xdg("XDG_CONFIG_HOME", "/.config") + "/shoal.yaml";
    out.data = xdg("XDG_DATA_HOME", "/.local/share");
    out.state = xdg("XDG_STATE_HOME", "/.local/state");
    out.downloads = absolute(user + "/Downloads/shoal");
    const std::string runtime = variable("XDG_RUNTIME_DIR");
    run = runtime.starts_with('/') ? absolute(runtime + "/shoal") : out.state + "/run";
  }
  if (const std::string file = given(flags.config, "SHOAL_CONFIG"); !file.empty()) {
    out.config_file = absolute(file);
    out.config_given = true;
  }
  out.daemon = given(flags.socket, "SHOAL_SOCKET");
  if (out.daemon.empty()) {
    out.daemon = run + "/shoald.sock";
  } else if (out.daemon.find("://") == std::string::npos && !out.daemon.starts_with("unix:")) {
    out.daemon = absolute(out.daemon);
  }
  return out;
}

}  // namespace shoal::config
