// SPDX-License-Identifier: Apache-2.0
// A process killed at each system call by which a folder is put together, or a file goes into the
// inbox or out of it: the next process ends the work, and everything is there once and right.
// strace kills without a hook; what is killed is this program itself, told what to do.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <set>

#include "tests/transfer/host/folder_world.h"
#include "transfer/host/inbox/inbox.h"
#include "transfer/host/inbox/inbox_upload.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

using testing::id_of;

const std::string kWords = "some words that are put";
constexpr int kDone = 0;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

const Giver kGiver = to_text(PeerId{});

std::string album() {
  return print_listing({{"a", id_of("one")},
                        {"deep/er/b", id_of("two")},
                        {"deep/same", id_of("one")},
                        {"nothing", id_of("")},
                        {"void", std::nullopt}})
      .value();
}

// ---- what a process does ----

// Goes on with every folder that lies there, whose files are all here.
int put_together(const std::string& place) {
  boost::asio::io_context io;
  const auto work = boost::asio::make_work_guard(io);
  FolderManager manager(io.get_executor(), io.get_executor(), {});
  manager.resume(place);
  for (const FolderStatus& one : manager.list()) {
    for (int times = 0; manager.status(one.id)->state != DownloadState::kDone; ++times) {
      if (times == 10'000) return 1;
      io.poll();
    }
  }
  return kDone;
}

int accept_all(const std::string& place) {
  Inbox inbox({.folder = place});
  inbox.tidy();
  for (const InboxEntry& one : inbox.list()) {
    if (!inbox.move_out(one, "ana-abcdefgh")) return 1;
  }
  return kDone;
}

int receive(const std::string& place) {
  Inbox inbox({.folder = place});
  return inbox.receive(kGiver, id_of(kWords)) ? kDone : 1;
}

int upload(const std::string& place) {
  Inbox inbox({.folder = place});
  inbox.tidy();
  auto begun = InboxUpload::begin(inbox, kRestGiver, "words", kWords.size());
  if (!begun || !(*begun)->write(bytes_of(kWords))) return 1;
  return (*begun)->finish({}) ? kDone : 1;
}

int act(const std::string& what, const std::string& place) {
  if (what == "put together") return put_together(place);
  if (what == "receive") return receive(place);
  return what == "accept" ? accept_all(place) : upload(place);
}

// ---- what there is before, and has to be in the end ----

void make_album(const std::string& place) {
  fs::create_directories(place);
  auto tree = std::move(FolderTree::open(place, id_of(album())).value());
  ASSERT_TRUE(tree.keep(to_text(FolderNote{"Album", {}, "", 1, {}})));
  for (const std::string& bytes : {std::string("one"), std::string("two"), album()}) {
    std::ofstream(tree.place() + "/" + to_text(id_of(bytes))) << bytes;
  }
}

void make_put(const std::string& place) {
  Inbox inbox({.folder = place});
  const auto reception = inbox.receive(kGiver, id_of(kWords));
  ASSERT_TRUE(reception);
  fs::create_directory((*reception)->folder + "/.part");
  std::ofstream((*reception)->folder + "/words") << kWords;
}

// Files and empty folders below a folder, with what is in them.
std::map<std::string, std::string> all_in(const std::string& top) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    const std::string path = entry.path().string().substr(top.size() + 1);
    if (entry.is_regular_file()) {
      std::ifstream in(entry.path());
      out[path] = {std::istreambuf_iterator<char>(in), {}};
    } else if (fs::is_empty(entry.path())) {
      out[path + "/"] = "";
    }
  }
  return out;
}

using Contents = std::map<std::string, std::string>;

struct Work {
  std::string what;
  std::function<void(const std::string&)> before;
  Contents after;
};

Work work_of(const std::string& what) {
  const Contents folder{{".part/", ""},
                        {"Album/a", "one"},
                        {"Album/deep/er/b", "two"},
                        {"Album/deep/same", "one"},
                        {"Album/nothing", ""},
                        {"Album/void/", ""}};
  if (what == "put together") return {what, make_album, folder};
  if (what == "accept") {
    return {what, make_put, {{".waiting/", ""}, {"ana-abcdefgh/words", kWords}}};
  }
  return {what,
          [](const std::string& place) { fs::create_directories(place); },
          {{".waiting/rest/" + to_text(id_of(kWords)) + "/words", kWords},
           {".waiting/rest/" + to_text(id_of(kWords)) + "/.part/", ""}}};
}

// How this program ends when it does that, below `under`.
int run(std::vector<std::string> under, const std::string& what, const std::string& place) {
  under.insert(under.end(), {fs::read_symlink("/proc/self/exe"), "--act", what, place});
  std::vector<char*> words;
  for (std::string& word : under) words.push_back(word.data());
  words.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // which strace leaves no place for
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

constexpr int kKilled = 128 + SIGKILL;

class KilledAtEach : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(KilledAtEach, TheNextProcessEndsTheWork) {
  const auto [what, call] = GetParam();
  const Work work = work_of(what);
  int killed = 0;
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 200);
    SCOPED_TRACE(std::string(call) + " " + std::to_string(n));
    const tests::TempFolder folder;
    const std::string place = folder / "place";
    work.before(place);
    const int end =
        run({"/usr/bin/strace", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=" + std::string(call),
             "-e", "inject=" + std::string(call) + ":signal=SIGKILL:when=" + std::to_string(n)},
            what, place);
    ASSERT_TRUE(end == kKilled || end == kDone) << end;
    if (end == kKilled) ++killed;
    ASSERT_EQ(run({}, what, place), kDone);
    ASSERT_EQ(all_in(place), work.after);
    if (end == kDone) break;
  }
  EXPECT_GE(killed, 1) << "no such call was met";
  std::cout << what << ", " << call << ": killed at " << killed << " points\n";
}

INSTANTIATE_TEST_SUITE_P(
    Call, KilledAtEach,
    ::testing::Values(std::tuple("put together", "mkdirat"), std::tuple("put together", "linkat"),
                      std::tuple("put together", "openat2"), std::tuple("put together", "pwrite64"),
                      std::tuple("put together", "fsync"), std::tuple("put together", "renameat"),
                      std::tuple("put together", "renameat2"),
                      std::tuple("put together", "unlinkat"), std::tuple("accept", "mkdirat"),
                      std::tuple("accept", "fsync"), std::tuple("accept", "renameat2"),
                      std::tuple("accept", "unlinkat"), std::tuple("upload", "mkdirat"),
                      std::tuple("upload", "pwrite64"), std::tuple("upload", "fsync"),
                      std::tuple("upload", "fdatasync"), std::tuple("upload", "renameat2")),
    [](const auto& one) {
      std::string name = std::get<0>(one.param);
      std::erase(name, ' ');
      return name + "_" + std::get<1>(one.param);
    });

// What strace tells of names: in which folders they were made, and which folders were synced since.
class Names {
 public:
  void read(const std::string& log) {
    static const std::regex made(R"re(mkdirat\(\d+<([^>]*)>, "([^"]*)".* = 0)re");
    static const std::regex opened(R"re(openat2\(\d+<([^>]*)>, "([^"]*)", .*O_CREAT.* = \d)re");
    static const std::regex made_by_path(R"re(mkdir\("(.*)/([^"/]*)", .* = 0)re");
    static const std::regex moved(
        R"re((?:renameat2?|linkat)\(\d+<([^>]*)>, "([^"]*)", \d+<([^>]*)>, "([^"]*)".* = 0)re");
    static const std::regex moved_by_path(
        R"re(renameat2\(AT_FDCWD[^"]*"(.*)/([^"/]*)", AT_FDCWD[^"]*"(.*)/([^"/]*)".* = 0)re");
    static const std::regex synced(R"(fsync\(\d+<([^>]*)>\) += 0)");
    std::ifstream in(log);
    for (std::string line; std::getline(in, line);) {
      std::smatch found;
      if (std::regex_search(line, found, moved) || std::regex_search(line, found, moved_by_path)) {
        const std::string from = std::string(found[1]) + "/" + std::string(found[2]);
        const bool stays = line.find("linkat(") != std::string::npos;
        move(stays ? "" : from, found[3], found[4]);
      } else if (std::regex_search(line, found, made) || std::regex_search(line, found, opened) ||
                 std::regex_search(line, found, made_by_path)) {
        move("", found[1], found[2]);
      } else if (std::regex_search(line, found, synced)) {
        waiting_.erase(found[1]);
      }
    }
  }
  [[nodiscard]] int made() const { return made_; }
  /// Those that are there and not durable.
  [[nodiscard]] std::string not_durable() const {
    std::string all;
    for (const auto& [where, names] : waiting_) {
      for (const std::string& name : names) {
        const std::string path = where + "/" + name;
        if (fs::symlink_status(path).type() != fs::file_type::not_found) all += path + "\n";
      }
    }
    return all;
  }

 private:
  void move(const std::string& from, const std::string& where, const std::string& name) {
    ++made_;
    // What a folder holds goes with it.
    std::map<std::string, std::set<std::string>> gone_along;
    for (auto at = waiting_.begin(); !from.empty() && at != waiting_.end();) {
      const bool inside = at->first == from || at->first.starts_with(from + "/");
      if (inside) gone_along[where + "/" + name + at->first.substr(from.size())] = at->second;
      at = inside ? waiting_.erase(at) : std::next(at);
    }
    waiting_.merge(gone_along);
    waiting_[where].insert(name);
  }

  std::map<std::string, std::set<std::string>> waiting_;  ///< by folder
  int made_ = 0;
};

const std::string kNaming = "trace=mkdir,mkdirat,openat2,linkat,renameat,renameat2,fsync";

// Every folder that is made, and every name that is given, is made durable afterwards, in the
// folder where it stands: by the process that gave it or, when that was killed, by the next.
class MadeDurable : public ::testing::TestWithParam<const char*> {};

TEST_P(MadeDurable, EveryNameIsSyncedAfterItWasMade) {
  const std::string what = GetParam();
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 200);
    SCOPED_TRACE("killed at fsync " + std::to_string(n));
    const tests::TempFolder folder;
    const std::string place = folder / "deep/place";
    // The others' first step makes an inbox.
    if (what == "put together") make_album(place);
    if (what == "accept") make_put(place);
    Names names;
    const auto traced = [&](const std::vector<std::string>& more) {
      const std::string log = folder / "log";
      std::vector<std::string> under{
          "/usr/bin/strace", "-f", "-y", "-qqq", "-o", log, "-e", kNaming};
      under.insert(under.end(), more.begin(), more.end());
      const int end = run(under, what, place);
      names.read(log);
      return end;
    };
    const int first = traced({"-e", "inject=fsync:signal=SIGKILL:when=" + std::to_string(n)});
    ASSERT_TRUE(first == kKilled || first == kDone) << first;
    if (first == kKilled) {
      ASSERT_EQ(traced({}), kDone);
    }
    EXPECT_GE(names.made(), 1);
    EXPECT_EQ(names.not_durable(), "");
    if (first == kDone) break;
  }
}

INSTANTIATE_TEST_SUITE_P(What, MadeDurable,
                         ::testing::Values("put together", "receive", "accept", "upload"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::erase(name, ' ');
                           return name;
                         });

}  // namespace

int main_of(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--act") return act(argv[2], argv[3]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace shoal::transfer

int main(int argc, char** argv) { return shoal::transfer::main_of(argc, argv); }
