// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/statement.h"

#include <algorithm>

namespace shoal::rpc {
namespace {

std::string big_endian(std::uint64_t number, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
  }
  return out;
}

std::string with_length(std::string_view text) { return big_endian(text.size(), 4).append(text); }

std::string bytes_of(std::string_view directory, std::string_view user, std::uint64_t stamp) {
  std::string name(directory);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return big_endian(stamp, 8) + with_length(name) + with_length(user);
}

std::string_view context_of(StatementKind kind) {
  return kind == StatementKind::kRegister ? context::kRegister : context::kLogin;
}

}  // namespace

Statement make_statement(const Identity& who, StatementKind kind, std::string_view directory,
                         std::string_view user, std::uint64_t stamp) {
  return {who.public_key(), stamp, who.sign(context_of(kind), bytes_of(directory, user, stamp))};
}

bool verify_statement(const Statement& statement, StatementKind kind, std::string_view directory,
                      std::string_view user) {
  return verify(statement.public_key, context_of(kind), bytes_of(directory, user, statement.stamp),
                statement.signature);
}

}  // namespace shoal::rpc
