// SPDX-License-Identifier: Apache-2.0
// Files put over loopback: what arrives, what goes on after a break, whom the inbox refuses.
#include <sys/stat.h>

#include "proto/types/limits.h"
#include "tests/wire/put_world.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

TEST_F(Put, ArrivesWholeAndVerifiedWhateverItsLength) {
  Receiver receiver(pool, options());
  const auto puts = manager(receiver);
  for (const std::uint64_t length :
       {0U, 1U, 16'384U, 65'536U, 65'537U, 1U << 20U, (1U << 20U) + 1, 3'500'000U, 5U << 20U}) {
    SCOPED_TRACE(length);
    const std::string bytes = some_bytes(length);
    const auto end = put(*puts, file("file", bytes), "file.bin");
    ASSERT_EQ(end.state, PutState::kDone) << (end.error ? end.error->why : "");
    EXPECT_EQ(end.fate, Fate::kWaiting);
    EXPECT_EQ(end.content, tree_of(bytes).id);
    EXPECT_EQ(end.bytes_done, length);
    EXPECT_EQ(end.bytes_found, 0U);
    EXPECT_TRUE(receiver.waiting() == bytes);
    const auto entry = receiver.inbox.list().at(0);
    EXPECT_EQ(entry.name, "file.bin");
    EXPECT_EQ(entry.giver, to_text(PeerId{}));
    ASSERT_TRUE(receiver.inbox.reject(entry));
    EXPECT_TRUE(receiver.inbox.list().empty());
  }
  EXPECT_EQ(receiver.service->counts().files, 9U);
  stop(*puts);
}

TEST_F(Put, AgainIsSentNoSecondTimeAndWhatIsSharedAlreadyNotAtAll) {
  Receiver receiver(pool, options());
  const auto puts = manager(receiver);
  const std::string path = file("file", some_bytes(2'000'000));
  EXPECT_EQ(put(*puts, path, "a").fate, Fate::kWaiting);
  const auto sent = receiver.service->counts().bytes;
  EXPECT_EQ(sent, 2'000'000U);
  const auto again = put(*puts, path, "b");
  EXPECT_EQ(again.fate, Fate::kWaiting);
  EXPECT_EQ(again.bytes_found, 2'000'000U);
  receiver.shares = true;
  EXPECT_EQ(put(*puts, file("other", some_bytes(3'000'000)), "c").fate, Fate::kHere);
  EXPECT_EQ(receiver.service->counts().bytes, sent);
  EXPECT_EQ(receiver.inbox.list().size(), 1U);
  stop(*puts);
}

TEST_F(Put, GoesOnWhereItBrokeOff) {
  Receiver receiver(pool, options());
  const std::string bytes = some_bytes(6 << 20);
  const FileTree tree = tree_of(bytes);
  {
    RawGiver first(receiver);
    first.offer(tree.id, "film.mkv");
    const auto begin = first.hear();
    ASSERT_TRUE(begin && begin->has_begin());
    EXPECT_EQ(begin->begin().offset(), 0U);
    EXPECT_TRUE(begin->begin().manifest());
    first.manifest(tree.layer).bytes(bytes, 0, (4U << 20U) + 100'000);
    ASSERT_TRUE(soon([&] { return receiver.inbox.list().at(0).bytes > 4U << 20U; }));
    first.cancel();
    EXPECT_FALSE(first.end().ok());
  }
  // Until the receiver has seen the end, the file is on its way.
  ASSERT_TRUE(soon([&] { return !receiver.inbox.list().at(0).moving; }));
  EXPECT_EQ(receiver.inbox.list().at(0).path, "");
  EXPECT_EQ(receiver.final_files(), 0U);
  const auto puts = manager(receiver);
  const auto end = put(*puts, file("film", bytes), "film.mkv");
  EXPECT_EQ(end.state, PutState::kDone) << (end.error ? end.error->why : "");
  EXPECT_EQ(end.bytes_found, 4U << 20U);
  EXPECT_TRUE(receiver.waiting() == bytes);
  stop(*puts);
}

TEST_F(Put, WaitsForAFriendWhoComesBackAndGoesOnThere) {
  const std::string bytes = some_bytes(48 << 20);
  auto receiver = std::make_unique<Receiver>(pool, options());
  const int port = receiver->port();
  const auto puts = manager(*receiver, {.pause_min = 20ms, .pause_max = 100ms, .patience = 20s});
  const auto id = puts->start({PeerId{}, file("film", bytes), "film.mkv", {}})->id;
  wait(*puts, id, [](const PutStatus& s) {
    return s.bytes_done > 8U << 20U && s.state == PutState::kSending;
  });
  // What was sent may still be on its way.
  ASSERT_TRUE(soon([&] {
    const auto here = receiver->inbox.list();
    return !here.empty() && here[0].bytes > 2U << 20U;
  }));
  receiver.reset();
  const auto waits =
      wait(*puts, id, [](const PutStatus& s) { return s.state == PutState::kWaiting; });
  EXPECT_TRUE(waits.error);
  receiver = std::make_unique<Receiver>(pool, options(), TransferTimes{}, port);
  const auto end = ended(*puts, id);
  EXPECT_EQ(end.state, PutState::kDone) << (end.error ? end.error->why : "");
  EXPECT_GT(end.bytes_found, 0U) << "it began anew";
  EXPECT_TRUE(receiver->waiting() == bytes);
  stop(*puts);
}

TEST_F(Put, FailsInWordsWhenNobodyAnswersForLong) {
  int port = 0;
  {
    Receiver gone(pool, options());
    port = gone.port();
  }
  const auto puts = manager([port] { return std::vector{"127.0.0.1:" + std::to_string(port)}; },
                            {.pause_min = 10ms, .pause_max = 20ms, .patience = 200ms});
  const auto end = put(*puts, file("file", "x"), "file");
  EXPECT_EQ(end.state, PutState::kFailed);
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->code, Errc::kUnreachable);
  const auto nowhere = manager([] { return std::vector<std::string>(); },
                               {.pause_min = 10ms, .pause_max = 20ms, .patience = 100ms});
  const auto lost = put(*nowhere, folder / "file", "file");
  EXPECT_EQ(lost.state, PutState::kFailed);
  EXPECT_EQ(lost.error->why, "nobody knows an address of this friend");
  stop(*puts);
  stop(*nowhere);
}

/// A receiver that reads back what it has before it says where to begin.
class ReadsBack final : public ::shoal::v1::InboxService::Service {
 public:
  grpc::Status Put(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<::shoal::v1::PutResponse, ::shoal::v1::PutRequest>* call) override {
    ::shoal::v1::PutRequest request;
    ++calls;
    if (!call->Read(&request)) return grpc::Status::CANCELLED;
    std::this_thread::sleep_for(600ms);
    ::shoal::v1::PutResponse answer;
    answer.mutable_begin()->set_offset(0);
    call->Write(answer);
    if (!call->Read(&request)) return grpc::Status::CANCELLED;
    answer.mutable_received()->set_fate(::shoal::v1::PUT_FATE_WAITING);
    call->Write(answer);
    return grpc::Status::OK;
  }
  std::atomic<int> calls = 0;
};

TEST_F(Put, WaitsInSilenceForAReceiverThatReadsBackWhatItHas) {
  ReadsBack service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  PutTimes times = kHurry;
  times.silence = 150ms;
  const auto puts =
      manager([port] { return std::vector{"127.0.0.1:" + std::to_string(port)}; }, times);
  const auto end = put(*puts, file("file", "x"), "file");
  EXPECT_EQ(end.state, PutState::kDone) << (end.error ? end.error->why : "");
  EXPECT_EQ(service.calls, 1);
  stop(*puts);
  server->Shutdown();
}

TEST_F(Put, IsForFriendsAndForWhoTakesFiles) {
  Receiver receiver(pool, options());
  const auto puts = manager(receiver);
  const std::string path = file("file", some_bytes(1000));
  receiver.open = false;
  auto end = put(*puts, path, "file");
  EXPECT_EQ(end.state, PutState::kFailed);
  EXPECT_EQ(end.error->code, Errc::kDenied);
  receiver.open = true;
  receiver.friends = false;
  end = put(*puts, path, "file");
  EXPECT_EQ(end.error->code, Errc::kDenied);
  EXPECT_NE(end.error->why.find("only friends"), std::string::npos) << end.error->why;
  EXPECT_EQ(receiver.service->counts().refused, 2U);
  EXPECT_TRUE(receiver.inbox.list().empty());
  stop(*puts);
}

TEST_F(Put, OfAFriendWhoIsRemovedInTheMiddleEndsAndLeavesNothing) {
  TransferTimes times;
  times.gate_recheck = 20ms;
  Receiver receiver(pool, options(), times);
  const std::string bytes = some_bytes(6 << 20);
  const FileTree tree = tree_of(bytes);
  RawGiver giver(receiver);
  giver.offer(tree.id, "film.mkv");
  ASSERT_TRUE(giver.hear());
  giver.manifest(tree.layer).bytes(bytes, 0, 3 << 20);
  ASSERT_TRUE(soon([&] { return receiver.inbox.list().at(0).bytes == 3U << 20U; }));
  receiver.friends = false;  // and the giver says nothing more
  EXPECT_EQ(giver.error().code, Errc::kDenied);
  EXPECT_TRUE(soon([&] { return receiver.inbox.list().empty(); }));
  EXPECT_EQ(receiver.inbox.used(to_text(PeerId{})).first, 0U);
}

TEST_F(Put, OfAFileThatIsEditedMeanwhileFails) {
  Receiver receiver(pool, options());
  const auto puts = manager(receiver);
  const std::string path = file("file", some_bytes(64 << 20));
  const auto id = puts->start({PeerId{}, path, "file", {}})->id;
  wait(*puts, id, [](const PutStatus& s) {
    return s.state == PutState::kSending && s.bytes_done > 1U << 20U;
  });
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(60 << 20) << "EDITED";
  const auto end = ended(*puts, id);
  EXPECT_EQ(end.state, PutState::kFailed);
  EXPECT_EQ(end.error->code, Errc::kSourceChanged);
  EXPECT_EQ(receiver.final_files(), 0U);
  stop(*puts);
}

TEST_F(Put, CanBeCancelledAndRejectedOnItsWay) {
  Receiver receiver(pool, options());
  const auto puts = manager(receiver);
  const std::string path = file("file", some_bytes(64 << 20));
  const auto moving = [](const PutStatus& s) {
    return s.state == PutState::kSending && s.bytes_done > 1U << 20U;
  };
  auto id = puts->start({PeerId{}, path, "file", {}})->id;
  wait(*puts, id, moving);
  EXPECT_TRUE(puts->cancel(id));
  EXPECT_EQ(ended(*puts, id).state, PutState::kCancelled);
  EXPECT_EQ(puts->cancel(id).error().code, Errc::kConflict);
  ASSERT_TRUE(soon([&] { return !receiver.inbox.list().at(0).moving; }));
  id = puts->start({PeerId{}, path, "file", {}})->id;
  wait(*puts, id, [&](const PutStatus&) { return receiver.inbox.list().at(0).moving; });
  ASSERT_TRUE(receiver.inbox.reject(receiver.inbox.list().at(0)));
  const auto end = ended(*puts, id);
  EXPECT_EQ(end.state, PutState::kFailed) << to_text(end.state);
  EXPECT_EQ(end.error->code, Errc::kDenied);
  EXPECT_TRUE(soon([&] { return receiver.inbox.list().empty(); }));
  EXPECT_EQ(receiver.final_files(), 0U);
  stop(*puts);
}

TEST_F(Put, OfWhatIsNoFileIsRefusedHere) {
  Receiver receiver(pool, options());
  const auto puts = manager(receiver);
  EXPECT_EQ(puts->start({PeerId{}, folder / "nothing", "x", {}}).error().code, Errc::kNotFound);
  EXPECT_EQ(puts->start({PeerId{}, folder.path(), "x", {}}).error().code, Errc::kInvalidArgument);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(puts->start({PeerId{}, folder / "pipe", "x", {}}).error().code, Errc::kInvalidArgument);
  EXPECT_TRUE(puts->list().empty());
  stop(*puts);
}

// Each batch waits longer than either end puts up with silence.
TEST_F(Put, KeepsToTheRatesOfItsPeerAndIsNotCutMeanwhile) {
  constexpr std::uint64_t kRate = 500'000;
  const std::string bytes = some_bytes((1 << 20) + 512 * 1024);
  TransferTimes times;
  times.silence = 300ms;
  times.gate_recheck = 50ms;
  Receiver receiver(pool, options(), times);
  PutTimes patient = kHurry;
  patient.silence = times.silence;
  UploadRates rates;
  rates.own.emplace(PeerId{}, kRate);
  const auto desk = std::make_shared<UploadDesk>(pool.get_executor(), UploadSlots{}, rates);
  const auto puts = manager(receiver, patient, desk);
  const auto began = std::chrono::steady_clock::now();
  const auto end = put(*puts, file("slow", bytes), "slow");
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(end.state, PutState::kDone) << (end.error ? end.error->why : "");
  EXPECT_GE(took, 1000ms * (bytes.size() - burst_of(kRate)) / kRate);
  EXPECT_EQ(end.bytes_found, 0U);
  EXPECT_EQ(receiver.service->counts().refused, 0U);
  EXPECT_TRUE(receiver.waiting() == bytes);
  stop(*puts);
  desk->stop();
}

TEST_F(Put, LeavesTheRoomOnTheDiskThatIsToStayFree) {
  auto scarce = options();
  scarce.keep_free = std::uint64_t{1} << 60U;
  Receiver receiver(pool, scarce);
  PutTimes times = kHurry;
  times.patience = 1ms;
  const auto puts = manager(receiver, times);
  const auto started = puts->start({PeerId{}, file("any", some_bytes(100'000)), "any", {}});
  ASSERT_TRUE(started);
  // It waits for room longer than for a friend who is away.
  ASSERT_TRUE(soon([&] { return receiver.service->counts().refused > 4; }));
  const auto waits =
      wait(*puts, started->id, [](const PutStatus& s) { return s.state == PutState::kWaiting; });
  ASSERT_TRUE(waits.error);
  EXPECT_EQ(waits.error->code, Errc::kNoSpace);
  EXPECT_NE(waits.error->why.find("too little room left on its disk"), std::string::npos)
      << waits.error->why;
  EXPECT_EQ(receiver.service->counts().bytes, 0U);
  ASSERT_TRUE(puts->cancel(started->id));
  EXPECT_EQ(ended(*puts, started->id).state, PutState::kCancelled);
  EXPECT_TRUE(soon([&] { return receiver.inbox.list().empty(); }));
  stop(*puts);
}

TEST_F(Put, DoesNotWaitForRoomWithoutEnd) {
  auto scarce = options();
  scarce.keep_free = std::uint64_t{1} << 60U;
  Receiver receiver(pool, scarce);
  PutTimes times = kHurry;
  times.room_patience = 1ms;
  const auto puts = manager(receiver, times);
  const auto end = put(*puts, file("any", some_bytes(100'000)), "any");
  EXPECT_EQ(end.state, PutState::kFailed);
  EXPECT_EQ(end.error->code, Errc::kNoSpace);
  EXPECT_GE(receiver.service->counts().refused, 2U);
  stop(*puts);
}

TEST_F(Put, TellsOnceWhatTheWholeFileIs) {
  Receiver receiver(pool, options());
  const auto puts = manager(receiver);
  const std::string bytes = some_bytes((2 << 20) + 1);
  const std::string path = file("known", bytes);
  ASSERT_EQ(put(*puts, path, "known").state, PutState::kDone);
  ASSERT_EQ(put(*puts, path, "known").state, PutState::kDone);
  const std::lock_guard lock(receiver.seen_mutex);
  ASSERT_EQ(receiver.seen.size(), 1U);
  EXPECT_EQ(receiver.seen[0].first, receiver.inbox.list().at(0).path);
  EXPECT_EQ(receiver.seen[0].second.id, tree_of(bytes).id);
  EXPECT_EQ(receiver.seen[0].second.layer, tree_of(bytes).layer);
  stop(*puts);
}

TEST_F(Put, GoesOnInTheNextProcessWithFilesThatAreAsTheyWere) {
  const std::string path = file("file", some_bytes(100'000));
  std::optional<std::vector<PutRequest>> kept;
  {
    const auto puts = manager([] { return std::vector<std::string>{"127.0.0.1:1"}; });
    const auto first = puts->start({PeerId{}, path, "a", {}});
    ASSERT_TRUE(first);
    EXPECT_EQ(puts->start({PeerId{}, path, "a", {}})->id, first->id);
    EXPECT_NE(puts->start({PeerId{}, path, "b", {}})->id, first->id);
    kept = puts->running();
    stop(*puts);
    EXPECT_FALSE(puts->running()) << "they were stopped, they did not end";
  }
  ASSERT_TRUE(kept && kept->size() == 2);
  EXPECT_EQ(kept->at(0).stamp->size, 100'000U);
  kept->at(1).stamp->mtime_ns += 1;
  Receiver receiver(pool, options());
  const auto puts = manager(receiver);
  for (const auto& put : *kept) puts->resume(put);
  const auto all = puts->list();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(ended(*puts, all[0].id).state, PutState::kDone);
  const auto edited = puts->status(all[1].id);
  ASSERT_TRUE(edited && edited->error);
  EXPECT_EQ(edited->state, PutState::kFailed);
  EXPECT_EQ(edited->error->code, Errc::kSourceChanged);
  EXPECT_EQ(edited->path, path);
  EXPECT_TRUE(soon([&] { return puts->running()->empty(); }));
  EXPECT_EQ(puts->cancel(all[1].id).error().code, Errc::kConflict);
  stop(*puts);
}

}  // namespace
}  // namespace shoal::transfer
