// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/accounts_desk.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "bootstrap/store/store.h"
#include "proto/rpc/identity.h"
#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;
constexpr const char* kDirectory = "directory.example.org:7400";

// Hides nothing and counts.
class PlainHasher final : public PasswordHasher {
 public:
  std::string hash(std::string_view password) override {
    ++hashed;
    return "plain " + std::string(password);
  }
  bool matches(const std::string& hash, std::string_view password) override {
    ++compared;
    return hash == "plain " + std::string(password);
  }
  int hashed = 0;
  int compared = 0;
};

UserRequest user(const std::string& name, const std::string& password, std::uint16_t port = 7401) {
  UserRequest request;
  request.name = name;
  request.password = password;
  request.port = port;
  return request;
}

class AccountsDeskTest : public testing::Test {
 protected:
  AccountsDeskTest() { restart(); }
  void restart() {
    desk.reset();
    store_.reset();
    auto store = open_sqlite_store(folder_ / "directory.db");
    ASSERT_TRUE(store);
    store_ = std::move(*store);
    desk = std::make_unique<AccountsDesk>(
        store_->accounts(), hasher, [this] { return Instant(std::chrono::seconds(seconds)); });
  }
  [[nodiscard]] std::uint64_t stamp(std::int64_t ahead = 0) const {
    return static_cast<std::uint64_t>(seconds + ahead) * 1'000'000;
  }
  UserRequest signed_by(const rpc::Identity& who, rpc::StatementKind kind, const std::string& name,
                        std::uint64_t at, const std::string& directory = kDirectory) const {
    UserRequest request;
    request.name = name;
    request.statement = rpc::make_statement(who, kind, directory, name, at);
    request.peer = who.id();
    return request;
  }
  static AccountsDesk::Caller from(const std::string& address) { return {address, kDirectory}; }
  Errc refused(const UserRequest& request, const std::string& address = "192.0.2.1") {
    const auto opened = desk->log_in(request, from(address));
    return opened ? Errc::kInternal : opened.error().error.code;
  }

  std::int64_t seconds = kNow;
  PlainHasher hasher;
  std::unique_ptr<AccountsDesk> desk;
  const rpc::Identity ana = rpc::Identity::generate();
  const rpc::Identity luis = rpc::Identity::generate();

 private:
  tests::TempFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(AccountsDeskTest, KeepsUsersAndSessionsOverARestart) {
  ASSERT_TRUE(desk->register_user(user("Ana", "secret"), from("192.0.2.1")));
  const auto opened = desk->log_in(user("ana", "secret"), from("192.0.2.1"));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->token.starts_with("sdt_"));
  EXPECT_EQ(opened->token.size(), 4U + 43);
  EXPECT_EQ(opened->left, Duration(std::chrono::hours(1)));
  restart();
  const auto member = desk->member(opened->token);
  ASSERT_TRUE(member);
  EXPECT_EQ(member->user.name, "Ana");
  EXPECT_EQ(member->user.place, (Place{std::nullopt, "192.0.2.1", 7401}));
  EXPECT_TRUE(member->user.online);
  EXPECT_FALSE(desk->find("luis"));
}

TEST_F(AccountsDeskTest, TellsNobodyWhoIsRegistered) {
  ASSERT_TRUE(desk->register_user(user("ana", "secret"), from("192.0.2.1")));
  ASSERT_TRUE(desk->register_user(signed_by(luis, rpc::StatementKind::kRegister, "luis", stamp()),
                                  from("192.0.2.1")));
  std::set<std::string> texts;
  for (const std::string name : {"ana", "nobody", "luis"}) {
    hasher.compared = 0;
    const auto opened = desk->log_in(user(name, "wrong"), from("192.0.2.1"));
    ASSERT_FALSE(opened);
    const Error& error = opened.error().error;
    EXPECT_EQ(error.code, Errc::kUnauthenticated);
    texts.insert(error.what + "|" + error.why + "|" + error.next);
    EXPECT_EQ(hasher.compared, 1) << name;
  }
  EXPECT_EQ(texts.size(), 1U);
  EXPECT_EQ(refused(user("luis", "plain ")), Errc::kUnauthenticated);
}

TEST_F(AccountsDeskTest, ReplacesTheSessionOfAPeerThatWasKilledAndRefusesAnother) {
  ASSERT_TRUE(desk->register_user(user("ana", "secret"), from("192.0.2.1")));
  const auto first = desk->log_in(user("ana", "secret"), from("192.0.2.1"));
  ASSERT_TRUE(first);
  EXPECT_EQ(refused(user("ana", "secret"), "192.0.2.2"), Errc::kConflict);
  EXPECT_EQ(refused(user("ana", "secret", 7402)), Errc::kConflict);
  const auto second = desk->log_in(user("ana", "secret"), from("192.0.2.1"));
  ASSERT_TRUE(second);
  EXPECT_FALSE(desk->member(first->token));
  EXPECT_TRUE(desk->member(second->token));
  EXPECT_TRUE(desk->log_out(first->token, std::nullopt));  // late, and without effect
  EXPECT_TRUE(desk->member(second->token));
  EXPECT_TRUE(desk->log_out(second->token, "ANA"));
  EXPECT_TRUE(desk->log_out(second->token, "ana"));
  EXPECT_FALSE(desk->member(second->token));
  EXPECT_FALSE(desk->find("ana")->online);
  EXPECT_TRUE(desk->log_in(user("ana", "secret"), from("192.0.2.2")));
}

TEST_F(AccountsDeskTest, LogsNobodyOutForAnother) {
  for (const std::string name : {"ana", "luis"}) {
    ASSERT_TRUE(desk->register_user(user(name, "secret"), from("192.0.2.1")));
  }
  const auto ana_in = desk->log_in(user("ana", "secret"), from("192.0.2.1"));
  const auto luis_in = desk->log_in(user("luis", "secret"), from("192.0.2.1"));
  ASSERT_TRUE(ana_in && luis_in);
  EXPECT_EQ(desk->log_out(luis_in->token, "ana").error().code, Errc::kDenied);
  EXPECT_EQ(desk->log_out("", "ana").error().code, Errc::kUnauthenticated);
  EXPECT_EQ(desk->log_out("sdt_" + std::string(43, 'A'), "ana").error().code,
            Errc::kUnauthenticated);
  EXPECT_TRUE(desk->member(ana_in->token));
  EXPECT_TRUE(desk->member(luis_in->token));
  std::string other_case = ana_in->token;
  other_case.back() = other_case.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(desk->member(other_case).error().code, Errc::kUnauthenticated);
}

TEST_F(AccountsDeskTest, KeepsASessionForAsLongAsItIsUsed) {
  ASSERT_TRUE(desk->register_user(user("ana", "secret"), from("192.0.2.1")));
  const auto opened = desk->log_in(user("ana", "secret"), from("192.0.2.1"));
  ASSERT_TRUE(opened);
  for (int i = 0; i < 4; ++i) {
    seconds += 3000;
    ASSERT_TRUE(desk->member(opened->token)) << i;
    restart();
  }
  ASSERT_TRUE(desk->sweep());
  EXPECT_TRUE(desk->member(opened->token));
  seconds += 3600;
  EXPECT_FALSE(desk->member(opened->token));
  EXPECT_TRUE(desk->log_out(opened->token, std::nullopt));
  seconds += 24 * 3600;
  ASSERT_TRUE(desk->sweep());
  EXPECT_EQ(desk->log_out(opened->token, std::nullopt).error().code, Errc::kUnauthenticated);
}

TEST_F(AccountsDeskTest, LetsAPeerLogInByItsKey) {
  using rpc::StatementKind;
  const auto home = from("192.0.2.1");
  const auto registered =
      desk->register_user(signed_by(ana, StatementKind::kRegister, "ana", stamp()), home);
  ASSERT_TRUE(registered);
  EXPECT_EQ(registered->place.peer, ana.id());
  EXPECT_EQ(hasher.hashed, 1);  // at the start of the desk
  const auto login = [&](std::uint64_t at) {
    return signed_by(ana, StatementKind::kLogin, "ana", at);
  };
  EXPECT_EQ(refused(login(stamp())), Errc::kUnauthenticated);  // the registration's stamp is used
  const auto used = login(stamp(1));
  ASSERT_TRUE(desk->log_in(used, home));
  restart();
  EXPECT_EQ(refused(used), Errc::kUnauthenticated);
  EXPECT_EQ(refused(login(stamp(61))), Errc::kUnauthenticated);
  EXPECT_EQ(refused(login(stamp(-61))), Errc::kUnauthenticated);
  EXPECT_EQ(refused(signed_by(luis, StatementKind::kLogin, "ana", stamp(2))),
            Errc::kUnauthenticated);
  EXPECT_EQ(refused(signed_by(ana, StatementKind::kRegister, "ana", stamp(2))),
            Errc::kUnauthenticated);
  EXPECT_EQ(refused(signed_by(ana, StatementKind::kLogin, "ana", stamp(2), "evil.example:7400")),
            Errc::kUnauthenticated);
  auto other_name = login(stamp(2));
  other_name.name = "luis";
  EXPECT_EQ(refused(other_name), Errc::kUnauthenticated);
  auto by_no_key = login(stamp(2));
  by_no_key.statement->public_key.clear();
  EXPECT_EQ(refused(by_no_key), Errc::kUnauthenticated);
  EXPECT_TRUE(desk->log_in(login(stamp(2)), from("192.0.2.77")));  // the same peer, elsewhere
  EXPECT_EQ(desk->find("ana")->place.address, "192.0.2.77");
}

TEST_F(AccountsDeskTest, RefusesRegistrationsThatAnotherKeySigned) {
  auto forged = signed_by(ana, rpc::StatementKind::kRegister, "ana", stamp());
  forged.statement->public_key = luis.public_key();
  forged.peer = luis.id();
  EXPECT_EQ(desk->register_user(forged, from("192.0.2.1")).error().error.code,
            Errc::kUnauthenticated);
  EXPECT_FALSE(desk->find("ana"));
}

TEST_F(AccountsDeskTest, MakesWhoGuessesWaitAndNobodyElse) {
  ASSERT_TRUE(desk->register_user(user("ana", "secret"), from("192.0.2.1")));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(refused(user("ana", "guess")), Errc::kUnauthenticated);
  hasher.compared = 0;
  const auto waits = desk->log_in(user("ana", "secret"), from("192.0.2.1"));
  ASSERT_FALSE(waits);  // even with the right one, or who guesses would know
  EXPECT_EQ(waits.error().error.code, Errc::kOverloaded);
  EXPECT_EQ(waits.error().retry_after, Duration(std::chrono::seconds(1)));
  EXPECT_EQ(hasher.compared, 0);
  EXPECT_TRUE(desk->log_in(user("ana", "secret"), from("192.0.2.2")));
  seconds += 1;
  EXPECT_EQ(refused(user("ana", "secret")), Errc::kConflict);  // let in, but she is elsewhere
}

TEST_F(AccountsDeskTest, CountsTheAddressesOfOneNetworkAsOne) {
  int let = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string address = "2001:db8::" + std::to_string(i);
    let += refused(user("user" + std::to_string(i), "guess"), address) == Errc::kUnauthenticated;
  }
  EXPECT_EQ(let, static_cast<int>(limits::kLoginFailuresBurst));
}

TEST_F(AccountsDeskTest, LetsAClassroomRegisterAndStopsAFlood) {
  unsigned registered = 0;
  for (int i = 0; i < 200; ++i) {
    const auto done =
        desk->register_user(user("user" + std::to_string(i), "secret"), from("192.0.2.1"));
    if (done) {
      ++registered;
    } else {
      EXPECT_EQ(done.error().error.code, Errc::kOverloaded);
      EXPECT_GT(done.error().retry_after, Duration(0));
    }
  }
  EXPECT_EQ(registered, limits::kRegistrationsBurst);
  EXPECT_TRUE(desk->register_user(user("other", "secret"), from("192.0.2.2")));
}

TEST_F(AccountsDeskTest, BelievesNoAddressThatIsNotTheCallers) {
  auto claims = user("ana", "secret");
  claims.address = "203.0.113.9";
  const auto refused_claim = desk->register_user(claims, from("192.0.2.1"));
  ASSERT_FALSE(refused_claim);
  EXPECT_EQ(refused_claim.error().error.code, Errc::kInvalidArgument);
  EXPECT_NE(refused_claim.error().error.why.find("\"address\""), std::string::npos);
  claims.address = "127.0.0.1";
  EXPECT_FALSE(desk->register_user(claims, from("192.0.2.1")));
  claims.address = "192.0.2.1";
  EXPECT_TRUE(desk->register_user(claims, from("192.0.2.1")));
  auto local = user("luis", "secret");
  local.address = "203.0.113.9";  // of this machine
  EXPECT_TRUE(desk->register_user(local, from("127.0.0.1")));
  EXPECT_EQ(desk->find("luis")->place.address, "203.0.113.9");
}

TEST(Argon2id, TakesTheMemoryThatIsSaidAndKnowsItsPassword) {
  const auto hasher = argon2id();
  const std::string hash = hasher->hash("secret");
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << hash;
  EXPECT_NE(hash, hasher->hash("secret"));
  EXPECT_TRUE(hasher->matches(hash, "secret"));
  EXPECT_FALSE(hasher->matches(hash, "Secret"));
}

}  // namespace
}  // namespace shoal::bootstrap
