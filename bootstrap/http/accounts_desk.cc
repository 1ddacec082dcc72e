// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/accounts_desk.h"

#include <utility>

#include "bootstrap/core/accounts.h"
#include "proto/asio.h"
#include "proto/http/admission.h"
#include "proto/http/token.h"

namespace shoal::bootstrap {
namespace {

using Refusal = AccountsDesk::Refusal;

tl::unexpected<Refusal> refuse(Error error, Duration retry_after = Duration(0)) {
  return tl::unexpected<Refusal>(Refusal{std::move(error), retry_after});
}

tl::unexpected<Refusal> wait_for(Duration time, std::string_view what) {
  return refuse({Errc::kOverloaded, std::string(what), "too many tries from this address",
                 "try again when Retry-After is over"},
                time);
}

tl::unexpected<Error> not_you() {
  return fail(Errc::kUnauthenticated, "the user is not logged in",
              "there is no such user with that password or key", "check both, or register first");
}

tl::unexpected<Error> no_token() {
  return fail(Errc::kUnauthenticated, "the request was refused",
              "it has no token of an open session",
              "log in, and send Authorization: Bearer <token>");
}

TokenHash hash_of(std::string_view token) { return {http::token_hash(token)}; }

UserRecord record_of(const Account& account, Instant now) {
  return {account.name, account.place, open_session(account, now) != nullptr};
}

// A peer elsewhere is where it asks from; on this machine its word counts, since nothing but this
// machine's own addresses leads here.
Result<Place> place_of(const UserRequest& request, const std::string& connection) {
  Place place{request.peer, request.address, request.port};
  boost::system::error_code error;
  const auto from = boost::asio::ip::make_address(connection, error);
  const std::string known = error ? connection : from.to_string();
  if (place.address.empty()) place.address = known;
  const bool local = !error && from.is_loopback();
  if (local || place.address == known) return place;
  return fail(Errc::kInvalidArgument, "the user is not understood",
              "\"address\" is not the one that this request comes from, " + known, "leave it out");
}

}  // namespace

AccountsDesk::AccountsDesk(AccountStore& store, PasswordHasher& hasher,
                           std::function<Instant()> now, LoginLimits limits)
    : store_(store),
      hasher_(hasher),
      now_(std::move(now)),
      nobodys_password_(hasher.hash(http::new_token())),
      throttle_(limits) {}

AccountsDesk::Answer<UserRecord> AccountsDesk::register_user(const UserRequest& request,
                                                             const Caller& caller) {
  const auto place = place_of(request, caller.address);
  if (!place) return refuse(place.error());
  {
    const std::scoped_lock lock(mutex_);
    const Duration wait = throttle_.begin_registration(http::address_key(caller.address), now_());
    if (wait > Duration(0)) return wait_for(wait, "the user is not registered");
  }
  Account fresh{request.name, {}, {}, 0, *place, now_(), {}};
  if (request.statement) {
    if (!rpc::verify_statement(*request.statement, rpc::StatementKind::kRegister, caller.directory,
                               request.name)) {
      return refuse({Errc::kUnauthenticated, "the user is not registered",
                     "the signature is not by that key over this name and directory",
                     "sign the stamp, " + caller.directory + " and the name"});
    }
    if (auto taken = take_stamp(fresh, request.statement->stamp, now_()); !taken) {
      return refuse(taken.error());
    }
    fresh.key = request.statement->public_key;
  }
  const std::string key = key_of_name(request.name);
  auto known = store_.find(key);
  if (!known) return refuse(known.error());
  if (auto free = bootstrap::register_user(*known, fresh); !free) return refuse(free.error());
  const auto count = store_.count();
  if (!count) return refuse(count.error());
  if (*count >= limits::kUsersMax) {
    return refuse({Errc::kOverloaded, "the user is not registered", "the directory is full",
                   "ask another directory"},
                  std::chrono::hours(1));
  }
  if (!request.password.empty()) {
    fresh.password = hasher_.hash(request.password);
    if (fresh.password.empty()) {
      return refuse({Errc::kOverloaded, "the user is not registered", "there is no memory for it",
                     "try again later"},
                    std::chrono::seconds(10));
    }
  }
  const auto done = store_.change(key, [&](std::optional<Account>& account) {
    return bootstrap::register_user(account, fresh);
  });
  if (!done) return refuse(done.error());
  return record_of(fresh, now_());
}

AccountsDesk::Answer<void> AccountsDesk::may_try(const UserRequest& request, const std::string& key,
                                                 const Caller& caller) {
  if (request.statement) return {};  // a signature is not guessed
  const std::scoped_lock lock(mutex_);
  const Duration wait = throttle_.begin(key, http::address_key(caller.address), now_());
  if (wait > Duration(0)) return wait_for(wait, "the user is not logged in");
  return {};
}

Result<void> AccountsDesk::prove(const UserRequest& request, const std::optional<Account>& account,
                                 const Caller& caller) {
  if (request.statement) {
    const bool signer = account && !account->key.empty() &&
                        account->key == request.statement->public_key &&
                        rpc::verify_statement(*request.statement, rpc::StatementKind::kLogin,
                                              caller.directory, request.name);
    return signer ? Result<void>() : not_you();
  }
  // The same work for everybody, or its time would say who is registered.
  const bool has_one = account && !account->password.empty();
  const bool same =
      hasher_.matches(has_one ? account->password : nobodys_password_, request.password);
  return has_one && same ? Result<void>() : not_you();
}

AccountsDesk::Answer<AccountsDesk::Opened> AccountsDesk::log_in(const UserRequest& request,
                                                                const Caller& caller) {
  const auto place = place_of(request, caller.address);
  if (!place) return refuse(place.error());
  const std::string key = key_of_name(request.name);
  if (auto may = may_try(request, key, caller); !may) return tl::unexpected(may.error());
  const auto account = store_.find(key);
  if (!account) return refuse(account.error());
  if (auto proven = prove(request, *account, caller); !proven) return refuse(proven.error());
  if (!request.statement) {
    const std::scoped_lock lock(mutex_);
    throttle_.succeeded(key, http::address_key(caller.address));
  }
  Opened opened;
  opened.token = http::new_token();
  const TokenHash token = hash_of(opened.token);
  const auto done = store_.change(key, [&](std::optional<Account>& current) -> Result<void> {
    if (!current || current->password != (*account)->password || current->key != (*account)->key) {
      return not_you();
    }
    const Instant now = now_();
    if (request.statement) {
      if (auto taken = take_stamp(*current, request.statement->stamp, now); !taken) return taken;
    }
    if (auto in = bootstrap::log_in(*current, token, *place, now); !in) return in;
    opened.user = record_of(*current, now);
    opened.ends = end_of(current->sessions.back());
    opened.left = opened.ends - now;
    return {};
  });
  if (!done) return refuse(done.error());
  return opened;
}

Result<void> AccountsDesk::log_out(std::string_view token, const std::optional<std::string>& user) {
  if (token.empty()) return no_token();
  const TokenHash hash = hash_of(token);
  const auto holder = store_.holder(hash);
  if (!holder) return tl::unexpected(holder.error());
  if (!*holder) return no_token();
  const std::string key = key_of_name((*holder)->name);
  if (user && key_of_name(*user) != key) {
    return fail(Errc::kDenied, "the session is not ended", "the token is another user's",
                "each user logs out with the token of its own login");
  }
  return store_.change(key, [&](std::optional<Account>& account) -> Result<void> {
    if (account) bootstrap::log_out(*account, hash);
    return {};
  });
}

Result<AccountsDesk::Member> AccountsDesk::member(std::string_view token) {
  if (token.empty()) return no_token();
  const TokenHash hash = hash_of(token);
  auto account = store_.holder(hash);
  if (!account) return tl::unexpected(account.error());
  const Instant now = now_();
  if (!*account || state_of(**account, hash, now) != TokenState::kOpen) return no_token();
  if (slide(**account, hash, now)) {
    // What was read may be old by now: decided again with what is there.
    const auto slid = store_.change(
        key_of_name((*account)->name), [&](std::optional<Account>& current) -> Result<void> {
          if (!current || state_of(*current, hash, now) != TokenState::kOpen) return no_token();
          slide(*current, hash, now);
          return {};
        });
    // A store that cannot write now ends nobody's session.
    if (!slid && slid.error().code == Errc::kUnauthenticated) return tl::unexpected(slid.error());
  }
  const Session* const session = bootstrap::open_session(**account, now);
  const Instant ends = end_of(*session);
  return Member{record_of(**account, now), ends, ends - now};
}

Result<UserRecord> AccountsDesk::find(const std::string& name) {
  const auto account = store_.find(key_of_name(name));
  if (!account) return tl::unexpected(account.error());
  if (*account) return record_of(**account, now_());
  return fail(Errc::kNotFound, "there is no such user", "nobody is registered here by that name");
}

Result<void> AccountsDesk::sweep() { return store_.purge_sessions(now_() - limits::kSessionMax); }

}  // namespace shoal::bootstrap
