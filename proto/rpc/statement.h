// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/rpc/identity.h"

namespace shoal::rpc {

namespace context {
inline constexpr std::string_view kRegister{"shoal register v1\0", 18};
inline constexpr std::string_view kLogin{"shoal login v1\0", 15};
}  // namespace context

/// What a user's peer tells a directory under its key, instead of a password or beside it.
enum class StatementKind : std::uint8_t { kRegister, kLogin };

/// The signature covers the stamp (8 bytes, big endian), the directory as the peer calls it
/// ("host:port", as in the Host of its request) and the user's name, each with its length (4 bytes,
/// big endian) before it. So a directory can bring it to no other, and as stamps rise (microseconds
/// since 1970) it works once.
struct Statement {
  std::string public_key;  ///< DER
  std::uint64_t stamp = 0;
  std::string signature;
};

/// Letters of `directory` count in lower case.
Statement make_statement(const Identity& who, StatementKind kind, std::string_view directory,
                         std::string_view user, std::uint64_t stamp);
bool verify_statement(const Statement& statement, StatementKind kind, std::string_view directory,
                      std::string_view user);

}  // namespace shoal::rpc
