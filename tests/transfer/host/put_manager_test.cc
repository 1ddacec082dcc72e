// SPDX-License-Identifier: Apache-2.0
// Puts without anybody who takes them: what is listed, and told to whoever keeps it.
#include "transfer/host/put/put_manager.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace shoal::transfer {
namespace {

class PutsThatEnd : public testing::Test {
 protected:
  PutsThatEnd() {
    std::ofstream(folder / "file") << "some bytes";
    PutConnections connections;
    connections.endpoints = [](const PeerId&) { return std::vector<std::string>(); };
    connections.connect = [](const std::string&,
                             const PeerId&) -> Result<std::shared_ptr<grpc::Channel>> {
      return fail(Errc::kUnreachable, "nobody is there");
    };
    connections.changed = [this](const std::optional<PutStatus>& one) {
      if (one) ended.push_back(*one);
    };
    manager =
        std::make_unique<PutManager>(io.get_executor(), io.get_executor(), std::move(connections));
  }
  ~PutsThatEnd() override {
    bool stopped = false;
    manager->stop([&] { stopped = true; });
    while (!stopped && io.run_one() > 0) continue;
    EXPECT_TRUE(stopped);
  }
  static PutStatus old(std::uint64_t id) {
    PutStatus one;
    one.id = id;
    one.state = PutState::kDone;
    return one;
  }
  PutRequest request() { return {PeerId{}, folder / "file", "file", {}}; }
  // Until nothing more happens without time going by.
  void settle() {
    while (io.poll() > 0) continue;
  }

  const tests::TempFolder folder;
  boost::asio::io_context io;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      io.get_executor()};
  std::vector<PutStatus> ended;
  std::unique_ptr<PutManager> manager;
};

TEST_F(PutsThatEnd, InEarlierProcessesAreListedAndTheirNumbersAreTheirs) {
  manager->remember({old(2), old(5)});
  const auto begun = manager->start(request());
  ASSERT_TRUE(begun) << begun.error().why;
  EXPECT_EQ(begun->id, 6U);
  ASSERT_EQ(manager->list().size(), 3U);
  EXPECT_EQ(manager->status(2)->state, PutState::kDone);
  EXPECT_EQ(manager->cancel(5).error().code, Errc::kConflict);
  EXPECT_TRUE(ended.empty());
}

TEST_F(PutsThatEnd, AreToldWithWhatBecameOfThem) {
  const auto begun = manager->start(request());
  ASSERT_TRUE(begun);
  ASSERT_TRUE(manager->cancel(begun->id));
  settle();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].id, begun->id);
  EXPECT_EQ(ended[0].state, PutState::kCancelled);
  auto changed = request();
  changed.stamp = PutStamp{1, 1};
  manager->resume(changed);
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[1].state, PutState::kFailed);
}

TEST_F(PutsThatEnd, BecauseTheProcessEndsAreToldToNobody) {
  ASSERT_TRUE(manager->start(request()));
  manager->stop({});
  settle();
  EXPECT_TRUE(ended.empty());
}

TEST_F(PutsThatEnd, AreForgottenTheOldestFirst) {
  std::vector<PutStatus> many;
  for (std::uint64_t id = 1; id <= limits::kPutsRemembered + 2; ++id) many.push_back(old(id));
  manager->remember(std::move(many));
  EXPECT_EQ(manager->list().size(), limits::kPutsRemembered);
  EXPECT_FALSE(manager->status(2));
  EXPECT_TRUE(manager->status(3));
}

}  // namespace
}  // namespace shoal::transfer
