// SPDX-License-Identifier: Apache-2.0
// An album that one peer shares and the other fetches as one thing.
#pragma once

#include <fstream>
#include <set>

#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {

// Paths below a folder, those of folders with a '/' at the end.
inline std::set<std::string> paths_in(const std::string& top) {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
    out.insert(entry.path().string().substr(top.size() + 1) + (entry.is_directory() ? "/" : ""));
  }
  return out;
}

inline std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

class Folders : public Sharing {
 protected:
  // Luis shares an album; Ana is his friend.
  void share_album() {
    join(ana, luis, "primary");
    for (const std::string path : {"Album/docs/deep", "Album/void/er", "Album/music"}) {
      std::filesystem::create_directories(folder / path);
    }
    write_file(folder / "Album/docs/a.pdf", 70'000, 1);
    write_file(folder / "Album/docs/deep/b.pdf", 2'500'000, 2);
    write_file(folder / "Album/docs/notes.txt", 1, 3);
    write_file(folder / "Album/music/one.flac", 300'000, 4);
    std::filesystem::copy_file(folder / "Album/music/one.flac", folder / "Album/music/same.flac");
    std::ofstream(folder / "Album/music/nothing");
    EXPECT_EQ(luis.shoal({"share", folder / "Album"}).first, 0);
    ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; }));
  }
  std::string link_of(const std::string& path) {
    const auto [code, out] = luis.shoal({"link", folder / path});
    EXPECT_EQ(code, 0) << out;
    return last_line(out);
  }
  static std::string length_in(const std::string& link) {
    const std::string name = "&length=";
    const auto from = link.find(name) + name.size();
    return link.substr(from, link.find('&', from) - from);
  }
  boost::json::object get(const boost::json::object& body) {
    const auto made = ana.call("POST", "/v1/folders", body);
    return ana.lines("GET", "/v1/folders/" + text(made, "id") + "/events").back();
  }
  std::string content_of(const std::string& path) {
    return text(luis.call("GET", "/v1/links?path=" + (folder / path)), "content");
  }
  // A list that Luis shares as a file: two files of the album, and one that nobody has yet.
  std::string list_with_a_gap() {
    std::filesystem::create_directories(folder / "gap");
    write_file(folder / "gap/later.bin", 40'000, 5);
    EXPECT_EQ(luis.shoal({"share", folder / "gap"}).first, 0);
    const std::string gap = line("gap/later.bin", content_of("gap/later.bin"));
    EXPECT_EQ(luis.shoal({"unshare", folder / "gap"}).first, 0);
    std::filesystem::create_directories(folder / "lists");
    std::ofstream(folder / "lists/list")
        << "shoal-folder 1\n"
        << line("a.pdf", content_of("Album/docs/a.pdf"))
        << line("docs/b.pdf", content_of("Album/docs/deep/b.pdf")) << gap;
    EXPECT_EQ(luis.shoal({"share", folder / "lists"}).first, 0);
    return content_of("lists/list");
  }
  void close_gap() { EXPECT_EQ(luis.shoal({"share", folder / "gap"}).first, 0); }
  static std::string line(const std::string& path, const std::string& content) {
    const auto dash = content.find('-');
    return "f " + content.substr(0, dash) + " " + content.substr(dash + 1) + " " + path + "\n";
  }
  // Fetches that list until only what is in the gap is missing; returns its number.
  std::string fetch_up_to_the_gap(const std::string& content) {
    const auto made = ana.call("POST", "/v1/folders", {{"content", content}, {"name", "Album/"}});
    const std::string id = text(made, "id");
    EXPECT_TRUE(soon([&] { return number(status(id), "files_done") == 2; }))
        << boost::json::serialize(status(id));
    return id;
  }
  boost::json::object status(const std::string& id) { return ana.call("GET", "/v1/folders/" + id); }
  bool comes_to(const std::string& id, const std::string& state) {
    const bool came = soon([&] { return text(status(id), "state") == state; });
    EXPECT_TRUE(came) << boost::json::serialize(status(id));
    return came;
  }
  [[nodiscard]] bool nothing_left() const {
    return paths_in(ana.home() + "/downloads/.part").empty();
  }
};

}  // namespace shoal::daemon
