// SPDX-License-Identifier: Apache-2.0
// Searches by a broker, without one: what is asked when, and what becomes of answers.
#include "cli/daemon/broker/broker_searches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "broker/messages.h"
#include "cli/daemon/friends/card_desk.h"
#include "proto/rpc/card.h"
#include "proto/rpc/identity.h"
#include "proto/rpc/offer.h"
#include "proto/types/limits.h"
#include "proto/types/limits_broker.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

using State = broker::Status::State;
using std::chrono::milliseconds;

// A client that remembers what it is told, and stands as it is told.
class FakeClient final : public broker::Asking {
 public:
  void ask(std::string correlation, std::string) override {
    asked.push_back(std::move(correlation));
  }
  void hurry() override { ++hurried; }
  void dropped(std::string_view reason) override { drops.emplace_back(reason); }
  [[nodiscard]] broker::Status status() const override {
    if (on_status) std::exchange(on_status, {})();
    return now;
  }

  broker::Status now;
  mutable std::function<void()> on_status;  ///< once
  std::vector<std::string> asked;
  std::vector<std::string> drops;
  int hurried = 0;
};

class BrokerSearchesTest : public testing::Test {
 protected:
  BrokerSearchesTest() {
    client_.now.url = "amqp://broker";
    client_.now.state = State::kUp;
    searches_->use(client_);
  }

  SideRoute::Cancel search(std::uint64_t number, milliseconds budget = std::chrono::hours(1),
                           std::size_t enough = 0, bool late = true) {
    SideQuery query;
    query.id = {number, number};
    query.terms = "book";
    query.budget = budget;
    query.enough = enough;
    query.late = late;
    return searches_->search(std::move(query),
                             {[this](const std::vector<SideHit>& hits) { hits_ += hits.size(); },
                              [this](Result<SideAnswer> answer) { ends_.push_back(answer); }});
  }
  static std::string correlation(std::uint64_t number) { return to_text(QueryId{number, number}); }
  // An answer of `holder` to that search, with files number `from` to `from + count - 1`.
  void answer(const rpc::Identity& holder, std::uint64_t number, std::uint32_t from,
              std::uint32_t count, std::uint64_t excess = 0) {
    std::vector<HitFile> files;
    for (std::uint32_t at = from; at < from + count; ++at) {
      HitFile file{{}, "book " + std::to_string(at)};
      file.content.length = at;
      files.push_back(std::move(file));
    }
    const QueryId id{number, number};
    const std::string card = rpc::seal_card(holder, "luis", {"127.0.0.1:7401"}, 1, unix_now());
    broker::Answer out{id, "luis", {}, files, excess, rpc::seal_offer(holder, id, card, files)};
    said(number, broker::to_json(out));
  }
  void said(std::uint64_t number, std::string body) {
    broker::Delivery delivery;
    delivery.by = broker::Delivery::By::kReplies;
    delivery.correlation = correlation(number);
    delivery.body = std::move(body);
    searches_->on_answer(delivery);
  }
  // All timers that are due, and what was posted; the first of them is waited for.
  void run_one() {
    io_.restart();
    io_.run_one();
  }
  void run_posted() {
    io_.restart();
    io_.poll();
  }
  void down(const std::string& why = "it went") {
    client_.now.state = State::kDown;
    client_.now.trouble = {Errc::kUnreachable, "the broker does not answer", why, {}};
    searches_->on_down(client_.now.trouble);
  }

  boost::asio::io_context io_;
  const rpc::Identity me_ = rpc::Identity::generate();
  const rpc::Identity luis_ = rpc::Identity::generate();
  FakeClient client_;
  std::shared_ptr<BrokerSearches> searches_ =
      std::make_shared<BrokerSearches>(io_.get_executor(), me_.id());
  std::size_t hits_ = 0;
  std::vector<Result<SideAnswer>> ends_;
};

TEST_F(BrokerSearchesTest, AskAtOnceWhileTheBrokerIsUp) {
  search(1);
  EXPECT_EQ(client_.asked, std::vector{correlation(1)});
  EXPECT_TRUE(searches_->is_own(correlation(1)));
  EXPECT_FALSE(searches_->is_own(correlation(2)));
  EXPECT_EQ(client_.hurried, 0);
}

TEST_F(BrokerSearchesTest, AreForgottenAtTheirEndWhereLateAnswersAreOfNoUse) {
  search(1, milliseconds(1), 0, false);
  search(2, milliseconds(1));
  while (ends_.size() < 2) run_one();
  run_posted();
  EXPECT_FALSE(searches_->is_own(correlation(1)));
  EXPECT_TRUE(searches_->is_own(correlation(2))) << "late answers are taken";
  answer(luis_, 1, 1, 1);
  EXPECT_EQ(hits_, 0U);
  EXPECT_EQ(client_.drops.size(), 1U);
}

TEST_F(BrokerSearchesTest, AskOnceItIsUpAndHurryItOnlyWhenItWaits) {
  client_.now.state = State::kConnecting;
  search(1);
  EXPECT_EQ(client_.hurried, 0);
  client_.now.state = State::kDown;
  search(2);
  EXPECT_EQ(client_.hurried, 1);
  EXPECT_TRUE(client_.asked.empty());
  client_.now.state = State::kUp;
  searches_->on_up();
  EXPECT_EQ(client_.asked.size(), 2U);
}

// It comes up just when a search looks how it stands, and tells of it from another thread.
TEST_F(BrokerSearchesTest, AreAskedWhenTheBrokerComesUpWhileTheyBegin) {
  client_.now.state = State::kConnecting;
  std::thread other;
  client_.on_status = [&] { other = std::thread([&] { searches_->on_up(); }); };
  search(1);
  other.join();
  EXPECT_EQ(client_.asked, std::vector{correlation(1)});
}

TEST_F(BrokerSearchesTest, SayThatTheyWereNotAskedWhenTheirTimeIsOver) {
  client_.now.state = State::kConnecting;
  search(1, milliseconds(1));
  // Up by now, but it has not told: nothing was asked.
  client_.now.state = State::kUp;
  run_one();
  ASSERT_EQ(ends_.size(), 1U);
  ASSERT_FALSE(ends_[0]);
  EXPECT_EQ(ends_[0].error().code, Errc::kTimeout);
}

TEST_F(BrokerSearchesTest, EndWithTheirTimeAndHandOutLateAnswers) {
  search(1, milliseconds(1));
  answer(luis_, 1, 0, 2);
  run_one();
  ASSERT_EQ(ends_.size(), 1U);
  ASSERT_TRUE(ends_[0]);
  EXPECT_EQ(ends_[0]->asked, "amqp://broker");
  EXPECT_FALSE(ends_[0]->more);
  EXPECT_EQ(hits_, 2U);
  answer(luis_, 1, 2, 1);
  EXPECT_EQ(hits_, 3U);
  EXPECT_EQ(ends_.size(), 1U) << "it ended twice";
  searches_->on_up();
  EXPECT_EQ(client_.asked.size(), 1U) << "what has ended was asked again";
}

TEST_F(BrokerSearchesTest, EndWhenEnoughIsFound) {
  search(1, std::chrono::hours(1), 3);
  answer(luis_, 1, 0, 2);
  EXPECT_TRUE(ends_.empty());
  answer(luis_, 1, 1, 2);  // one of them again
  EXPECT_EQ(hits_, 3U);
  ASSERT_EQ(ends_.size(), 1U);
  EXPECT_TRUE(ends_[0]);
}

TEST_F(BrokerSearchesTest, AreAskedAgainWhenTheConnectionIsBack) {
  search(1);
  answer(luis_, 1, 0, 1);
  down();
  EXPECT_TRUE(ends_.empty()) << "it may come back within its time";
  client_.now.state = State::kUp;
  searches_->on_up();
  EXPECT_EQ(client_.asked.size(), 2U);
  answer(luis_, 1, 0, 1);
  EXPECT_EQ(hits_, 1U) << "the same was found twice";
}

TEST_F(BrokerSearchesTest, EndAtOnceWhenTheyWereNeverAsked) {
  client_.now.state = State::kConnecting;
  search(1);
  down("nobody is there");
  ASSERT_EQ(ends_.size(), 1U);
  ASSERT_FALSE(ends_[0]);
  EXPECT_EQ(ends_[0].error().why, "nobody is there");
}

TEST_F(BrokerSearchesTest, KeepWhatWasFoundBeforeTheBrokerWent) {
  search(1, milliseconds(1));
  search(2, milliseconds(1));
  answer(luis_, 1, 0, 1);
  down();
  while (ends_.size() < 2) run_one();
  const auto found = std::ranges::count_if(ends_, [](const auto& end) { return end && end->more; });
  EXPECT_EQ(found, 1) << "an error, though something was found, or no error, though nothing was";
  EXPECT_EQ(std::ranges::count_if(ends_, [](const auto& end) { return !end; }), 1);
}

TEST_F(BrokerSearchesTest, BelieveOnlyWhatIsSignedForThemAndCountTheRest) {
  search(1, milliseconds(1));
  said(1, "garbage");
  said(1, "{}");
  const std::string card = rpc::seal_card(luis_, "luis", {}, 1, unix_now());
  const std::vector<HitFile> files{{ContentId{}, "book"}};
  broker::Answer other{QueryId{1, 1}, {}, {},
                       files,         0,  rpc::seal_offer(luis_, QueryId{9, 9}, card, files)};
  said(1, broker::to_json(other));
  answer(me_, 1, 0, 1);
  answer(luis_, 7, 0, 1);
  EXPECT_EQ(client_.drops.size(), 4U);
  EXPECT_EQ(client_.drops.back(), "broker's answer to no search");
  run_one();
  ASSERT_TRUE(ends_.at(0));
  EXPECT_EQ(ends_[0]->refused, 3U);
  EXPECT_EQ(hits_, 0U);
}

TEST_F(BrokerSearchesTest, SayThatThereIsMoreThanTheyTake) {
  search(1, std::chrono::hours(1), limits::kHitsMax);
  constexpr std::uint32_t kEach = limits::kHitFilesMax;
  for (std::uint32_t from = 0; from < limits::kHitsMax + kEach; from += kEach) {
    answer(luis_, 1, from, kEach);
  }
  EXPECT_EQ(hits_, limits::kHitsMax);
  ASSERT_EQ(ends_.size(), 1U);
  search(2, milliseconds(1));
  for (std::uint32_t from = 0; from < limits::kHitsMax + kEach; from += kEach) {
    answer(luis_, 2, from, kEach);
  }
  while (ends_.size() < 2) run_one();
  ASSERT_TRUE(ends_[1]);
  EXPECT_TRUE(ends_[1]->more);
  search(3, milliseconds(1));
  answer(luis_, 3, 0, 1, 5);
  while (ends_.size() < 3) run_one();
  EXPECT_TRUE(ends_[2]->more) << "the holder has five more";
}

TEST_F(BrokerSearchesTest, EndOnceWhenTheyAreCancelled) {
  const auto cancel = search(1);
  cancel();
  cancel();
  run_posted();
  ASSERT_EQ(ends_.size(), 1U);
  EXPECT_EQ(ends_[0].error().code, Errc::kCancelled);
  answer(luis_, 1, 0, 1);
  EXPECT_EQ(hits_, 0U);
}

TEST_F(BrokerSearchesTest, AreBounded) {
  for (std::uint64_t at = 0; at < limits::kBrokerSearches; ++at) search(at + 1);
  search(limits::kBrokerSearches + 1);
  run_posted();
  ASSERT_EQ(ends_.size(), 1U);
  EXPECT_EQ(ends_[0].error().code, Errc::kOverloaded);
}

}  // namespace
}  // namespace shoal::daemon
