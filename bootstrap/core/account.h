// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/time.h"

namespace shoal::bootstrap {

/// SHA-256 of a bearer token: what is kept of it.
using TokenHash = Digest<struct TokenHashTag, 32>;

/// Where a user is, as the directory knows it.
struct Place {
  std::optional<PeerId> peer;
  std::string address;     ///< numeric; of the connection, or one that it vouches for
  std::uint16_t port = 0;  ///< 0: not told
  friend bool operator==(const Place&, const Place&) = default;
};

/// A user that logged in.
struct Session {
  TokenHash token;
  Place place;
  Instant begun;
  Instant used;
  bool closed = false;  ///< logged out, or replaced; remembered for a late logout
  friend bool operator==(const Session&, const Session&) = default;
};

/// A user of a directory, with the last sessions: the newest last, at most one of them open.
struct Account {
  std::string name;         ///< as registered
  std::string password;     ///< Argon2id, as crypto_pwhash_str writes it; empty: by key only
  std::string key;          ///< public key (DER) that may sign logins; empty: by password only
  std::uint64_t stamp = 0;  ///< of the last signed statement; the next one must be higher
  Place place;              ///< of the last login, or of the registration
  Instant registered;
  std::vector<Session> sessions;
  friend bool operator==(const Account&, const Account&) = default;
};

}  // namespace shoal::bootstrap
