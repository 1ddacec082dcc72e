// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/postgres_database.h"

#include <array>
#include <exception>
#include <pqxx/pqxx>
#include <utility>

namespace shoal::bootstrap {
namespace {

// What makes each version of the schema out of the one before it. Never changed, only added to.
constexpr std::array kVersions{
    // 1: leases and stamps, users and sessions. An empty bytea stands for none.
    R"(CREATE SEQUENCE shoal_change;
       CREATE TABLE shoal_peer(id bytea PRIMARY KEY, stamp bigint NOT NULL, sealed bytea NOT NULL,
         address text NOT NULL, until bigint NOT NULL, change bigint NOT NULL);
       CREATE INDEX shoal_peer_change ON shoal_peer(change);
       CREATE INDEX shoal_peer_ended ON shoal_peer(until) WHERE sealed='';
       CREATE TABLE shoal_user(key text PRIMARY KEY, name text NOT NULL, password text NOT NULL,
         public_key bytea NOT NULL, stamp bigint NOT NULL, peer bytea NOT NULL,
         address text NOT NULL, port integer NOT NULL, registered bigint NOT NULL);
       CREATE TABLE shoal_session(token bytea PRIMARY KEY,
         "user" text NOT NULL REFERENCES shoal_user(key), peer bytea NOT NULL,
         address text NOT NULL, port integer NOT NULL, begun bigint NOT NULL, used bigint NOT NULL,
         closed boolean NOT NULL, place integer NOT NULL);
       CREATE INDEX shoal_session_of_user ON shoal_session("user");
       CREATE INDEX shoal_session_begun ON shoal_session(begun);)",
    // 2: the index. An owner without an id has ended: its files are only there to be deleted.
    R"(CREATE TABLE shoal_indexed(number bigserial PRIMARY KEY, id bytea UNIQUE,
         sequence bigint NOT NULL, entries bigint NOT NULL);
       CREATE INDEX shoal_indexed_ended ON shoal_indexed(number) WHERE id IS NULL;
       CREATE TABLE shoal_seal(number bigserial PRIMARY KEY, owner bigint NOT NULL,
         bytes bytea NOT NULL, signature bytea NOT NULL, files bigint NOT NULL);
       CREATE INDEX shoal_seal_of_owner ON shoal_seal(owner);
       CREATE TABLE shoal_file(number bigserial PRIMARY KEY, owner bigint NOT NULL,
         root bytea NOT NULL, length bigint NOT NULL, name text NOT NULL, words tsvector NOT NULL,
         seal bigint NOT NULL, place integer NOT NULL, path bytea NOT NULL,
         UNIQUE(owner, root, length));
       CREATE INDEX shoal_file_name ON shoal_file(name, number);
       CREATE INDEX shoal_file_content ON shoal_file(root, length);
       CREATE INDEX shoal_file_words ON shoal_file USING gin(words);
       CREATE TABLE shoal_index_size(entries bigint NOT NULL);
       INSERT INTO shoal_index_size VALUES(0);)",
};
constexpr int kVersion = static_cast<int>(kVersions.size());

constexpr const char* kDiskFull = "53100";

Error store_error(Errc code, const std::string& why) {
  const char* const next = code == Errc::kNoSpace ? "make room on its disk"
                           : code == Errc::kUnreachable
                               ? "see whether PostgreSQL runs and is reached"
                               : "see the log of PostgreSQL";
  return {code, "the directory's store failed", why.substr(0, why.find_last_not_of('\n') + 1),
          next};
}

Result<void> bring_up_to_date(PostgresWork& work) {
  work.exec_params("SELECT pg_advisory_xact_lock($1)",
                   static_cast<int>(PostgresDatabase::Lock::kSchema));
  work.exec("SET LOCAL client_min_messages=warning");
  work.exec("CREATE TABLE IF NOT EXISTS shoal_schema(version integer NOT NULL)");
  const auto rows = work.exec("SELECT version FROM shoal_schema");
  const int version = rows.empty() ? 0 : rows[0][0].as<int>();
  if (version > kVersion) {
    return fail(Errc::kConflict, "cannot use the store",
                "a newer version of the program made its tables",
                "use that version, or another database");
  }
  if (version == kVersion) return {};
  for (int next = version; next < kVersion; ++next) {
    work.exec(kVersions.at(static_cast<std::size_t>(next)));
  }
  work.exec(rows.empty() ? "INSERT INTO shoal_schema VALUES(0)" : "SELECT 1");
  work.exec_params("UPDATE shoal_schema SET version=$1", kVersion);
  return {};
}

}  // namespace

std::string shown_url(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const auto begin = scheme + 3;
  const auto at = url.substr(0, url.find_first_of("/?", begin)).rfind('@');
  std::string shown = url;
  if (at != std::string::npos && at > begin) {
    const auto colon = url.find(':', begin);
    if (colon < at) shown.replace(colon, at - colon, ":***");
  }
  if (const auto in_query = shown.find("password="); in_query != std::string::npos) {
    const auto value = in_query + 9;
    const auto end = std::min(shown.find('&', value), shown.size());
    shown.replace(value, end - value, "***");
  }
  return shown;
}

PostgresDatabase::PostgresDatabase(std::string url, Patience patience)
    : url_(std::move(url)), patience_(patience) {}

PostgresDatabase::~PostgresDatabase() { disconnect(); }

void PostgresDatabase::disconnect() {
  step_.reset();
  connection_.reset();
}

// What a lost network may cost. A value that the URL has stays.
std::string PostgresDatabase::url_with_times() const {
  const auto connect = asleep_until_ == 0 ? patience_.connect : patience_.probe;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(connect);
  std::string url = url_;
  for (const auto& [name, value] : {std::pair{"connect_timeout", seconds.count()},
                                    std::pair{"tcp_user_timeout", patience_.connect.count()}}) {
    if (url_.find(name) != std::string::npos) continue;
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += std::string(name) + "=" + std::to_string(value);
  }
  return url;
}

pqxx::connection& PostgresDatabase::connected() {
  if (connection_) return *connection_;
  not_reached_ = true;
  connection_ = std::make_unique<pqxx::connection>(url_with_times());
  not_reached_ = false;
  const Watchdog::Watch watch(watchdog_, connection_->sock(), time_to_answer());
  connection_->set_variable("statement_timeout", "'5s'");
  connection_->set_variable("idle_in_transaction_session_timeout", "'10s'");
  connection_->set_variable("synchronous_commit", "on");
  return *connection_;
}

std::chrono::milliseconds PostgresDatabase::time_to_answer() const {
  return asleep_until_ == 0 ? patience_.answer : patience_.probe;
}

// Whoever waited while it was found not to answer need not find that out again.
Result<void> PostgresDatabase::enter(std::unique_lock<std::mutex>& lock) {
  const auto asleep = [this] {
    const Clock::rep until = asleep_until_;
    return until != 0 && Clock::now().time_since_epoch().count() < until;
  };
  if (asleep_until_ == 0) lock.lock();
  if (!asleep() && (lock.owns_lock() || lock.try_lock())) return {};
  return tl::unexpected(
      store_error(Errc::kUnreachable, "PostgreSQL does not answer; it is asked again soon"));
}

Result<void> PostgresDatabase::leave(Result<void> done) {
  const bool asleep = !done && (not_answered_ || not_reached_);
  asleep_until_ = asleep ? (Clock::now() + patience_.pause).time_since_epoch().count() : 0;
  return done;
}

Result<void> PostgresDatabase::guarded(const std::function<Result<void>()>& work, bool& lost) {
  lost = false;
  not_reached_ = false;
  not_answered_ = false;
  watchdog_.forget();
  auto done = tried(work, lost);
  not_answered_ = !done && watchdog_.bit();
  if (not_answered_) done.error().why = "PostgreSQL does not answer";
  if (not_answered_) done.error().code = Errc::kUnreachable;
  return done;
}

tl::unexpected<Error> PostgresDatabase::trouble(Errc code, const std::string& why) const {
  Error error = store_error(code, why);
  if (tell_) {
    tell_(error);
    error.why = code == Errc::kUnreachable ? "PostgreSQL is not reached"
                : code == Errc::kNoSpace   ? "the disk of PostgreSQL is full"
                                           : "PostgreSQL does not do it";
  }
  return tl::unexpected(std::move(error));
}

Result<void> PostgresDatabase::tried(const std::function<Result<void>()>& work, bool& lost) {
  try {
    return work();
  } catch (const pqxx::in_doubt_error& error) {
    disconnect();
    return trouble(Errc::kUnreachable, error.what());
  } catch (const pqxx::broken_connection& error) {
    disconnect();
    lost = true;
    return trouble(Errc::kUnreachable, error.what());
  } catch (const pqxx::sql_error& error) {
    // A server that shuts down says so before it hangs up (class 57P).
    lost = error.sqlstate().starts_with("57P");
    const bool full = error.sqlstate() == kDiskFull;
    if (lost) {
      disconnect();
    } else {
      step_.reset();
    }
    return trouble(lost ? Errc::kUnreachable : full ? Errc::kNoSpace : Errc::kIo, error.what());
  } catch (const std::exception& error) {
    disconnect();
    return trouble(Errc::kIo, error.what());
  }
}

Result<std::unique_ptr<PostgresDatabase>> PostgresDatabase::open(const std::string& url,
                                                                 Patience patience,
                                                                 TellTrouble tell) {
  auto db = std::unique_ptr<PostgresDatabase>(new PostgresDatabase(url, patience));
  if (auto ready = db->transact(bring_up_to_date); !ready) {
    Error error = ready.error();
    error.what = "cannot use the store " + shown_url(url);
    return tl::unexpected(std::move(error));
  }
  db->tell_ = std::move(tell);
  return db;
}

Result<void> PostgresDatabase::transact(const std::function<Result<void>(PostgresWork&)>& work) {
  std::unique_lock lock(mutex_, std::defer_lock);
  if (auto entered = enter(lock); !entered) return entered;
  for (int attempt = 0;; ++attempt) {
    bool lost = false;
    bool committing = false;
    auto done = guarded(
        [&]() -> Result<void> {
          PostgresWork transaction(connected(), watchdog_, time_to_answer());
          if (auto worked = work(transaction); !worked) return worked;
          committing = true;
          transaction.commit();
          return {};
        },
        lost);
    if (!lost || committing || not_answered_ || attempt > 0) return leave(std::move(done));
  }
}

Result<void> PostgresDatabase::begin() {
  std::unique_lock lock(mutex_, std::defer_lock);
  if (auto entered = enter(lock); !entered) return entered;
  for (int attempt = 0;; ++attempt) {
    bool lost = false;
    auto done = guarded(
        [&]() -> Result<void> {
          step_ = std::make_unique<PostgresWork>(connected(), watchdog_, time_to_answer());
          step_->exec("SELECT 1");  // whether the connection lives
          return {};
        },
        lost);
    if (!lost || not_answered_ || attempt > 0) return leave(std::move(done));
  }
}

Result<void> PostgresDatabase::within(const std::function<void(PostgresWork&)>& work) {
  const std::scoped_lock lock(mutex_);
  if (!step_) return tl::unexpected(store_error(Errc::kUnreachable, "the transaction was lost"));
  bool lost = false;
  return leave(guarded(
      [&]() -> Result<void> {
        step_->allow(time_to_answer());
        work(*step_);
        return {};
      },
      lost));
}

Result<void> PostgresDatabase::commit() {
  const std::scoped_lock lock(mutex_);
  if (!step_) return tl::unexpected(store_error(Errc::kUnreachable, "the transaction was lost"));
  bool lost = false;
  return leave(guarded(
      [&]() -> Result<void> {
        step_->allow(time_to_answer());
        step_->commit();
        step_.reset();
        return {};
      },
      lost));
}

}  // namespace shoal::bootstrap
