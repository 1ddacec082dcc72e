// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace shoal::http {

/// What counts as one address: IPv4 whole, IPv6 its first 64 bits, IPv4 in IPv6 as IPv4. Text that
/// is no address (a Unix socket's) is its own key.
std::string address_key(const std::string& address);

/// How many connections each address has. Not thread-safe.
class Admission {
 public:
  struct Limits {
    std::size_t connections_max;
    std::size_t per_address_max;
  };
  explicit Admission(Limits limits) : limits_(limits) {}

  /// Counts a connection in, or says no. `exempt`: only the total counts.
  bool enter(const std::string& key, bool exempt);
  /// Whether its own connections are why it was not let in.
  [[nodiscard]] bool over_its_share(const std::string& key, bool exempt) const;
  /// Counts a connection in after another one has left for it.
  void enter_in_place(const std::string& key);
  /// Once for each that entered.
  void leave(const std::string& key);

  [[nodiscard]] std::size_t connections() const { return connections_; }

 private:
  Limits limits_;
  std::size_t connections_ = 0;
  std::map<std::string, std::size_t> by_address_;
};

}  // namespace shoal::http
