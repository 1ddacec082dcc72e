// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/daemon/state/state_store.h"
#include "proto/types/limits_tokens.h"
#include "proto/types/result.h"

namespace shoal::daemon {

/// The tokens that the owner gave out for the public port, each with a name. Of a token only the
/// SHA-256 is kept, in the state database; itself it is seen once, when it is made. Any thread.
class TokenDesk {
 public:
  struct Token {
    std::int64_t number = 0;  ///< rises; never used again
    std::string name;
    std::int64_t made_unix = 0;
  };
  struct Made {
    Token token;
    std::string secret;
  };

  /// Errors: those of the store.
  static Result<std::unique_ptr<TokenDesk>> open(StateStore& store);

  /// Kept before it is returned. `name`: 1 to limits::kTokenName bytes without control characters.
  /// Errors: kInvalidArgument (the name), kConflict (there is one of that name), kOverloaded
  /// (limits::kTokensMax), those of the store.
  Result<Made> make(const std::string& name, std::int64_t now_unix);
  /// In the order of their making.
  [[nodiscard]] std::vector<Token> list() const;
  /// By name or number; from now on it opens nothing. Errors: kNotFound, those of the store.
  Result<Token> revoke(const std::string& word);
  [[nodiscard]] bool knows(std::string_view secret) const { return number_of(secret).has_value(); }
  /// Of the token that this is; none: of none that is valid.
  [[nodiscard]] std::optional<std::int64_t> number_of(std::string_view secret) const;

 private:
  explicit TokenDesk(StateStore& store) : store_(store) {}

  StateStore& store_;
  mutable std::mutex mutex_;
  std::map<std::string, Token> tokens_;  ///< by the hexadecimal SHA-256
};

}  // namespace shoal::daemon
