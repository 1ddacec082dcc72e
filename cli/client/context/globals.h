// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace shoal::client {

enum class When : std::uint8_t { kAuto, kAlways, kNever };
enum class ProgressKind : std::uint8_t { kAuto, kTty, kPlain, kJson, kNone };

/// The options that every verb takes, before or after it.
struct Globals {
  std::string config;  ///< -C: configuration file
  std::string home;    ///< --home: one folder for everything
  std::string socket;  ///< --socket: path or URL of the daemon
  bool json = false;
  std::vector<std::string> json_fields;  ///< empty: all
  bool quiet = false;                    ///< -q: ids only
  bool header = false;                   ///< TSV with a first line of names
  When color = When::kAuto;
  ProgressKind progress = ProgressKind::kAuto;
  bool ascii = false;
  std::chrono::milliseconds timeout{0};  ///< 0: none
  bool help = false;
  bool version = false;
};

}  // namespace shoal::client
