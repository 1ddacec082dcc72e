// SPDX-License-Identifier: Apache-2.0
// What reaches a real peer's overlay can be replayed by the simulator, exactly.
#include <csignal>

#include "tests/wire/daemon/daemon_process.h"

namespace shoal::daemon {
namespace {

boost::json::object replayed(const Folder& folder, const std::string& record, int code) {
  Process replay({SHOAL_SIM_PROGRAM, "replay", record, "--json"}, folder / "replay.log");
  EXPECT_EQ(replay.wait(), code) << replay.output();
  return boost::json::parse(replay.output()).as_object();
}

TEST(Record, OfARealPeerReplaysExactly) {
  const Folder folder;
  const std::string record = folder / "ana.record";
  Peer ana(folder, "ana", {"--set", "record.file=" + record});
  Peer ben(folder, "ben");
  join(ana, ben);
  // Both dialled: one of two connections is given up yet, perhaps under the first search.
  std::int64_t asked = 0;
  const auto reaches = [](Peer& from) {
    return from.search({{"terms", "nothing"}}).back().at("complete").as_bool();
  };
  EXPECT_TRUE(soon([&] { return ++asked, reaches(ana); }));
  EXPECT_TRUE(soon([&] { return reaches(ben); }));
  // However it ends: all was written when it happened.
  EXPECT_EQ(ana.end(SIGKILL), 128 + SIGKILL);
  const auto lived = replayed(folder, record, 0);
  EXPECT_TRUE(lived.at("equal").as_bool());
  EXPECT_EQ(lived.at("by_input").at("search").as_int64(), asked);
  EXPECT_EQ(lived.at("reports").as_int64(), asked);
  EXPECT_GE(lived.at("by_input").at("message").as_int64(), 2);
  EXPECT_GE(lived.at("lookups").as_int64(), 1);

  ana.start();
  EXPECT_EQ(ana.end(SIGTERM), 0);
  EXPECT_EQ(replayed(folder, record + ".old", 0), lived) << "the record from before is kept";
  EXPECT_TRUE(replayed(folder, record, 0).at("equal").as_bool());
}

}  // namespace
}  // namespace shoal::daemon
