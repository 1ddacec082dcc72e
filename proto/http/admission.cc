// SPDX-License-Identifier: Apache-2.0
#include "proto/http/admission.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "proto/types/assert.h"
#include "proto/types/text.h"

namespace shoal::http {

std::string address_key(const std::string& address) {
  std::array<std::uint8_t, 16> bytes{};
  const std::string bare = address.substr(0, address.find('%'));  // fe80::1%eth0
  if (inet_pton(AF_INET6, bare.c_str(), bytes.data()) != 1) return address;
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    std::string v4;
    for (std::size_t at = 12; at < 16; ++at)
      v4 += (v4.empty() ? "" : ".") + std::to_string(bytes[at]);
    return v4;
  }
  return to_hex(std::span(bytes).first(8)) + "/64";
}

bool Admission::enter(const std::string& key, bool exempt) {
  if (connections_ >= limits_.connections_max || over_its_share(key, exempt)) return false;
  enter_in_place(key);
  return true;
}

bool Admission::over_its_share(const std::string& key, bool exempt) const {
  const auto found = by_address_.find(key);
  if (exempt || found == by_address_.end()) return false;
  // The last quarter is for addresses that have no connection yet.
  const bool crowded = connections_ >= limits_.connections_max - limits_.connections_max / 4;
  return crowded || found->second >= limits_.per_address_max;
}

void Admission::enter_in_place(const std::string& key) {
  SHOAL_ASSERT(connections_ < limits_.connections_max);
  ++by_address_[key];
  ++connections_;
}

void Admission::leave(const std::string& key) {
  const auto found = by_address_.find(key);
  SHOAL_ASSERT(found != by_address_.end());
  if (--found->second == 0) by_address_.erase(found);
  --connections_;
}

}  // namespace shoal::http
