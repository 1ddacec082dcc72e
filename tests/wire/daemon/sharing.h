// SPDX-License-Identifier: Apache-2.0
// Two peers, one of which shares a file that the other finds.
#pragma once

#include <csignal>
#include <filesystem>
#include <string>

#include "tests/wire/daemon/daemon_process.h"

namespace shoal::daemon {

inline std::string text(const boost::json::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}

inline std::uint64_t number(const boost::json::object& object, const char* name) {
  return object.at(name).to_number<std::uint64_t>();
}

class Sharing : public testing::Test {
 protected:
  Sharing() : ana(folder, "ana"), luis(folder, "luis") {}

  // Luis shares one file of that size and Ana finds it; returns the hit.
  boost::json::object found(std::size_t bytes) {
    join(ana, luis, "primary");
    // Slow enough that the middle of a download can be met.
    EXPECT_EQ(luis.shoal({"friends", "rate", "ana", "100MB/s"}).first, 0);
    write_file(folder / "books/big book.bin", bytes, bytes);
    const auto shared = luis.lines("POST", "/v1/shares", {{"path", folder / "books"}});
    EXPECT_EQ(text(shared.back(), "schema"), "shoal/share/1");
    EXPECT_EQ(number(shared.back(), "files"), 1U);
    // Both dialled: one of two connections is given up yet, perhaps under the first search.
    std::vector<boost::json::object> lines;
    if (!soon([&] { return (lines = ana.search({{"terms", "big book"}})).size() == 2; })) {
      ADD_FAILURE() << lines.size() << " lines\n" << ana.process().output();
      return {};
    }
    EXPECT_EQ(lines[1].at("peers_asked"), 1);
    EXPECT_EQ(lines[1].at("complete"), true);
    return lines[0];
  }
  std::string fetch(const boost::json::object& hit) {
    return text(ana.call("POST", "/v1/transfers",
                         {{"content", hit.at("content")}, {"search", hit.at("query")}}),
                "id");
  }
  boost::json::object done(const std::string& id) {
    return ana.lines("GET", "/v1/transfers/" + id + "/events").back();
  }
  std::uint64_t bytes_done(const std::string& id) {
    return number(ana.call("GET", "/v1/transfers/" + id), "bytes_done");
  }
  boost::json::object transfer(const std::string& id) {
    return ana.call("GET", "/v1/transfers/" + id);
  }
  // Luis stands still, so that the middle of a download of `size` bytes can be met.
  void stop_luis_after(std::uint64_t bytes, const std::string& id, std::uint64_t size) {
    EXPECT_TRUE(soon([&] { return bytes_done(id) > bytes; }));
    luis.process().send(SIGSTOP);
    EXPECT_LT(bytes_done(id), size);
  }
  // Names under the download folder that are no part files.
  [[nodiscard]] std::size_t final_files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(ana.home() + "/downloads")) {
      if (entry.path().filename() != ".part") ++count;
    }
    return count;
  }

  const Folder folder;
  Peer ana;
  Peer luis;
};

}  // namespace shoal::daemon
