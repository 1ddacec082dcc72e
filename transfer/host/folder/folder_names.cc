// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/folder/folder_names.h"

#include <utf8proc.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "transfer/host/disk/name.h"

namespace shoal::transfer {
namespace {

// What file systems that do not tell case apart compare.
std::string folded(const std::string& name) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
      static_cast<utf8proc_ssize_t>(name.size()), &mapped,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size < 0) return name;
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

// The names that were given in one folder.
class Given {
 public:
  std::string give(std::string_view remote) {
    const std::string safe = safe_name(remote);
    if (taken_.insert(folded(safe)).second) return safe;
    for (unsigned& number = next_.try_emplace(safe, 2).first->second;;) {
      std::string name = numbered_name(safe, number++);
      if (taken_.insert(folded(name)).second) return name;
    }
  }

 private:
  std::set<std::string> taken_;
  std::map<std::string, unsigned> next_;  ///< so that a hundred thousand alike are no square
};

// A folder that the last entry lies in.
struct Open {
  std::string remote;  ///< path in the list, with a '/' behind it
  std::string local;   ///< as well
  Given names;
};

}  // namespace

LocalNames local_names(const std::vector<ListingEntry>& entries) {
  LocalNames out;
  out.paths.reserve(entries.size());
  std::vector<Open> open(1);
  for (const ListingEntry& entry : entries) {
    while (!entry.path.starts_with(open.back().remote)) open.pop_back();
    for (;;) {
      const std::size_t from = open.back().remote.size();
      const auto slash = entry.path.find('/', from);
      if (slash == std::string::npos) break;
      Open inner;
      inner.remote = entry.path.substr(0, slash + 1);
      const std::string_view name = std::string_view(entry.path).substr(from, slash - from);
      inner.local = open.back().local + open.back().names.give(name) + "/";
      open.push_back(std::move(inner));
    }
    Open& last = open.back();
    out.paths.push_back(last.local +
                        last.names.give(std::string_view(entry.path).substr(last.remote.size())));
    if (out.paths.back() != entry.path) ++out.changed;
  }
  return out;
}

}  // namespace shoal::transfer
