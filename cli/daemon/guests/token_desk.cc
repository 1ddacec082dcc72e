// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/guests/token_desk.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

#include "proto/http/token.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

constexpr std::string_view kKey = "token ";

std::string hash_of(std::string_view secret) { return to_hex(http::token_hash(secret)); }

// "NUMBER SECONDS NAME".
std::string record_of(const TokenDesk::Token& token) {
  return std::to_string(token.number) + " " + std::to_string(token.made_unix) + " " + token.name;
}

TokenDesk::Token token_in(const std::string& record) {
  TokenDesk::Token token;
  std::istringstream in(record);
  in >> token.number >> token.made_unix;
  in.ignore(1);
  std::getline(in, token.name);
  return token;
}

}  // namespace

Result<std::unique_ptr<TokenDesk>> TokenDesk::open(StateStore& store) {
  const auto kept = store.texts(kKey);
  if (!kept) return tl::unexpected(kept.error());
  std::unique_ptr<TokenDesk> desk(new TokenDesk(store));
  for (const auto& [name, record] : *kept) {
    desk->tokens_.emplace(name.substr(kKey.size()), token_in(record));
  }
  return desk;
}

Result<TokenDesk::Made> TokenDesk::make(const std::string& name, std::int64_t now_unix) {
  if (name.empty() || name.size() > limits::kTokenName || disarm(name) != name) {
    return fail(
        Errc::kInvalidArgument, "not a token's name",
        "it has 1 to " + std::to_string(limits::kTokenName) + " bytes and no control characters",
        "for example: shoal token new phone");
  }
  const std::lock_guard lock(mutex_);
  if (tokens_.size() >= limits::kTokensMax) {
    return fail(Errc::kOverloaded, "no more tokens can be made",
                std::to_string(tokens_.size()) + " are there", "shoal token revoke NAME");
  }
  if (std::ranges::any_of(tokens_, [&](const auto& each) { return each.second.name == name; })) {
    return fail(Errc::kConflict, "there is a token of that name", name,
                "choose another name, or revoke that one");
  }
  const auto number = store_.next("tokens");
  if (!number) return tl::unexpected(number.error());
  Made made{{*number, name, now_unix}, http::new_token()};
  const std::string hash = hash_of(made.secret);
  if (auto kept = store_.set_text(std::string(kKey) + hash, record_of(made.token)); !kept) {
    return tl::unexpected(kept.error());
  }
  tokens_.emplace(hash, made.token);
  return made;
}

std::vector<TokenDesk::Token> TokenDesk::list() const {
  std::vector<Token> out;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [hash, token] : tokens_) out.push_back(token);
  }
  std::ranges::sort(out, {}, &Token::number);
  return out;
}

Result<TokenDesk::Token> TokenDesk::revoke(const std::string& word) {
  const std::lock_guard lock(mutex_);
  // A name wins over another token's number.
  auto found = std::ranges::find_if(tokens_, [&](const auto& e) { return e.second.name == word; });
  if (found == tokens_.end()) {
    found = std::ranges::find_if(
        tokens_, [&](const auto& e) { return std::to_string(e.second.number) == word; });
  }
  if (found == tokens_.end()) {
    return fail(Errc::kNotFound, "no token is called " + word.substr(0, 64),
                "neither a name nor a number", "shoal token list");
  }
  if (auto gone = store_.set_text(std::string(kKey) + found->first, {}); !gone) {
    return tl::unexpected(gone.error());
  }
  Token token = found->second;
  tokens_.erase(found);
  return token;
}

std::optional<std::int64_t> TokenDesk::number_of(std::string_view secret) const {
  // Looked up by its hash, so that the time tells nothing of the secrets that are kept.
  const std::string hash = hash_of(secret);
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(hash);
  if (found == tokens_.end()) return std::nullopt;
  return found->second.number;
}

}  // namespace shoal::daemon
