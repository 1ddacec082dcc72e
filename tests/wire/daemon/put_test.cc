// SPDX-License-Identifier: Apache-2.0
// `shoal put` and the inbox between real programs: asked, shared, refused, killed, full.
#include <gtest/gtest.h>

#include <algorithm>

#include "proto/http/plain_socket.h"
#include "proto/types/limits.h"
#include "tests/support/has.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
namespace fs = std::filesystem;
using tests::has;

class Putting : public Sharing {
 protected:
  // Ana puts files; they lie with her.
  std::string file(const std::string& name, std::size_t bytes) {
    write_file(folder / ("ana files/" + name), bytes, bytes);
    return folder / ("ana files/" + name);
  }
  void meet(const std::string& policy = "ask", const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"--set", "inbox.accept=" + policy};
    for (const auto& each : more) words.insert(words.end(), {"--set", each});
    taker = std::make_unique<Peer>(folder, "rosa", words);
    join(ana, *taker, "primary");
  }
  std::vector<bj::object> inbox() {
    std::vector<bj::object> all;
    const auto answer = taker->call("GET", "/v1/inbox");
    for (const auto& item : answer.at("items").as_array()) {
      all.push_back(item.as_object());
    }
    return all;
  }
  std::size_t hits(const std::string& terms) { return ana.search({{"terms", terms}}).size() - 1; }
  std::string start_put(const std::string& path) {
    return text(ana.call("POST", "/v1/puts", {{"path", path}, {"to", "rosa"}}), "id");
  }
  std::vector<bj::object> puts() {
    std::vector<bj::object> all;
    const auto answer = ana.call("GET", "/v1/puts");
    for (const auto& item : answer.at("items").as_array()) all.push_back(item.as_object());
    return all;
  }
  bj::object put_state(const std::string& id) { return ana.call("GET", "/v1/puts/" + id); }
  bj::object put_end(const std::string& id) {
    return ana.lines("GET", "/v1/puts/" + id + "/events").back();
  }
  bool waits_for_room(const std::string& id) {
    return soon([&] {
      const auto now = put_state(id);
      return text(now, "state") == "waiting" && now.at("error").is_object() &&
             has(text(now.at("error").as_object(), "why"), "too little room left on its disk");
    });
  }
  [[nodiscard]] std::string inbox_folder() const { return taker->home() + "/downloads/inbox"; }
  // Whole files anywhere below the inbox.
  [[nodiscard]] std::vector<std::string> whole_files() const {
    std::vector<std::string> all;
    std::error_code error;
    for (fs::recursive_directory_iterator at(inbox_folder(), error), end; !error && at != end;
         at.increment(error)) {
      if (at->is_regular_file() && at->path().parent_path().filename() != ".part") {
        all.push_back(at->path().string());
      }
    }
    return all;
  }

  std::unique_ptr<Peer> taker;
};

TEST_F(Putting, WaitsForItsOwnerAndIsFoundOnceAccepted) {
  meet();
  const std::string path = file("mountain picture.jpg", 3'000'017);
  const auto [code, words] = ana.shoal({"put", path, "--to", "rosa"});
  EXPECT_EQ(code, 0) << words;
  EXPECT_TRUE(has(words, "# rosa has it, verified: 2.9 MiB")) << words;
  EXPECT_TRUE(has(words, "waits there to be accepted")) << words;

  const auto waiting = inbox();
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(text(waiting[0], "state"), "waiting");
  EXPECT_EQ(text(waiting[0], "from"), ana.id());
  EXPECT_EQ(text(waiting[0], "from_name"), "ana");
  EXPECT_TRUE(has(words, text(waiting[0], "content"))) << words;
  EXPECT_TRUE(read_file(text(waiting[0], "path")) == read_file(path));
  // Not even a share above it shares what waits.
  taker->lines("POST", "/v1/shares", {{"path", taker->home() + "/downloads"}});
  EXPECT_EQ(hits("mountain"), 0U);
  EXPECT_NE(taker->shoal({"share", inbox_folder() + "/.waiting"}).first, 0);

  const auto [listed, table] = taker->shoal({"inbox"});
  EXPECT_EQ(listed, 0);
  EXPECT_TRUE(has(table, "mountain picture.jpg")) << table;
  const auto [accepted, where] = taker->shoal({"inbox", "accept", text(waiting[0], "id")});
  EXPECT_EQ(accepted, 0) << where;
  EXPECT_TRUE(has(where, inbox_folder() + "/mountain picture.jpg")) << where;
  EXPECT_TRUE(read_file(inbox_folder() + "/mountain picture.jpg") == read_file(path));
  EXPECT_TRUE(inbox().empty());
  EXPECT_TRUE(soon([&] { return hits("mountain") == 1; })) << taker->process().output();
  // It was hashed when it came.
  EXPECT_TRUE(soon([&] { return has(taker->process().output(), "shared from the inbox"); }));
  EXPECT_TRUE(has(taker->process().output(), "are new, 0 were hashed"))
      << taker->process().output();
  // And ana, who asks to put it once more, hears that it is there.
  EXPECT_TRUE(has(ana.shoal({"put", path, "--to", "rosa"}).second, "# rosa shares it already"));
}

TEST_F(Putting, IsGoneWhenItsOwnerRejectsIt) {
  meet();
  ASSERT_EQ(ana.shoal({"put", file("unwanted.bin", 100'000), "--to", "rosa"}).first, 0);
  const std::string id = text(inbox().at(0), "id");
  EXPECT_EQ(taker->shoal({"inbox", "reject", id.substr(0, 6)}).first, 0);
  EXPECT_TRUE(inbox().empty());
  EXPECT_TRUE(whole_files().empty());
  EXPECT_EQ(taker->shoal({"inbox", "accept", id}).first, 3);
  EXPECT_EQ(taker->shoal({"inbox", "sort", id}).first, 2);
}

TEST_F(Putting, IsSharedAtOnceWhereTheOwnerSaysSo) {
  meet("share");
  const std::string path = file("gift.txt", 200'000);
  const auto [code, words] =
      ana.shoal({"put", path, "--to", "rosa", "--name", "birthday gift.txt"});
  EXPECT_EQ(code, 0) << words;
  EXPECT_TRUE(has(words, "it is shared there now")) << words;
  EXPECT_TRUE(soon([&] { return hits("birthday") == 1; })) << taker->process().output();
  const auto all = whole_files();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(has(all[0], "/ana-" + ana.id().substr(0, 8) + "/birthday gift.txt")) << all[0];
  // After a restart as before.
  EXPECT_EQ(taker->end(SIGTERM), 0);
  taker->start();
  EXPECT_TRUE(soon([&] { return ana.active_friends() == 1 && hits("birthday") == 1; }));
}

TEST_F(Putting, IsRefusedInWords) {
  meet("off");
  const std::string path = file("a.bin", 1000);
  const auto refused = ana.shoal({"put", path, "--to", "rosa"});
  EXPECT_EQ(refused.first, 4) << refused.second;
  EXPECT_TRUE(has(refused.second, "this peer takes none")) << refused.second;
  EXPECT_EQ(ana.shoal({"put", path, "--to", "nobody"}).first, 3);
  EXPECT_EQ(ana.shoal({"put", path}).first, 2);
  EXPECT_EQ(ana.shoal({"put", folder / "none", "--to", "rosa"}).first, 3);
  EXPECT_FALSE(fs::exists(inbox_folder()));
}

TEST_F(Putting, KeepsToTheQuota) {
  meet("ask", {"inbox.quota=3MiB", "inbox.friend_quota=2MiB"});
  const auto refused = ana.shoal({"put", file("large.bin", (2 << 20) + 1), "--to", "rosa"});
  EXPECT_EQ(refused.first, 2) << refused.second;
  EXPECT_TRUE(has(refused.second, "left of 2 MiB")) << refused.second;
  EXPECT_EQ(ana.shoal({"put", file("fits.bin", 2 << 20), "--to", "rosa"}).first, 0);
  EXPECT_EQ(ana.shoal({"put", file("one.bin", 1), "--to", "rosa"}).first, 2);
  EXPECT_EQ(inbox().size(), 1U);
}

TEST_F(Putting, LeavesTheDiskTheRoomThatDownloadsLeave) {
  meet("ask", {"download.keep_free=900TB"});
  const auto id = start_put(file("large.bin", 10));
  EXPECT_TRUE(waits_for_room(id));
  EXPECT_TRUE(whole_files().empty());
  ana.call("DELETE", "/v1/puts/" + id);
  EXPECT_EQ(text(put_end(id), "state"), "cancelled");
}

TEST_F(Putting, GoesOnAfterKillNineOfTheReceiver) {
  meet();
  constexpr std::size_t kBytes = 128 << 20;
  const std::string path = file("film.mkv", kBytes);
  const auto id = start_put(path);
  // What it says it has beyond the first 64 MiB comes after these are durable.
  ASSERT_TRUE(soon([&] {
    const auto all = inbox();
    return !all.empty() && number(all[0], "bytes_done") > (65U << 20);
  }));
  EXPECT_EQ(taker->end(SIGKILL), 128 + SIGKILL);
  EXPECT_TRUE(whole_files().empty());
  taker->start();
  const auto end = put_end(id);
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_GE(number(end, "bytes_found"), 64U << 20) << "it began anew";
  ASSERT_EQ(inbox().size(), 1U);
  EXPECT_TRUE(read_file(text(inbox()[0], "path")) == read_file(path));
}

TEST_F(Putting, GoesOnAfterKillNineOfTheGiver) {
  meet();
  const std::string path = file("film.mkv", 64 << 20);
  const auto id = start_put(path);
  ASSERT_TRUE(soon([&] {
    return text(put_state(id), "state") == "sending" &&
           number(put_state(id), "bytes_done") > (32U << 20);
  }));
  EXPECT_EQ(ana.end(SIGKILL), 128 + SIGKILL);
  ASSERT_TRUE(soon([&] { return text(inbox().at(0), "state") == "broken off"; }));
  EXPECT_TRUE(whole_files().empty());
  const auto found = number(inbox().at(0), "bytes_done");
  EXPECT_EQ(found, 0U) << "what is there is known when somebody goes on";
  ana.start();
  // By itself.
  ASSERT_TRUE(soon([&] { return puts().size() == 1; })) << ana.process().output();
  const auto end = put_end(text(puts().at(0), "id"));
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_GE(number(end, "bytes_found"), 24U << 20) << "it began anew";
  EXPECT_TRUE(read_file(text(inbox().at(0), "path")) == read_file(path));
  // What has ended does not run again, and is remembered as it was.
  const auto ended = put_state(text(end, "id"));
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();
  ASSERT_EQ(puts().size(), 1U);
  EXPECT_EQ(puts().at(0), ended);
  EXPECT_EQ(inbox().size(), 1U);
}

TEST_F(Putting, ListsWhatCannotGoOnAfterARestartAndWhy) {
  meet();
  EXPECT_EQ(taker->end(SIGTERM), 0);
  const std::string edited = file("edited.bin", 100'000);
  const std::string gone = file("gone.bin", 100'000);
  const std::string fine = file("fine.bin", 100'000);
  const auto first = start_put(edited);
  EXPECT_EQ(start_put(edited), first) << "it runs already";
  for (const auto& path : {gone, fine}) start_put(path);
  ASSERT_TRUE(soon([&] { return text(put_state(first), "state") == "waiting"; }));
  EXPECT_EQ(ana.end(SIGTERM), 0);
  write_file(edited, 100'001, 7);
  fs::remove(gone);
  ana.start();
  ASSERT_TRUE(soon([&] { return puts().size() == 3; })) << ana.process().output();
  const auto [code, table] = ana.shoal({"puts"});
  EXPECT_EQ(code, 0) << table;
  EXPECT_TRUE(has(table, "it was changed after it was asked for: put it again, as it is now"))
      << table;
  std::size_t failed = 0;
  std::string waits;
  for (const auto& put : puts()) {
    if (text(put, "state") == "failed") {
      ++failed;
    } else {
      waits = text(put, "id");
      EXPECT_EQ(text(put, "name"), "fine.bin");
    }
  }
  EXPECT_EQ(failed, 2U) << table;
  // What the user cancels does not come back.
  EXPECT_EQ(ana.shoal({"puts", "cancel", waits}).first, 0);
  EXPECT_EQ(text(put_end(waits), "state"), "cancelled");
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();
  EXPECT_EQ(text(put_state(waits), "state"), "cancelled");
  EXPECT_EQ(puts().size(), 3U) << "each is remembered once";
  const auto again = start_put(fine);
  EXPECT_GT(std::stoull(again), std::stoull(waits)) << "a number was given twice";
}

TEST_F(Putting, OntoAFullDiskPausesInWordsAndGoesOnByItself) {
  meet();
  EXPECT_EQ(taker->end(SIGTERM), 0);
  // A full disk to whoever writes more into one file.
  taker->start({.file_bytes = limits::kReserveBytes + 1'000'000});
  const std::string path = file("film.mkv", limits::kReserveBytes + 2'000'000);
  const auto id = start_put(path);
  ASSERT_TRUE(waits_for_room(id));
  EXPECT_TRUE(whole_files().empty());
  EXPECT_EQ(taker->end(SIGTERM), 0);
  taker->start();  // with room again
  const auto end = put_end(id);
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_GE(number(end, "bytes_found"), limits::kReserveBytes) << "it began anew";
  EXPECT_TRUE(read_file(text(inbox().at(0), "path")) == read_file(path));
}

TEST_F(Putting, EndsWhenTheFriendIsRemovedMeanwhile) {
  meet();
  const auto id = start_put(file("film.mkv", 128 << 20));
  ASSERT_TRUE(soon([&] {
    return number(put_state(id), "bytes_done") > (8U << 20) &&
           text(put_state(id), "state") == "sending";
  }));
  taker->call("DELETE", "/v1/friends/" + ana.id());
  ASSERT_TRUE(soon([&] { return inbox().empty(); })) << taker->process().output();
  EXPECT_TRUE(whole_files().empty());
  // It has heard why, or its connection went before and it would try again for a minute.
  static_cast<void>(ana.rest().call("DELETE", "/v1/puts/" + id));
  const auto end = put_end(id);
  EXPECT_TRUE(text(end, "state") == "failed" || text(end, "state") == "cancelled")
      << bj::serialize(end);
}

// ---- uploads by REST
// ------------------------------------------------------------------------------

// A POST of bytes on the peer's Unix socket: status and body.
std::pair<int, std::string> upload(const Peer& peer, const std::string& query,
                                   const std::string& body, std::size_t send) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  auto socket = http::PlainSocket::connect(peer.rest().target(), until, nullptr);
  EXPECT_TRUE(socket);
  const std::string head = "POST /v1/uploads" + query +
                           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                           "application/octet-stream\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n";
  EXPECT_TRUE(socket->write(head + body.substr(0, send), until));
  if (send < body.size()) return {0, ""};  // and goes away
  std::string answer;
  std::array<char, 4096> buffer{};
  while (true) {
    const auto count = socket->read(buffer.data(), buffer.size(), until);
    if (!count || *count == 0) break;
    answer.append(buffer.data(), *count);
  }
  const auto split = answer.find("\r\n\r\n");
  if (split == std::string::npos) return {-1, answer};
  return {std::stoi(answer.substr(9, 3)), answer.substr(split + 4)};
}

TEST_F(Putting, ByRestGoesTheSameWay) {
  meet("ask", {"inbox.quota=8MiB", "inbox.friend_quota=1MiB"});
  const std::string path = file("note book.txt", 5'000'000);
  const std::string bytes = read_file(path);
  const auto [status, body] = upload(*taker, "?name=note%20book.txt", bytes, bytes.size());
  ASSERT_EQ(status, 201) << body;
  const auto answer = bj::parse(body).as_object();
  EXPECT_EQ(text(answer, "state"), "waiting");
  EXPECT_EQ(text(answer, "name"), "note book.txt");
  EXPECT_TRUE(read_file(text(answer, "path")) == bytes);
  EXPECT_EQ(hits("note"), 0U);
  ASSERT_EQ(inbox().size(), 1U);
  // The same again is one file; what the owner accepts at once is found.
  const std::string content = text(answer, "content");
  EXPECT_EQ(upload(*taker, "?name=x&content=" + content, bytes.substr(1), bytes.size()).first, 400);
  EXPECT_EQ(taker->shoal({"inbox", "accept", text(answer, "id")}).first, 0);
  EXPECT_TRUE(soon([&] { return hits("note") == 1; }));
  const auto now = upload(*taker, "?name=quick%20one.txt&accept=yes", "hello", 5);
  EXPECT_EQ(now.first, 201) << now.second;
  EXPECT_EQ(text(bj::parse(now.second).as_object(), "state"), "shared");
  EXPECT_TRUE(soon([&] { return hits("quick") == 1; }));
}

TEST_F(Putting, ByRestIsJudgedToo) {
  meet("ask", {"inbox.quota=8MiB"});
  const std::string bytes(1'000'000, 'b');
  const std::string wrong = std::string(64, 'a') + "-1000000";
  EXPECT_EQ(upload(*taker, "?name=a&content=" + wrong, bytes, bytes.size()).first, 400);
  EXPECT_EQ(upload(*taker, "", bytes, bytes.size()).first, 400);
  EXPECT_EQ(upload(*taker, "?name=a&nmae=b", bytes, bytes.size()).first, 400);
  EXPECT_EQ(upload(*taker, "?name=a", std::string(9 << 20, 'c'), 9 << 20).first, 413);
  upload(*taker, "?name=half", bytes, 400'000);
  EXPECT_TRUE(soon([&] { return inbox().empty(); }));
  EXPECT_TRUE(whole_files().empty());
  const auto escape = upload(*taker, "?name=..%2F..%2Fescape", "x", 1);
  EXPECT_EQ(escape.first, 201) << escape.second;
  ASSERT_EQ(whole_files().size(), 1U);
  EXPECT_TRUE(has(whole_files()[0], "/.waiting/rest/")) << whole_files()[0];
}

}  // namespace
}  // namespace shoal::daemon
