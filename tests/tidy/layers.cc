// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/layers.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "tests/tidy/code.h"

namespace shoal::tidy {
namespace {

constexpr std::array kLayers = {
    Layer{"proto/types", "", Outside::kStdOnly, Purity::kValues},
    Layer{"proto/codec", "proto/types gen"},
    Layer{"proto/json", "proto/types", Outside::kOffline},
    Layer{"proto/yaml", "proto/types", Outside::kOffline},
    Layer{"proto/text", "proto/types", Outside::kOffline},
    Layer{"proto/rpc", "proto gen !proto/http"},
    Layer{"proto/http", "proto/. proto/types proto/json", Outside::kNoRpc},
    Layer{"proto", "", Outside::kNoRpc},
    Layer{"overlay/core", "proto/types", Outside::kPure, Purity::kMachine},
    Layer{"overlay/host", "overlay proto gen"},
    Layer{"overlay/ring", "proto/types overlay/core overlay/flood", Outside::kPure,
          Purity::kMachine},
    Layer{"overlay/index", "proto/types overlay/core overlay/flood", Outside::kPure,
          Purity::kMachine},
    Layer{"overlay/dynamic", "proto/types overlay/core overlay/flood", Outside::kPure,
          Purity::kMachine},
    Layer{"overlay/*", "proto/types overlay/core", Outside::kPure, Purity::kMachine},
    Layer{"overlay", "proto/types overlay !overlay/host", Outside::kPure, Purity::kMachine},
    Layer{"transfer/core", "proto/types", Outside::kPure, Purity::kMachine},
    Layer{"transfer/library", "proto/types proto/text transfer/core", Outside::kOffline},
    Layer{"transfer/host", "transfer proto gen"},
    Layer{"bootstrap/core", "proto/types", Outside::kPure, Purity::kMachine},
    Layer{"bootstrap/store", "proto/types proto/text bootstrap/core", Outside::kOffline},
    Layer{"bootstrap/http", "bootstrap proto"},
    Layer{"bootstrap", "bootstrap proto"},
    Layer{"broker", "proto/types proto/json", Outside::kOffline},
    Layer{"sim",
          "proto/types proto/json proto/yaml overlay transfer/core bootstrap/core !overlay/host",
          Outside::kOffline},
    // The client makes this peer's key, so it may see proto/rpc (identity.h, which is free of
    // gRPC); a test of the program's libraries shows that no gRPC comes along.
    Layer{"cli/client",
          "cli/. cli/config proto/. proto/types proto/json proto/http "
          "proto/rpc/identity.h proto/rpc/statement.h proto/rpc/friend_url.h "
          "proto/rpc/content_link.h",
          Outside::kNoRpc},
    // Of the client too, so free of gRPC.
    Layer{"cli/config",
          "proto/types proto/yaml proto/rpc/endpoint.h proto/rpc/friend_url.h broker/url.h",
          Outside::kOffline},
    Layer{"cli/daemon", "cli/. cli/config proto overlay transfer bootstrap broker gen"},
    Layer{"cli", "cli proto overlay transfer bootstrap broker gen"},
    Layer{"tests", "proto overlay transfer bootstrap broker sim cli gen"},
};

constexpr std::string_view kGenerated = "shoal/v1/";

constexpr std::array<std::string_view, 4> kRpcHeaders = {"grpc/", "grpcpp/", "google/protobuf/",
                                                         "grpc++/"};
constexpr std::array<std::string_view, 2> kNetHeaders = {"boost/asio", "httplib.h"};
// Standard headers that a core has no use for: they wait, read a clock or draw,
constexpr std::array<std::string_view, 12> kWaitingStd = {
    "barrier", "condition_variable", "ctime",        "future",     "latch",      "mutex",
    "random",  "semaphore",          "shared_mutex", "stop_token", "syncstream", "thread"};
// or do I/O.
constexpr std::array<std::string_view, 5> kTalkingStd = {"cstdio", "filesystem", "fstream",
                                                         "iostream", "print"};
// The last one: instructions that compute.
constexpr std::array<std::string_view, 5> kPureOutside = {
    "boost/unordered", "boost/container", "boost/intrusive", "openssl/evp.h", "immintrin.h"};

template <std::size_t N>
bool starts_with_any(std::string_view text, const std::array<std::string_view, N>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_std(std::string_view header) {
  return header.find_first_of("./") == std::string_view::npos;
}

bool outside_allowed(const Layer& layer, std::string_view header) {
  const bool std_header = is_std(header);
  if (layer.purity != Purity::kAny && is_one_of(header, kWaitingStd)) return false;
  if (layer.purity == Purity::kMachine && is_one_of(header, kTalkingStd)) return false;
  switch (layer.outside) {
    case Outside::kStdOnly:
      return std_header || header == "tl/expected.hpp";
    case Outside::kPure:
      return std_header || header == "tl/expected.hpp" || starts_with_any(header, kPureOutside);
    case Outside::kNoRpc:
      return !starts_with_any(header, kRpcHeaders);
    case Outside::kOffline:
      return !starts_with_any(header, kRpcHeaders) && !starts_with_any(header, kNetHeaders);
    case Outside::kAny:
      return true;
  }
  return true;
}

bool fits(std::string_view folder, std::string_view pattern) {
  if (pattern.ends_with("/.")) return folder == pattern.substr(0, pattern.size() - 2);
  if (pattern.ends_with("/*"))
    return is_within(folder, pattern.substr(0, pattern.size() - 2)) &&
           folder.size() > pattern.size() - 2;
  return is_within(folder, pattern);
}

// What counts as one's own layer: for "a/*" the folder a/x, else the row's folder.
std::string_view own_layer(const Layer& layer, std::string_view folder) {
  if (!layer.folder.ends_with("/*")) return layer.folder;
  const auto slash = folder.find('/', layer.folder.size() - 1);
  return folder.substr(0, slash);
}

// `to` is the folder of the header `target`.
bool may_include(const Layer& layer, std::string_view from, std::string_view to,
                 std::string_view target) {
  // A row such as "overlay" is about the files right in it; what is below has rows of its own.
  bool allowed =
      layer_of(std::string(to) + "/x") == &layer && own_layer(layer, from) == own_layer(layer, to);
  std::string_view rest = layer.may_include;
  while (!rest.empty()) {
    const auto blank = rest.find(' ');
    std::string_view item = rest.substr(0, blank);
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    const bool taken_out = item.starts_with('!');
    if (taken_out) item.remove_prefix(1);
    if (item.ends_with(".h") ? item == target : fits(to, item)) allowed = !taken_out;
  }
  return allowed;
}

}  // namespace

std::span<const Layer> layers() { return kLayers; }

const Layer* layer_of(std::string_view path) {
  const std::string_view folder = folder_of(path);
  const auto found = std::find_if(kLayers.begin(), kLayers.end(),
                                  [&](const Layer& layer) { return fits(folder, layer.folder); });
  return found == kLayers.end() ? nullptr : &*found;
}

Violations check_layers(const Tree& tree) {
  std::set<std::string_view> known;
  for (const auto& file : tree) known.insert(file.path);
  Violations out;
  for (const auto& file : tree) {
    if (!is_cpp(file.path)) continue;
    const Layer* layer = layer_of(file.path);
    if (layer == nullptr) {
      out.push_back({file.path, 0, "this folder has no row in tests/tidy/layers.cc"});
      continue;
    }
    const std::string_view folder = folder_of(file.path);
    for (const auto& include : includes_of(file.text)) {
      const bool generated = include.target.starts_with(kGenerated);
      if (include.quoted && !generated && !known.contains(include.target)) {
        out.push_back(
            {file.path, include.line, "\"" + include.target + "\" is no path from the root"});
      } else if (include.quoted || generated) {
        const std::string_view to = generated ? "gen" : folder_of(include.target);
        if (!may_include(*layer, folder, to, include.target)) {
          out.push_back({file.path, include.line,
                         std::string(folder) + " may not include " + include.target});
        }
      } else if (!outside_allowed(*layer, include.target)) {
        out.push_back({file.path, include.line,
                       std::string(folder) + " may not include <" + include.target + ">"});
      }
    }
  }
  return out;
}

Violations check_cycles(const Tree& tree) {
  std::map<std::string, std::set<std::string>> edges;
  for (const auto& file : tree) {
    if (!is_cpp(file.path) || is_within(folder_of(file.path), "tests")) continue;
    const std::string from(folder_of(file.path));
    for (const auto& include : includes_of(file.text)) {
      const std::string to(folder_of(include.target));
      if (include.quoted && to != from) edges[from].insert(to);
    }
  }
  // Remove what includes nothing that is left, until nothing changes: what stays is a circle or
  // includes one.
  for (bool changed = true; changed;) {
    changed = false;
    for (auto it = edges.begin(); it != edges.end();) {
      std::erase_if(it->second, [&](const std::string& to) { return !edges.contains(to); });
      changed = changed || it->second.empty();
      it = it->second.empty() ? edges.erase(it) : std::next(it);
    }
  }
  Violations out;
  for (const auto& [from, to] : edges) {
    out.push_back({from, 0, "is part of a circle of includes, or includes one, by " + *to.begin()});
  }
  return out;
}

}  // namespace shoal::tidy
