// SPDX-License-Identifier: Apache-2.0
// Givers that lie, babble, stall and fill: nothing of theirs gets a name, others go on.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "proto/types/limits.h"
#include "tests/wire/put_world.h"
#include "transfer/host/disk/journal.h"
#include "transfer/host/disk/part_file.h"

namespace shoal::transfer {
namespace {

using namespace std::chrono_literals;

class HostilePut : public Put {
 protected:
  const std::string bytes = some_bytes((3 << 20) + 5);
  const FileTree tree = tree_of(bytes);

  /// Offers the file and hears that it may begin.
  void begin(RawGiver& giver, const std::string& name = "file.bin") {
    giver.offer(tree.id, name);
    const auto word = giver.hear();
    ASSERT_TRUE(word && word->has_begin()) << giver.end().error_message();
  }
  /// One whose offer is taken: the place of another that ended is free a moment later. Null: none.
  static std::unique_ptr<RawGiver> taken(const Receiver& receiver, const ContentId& id,
                                         const std::string& name) {
    std::unique_ptr<RawGiver> giver;
    const bool heard = soon([&] {
      giver = std::make_unique<RawGiver>(receiver);
      giver->offer(id, name);
      return giver->hear().has_value();
    });
    return heard ? std::move(giver) : nullptr;
  }
};

TEST_F(HostilePut, WrongBytesEndItAndAreNotWritten) {
  Receiver receiver(pool, options());
  RawGiver liar(receiver);
  begin(liar);
  std::string wrong = bytes;
  wrong[(1 << 20) + 7] = static_cast<char>(wrong[(1 << 20) + 7] ^ 1);
  liar.manifest(tree.layer).bytes(wrong, 0, wrong.size()).close();
  EXPECT_EQ(liar.error().code, Errc::kIntegrity);
  EXPECT_EQ(receiver.service->counts().wrong, 1U);
  EXPECT_EQ(receiver.final_files(), 0U);
  EXPECT_EQ(receiver.received, 0);
  // The first piece was right: an honest giver goes on behind it.
  ASSERT_TRUE(soon([&] { return !receiver.inbox.list().at(0).moving; }));
  RawGiver honest(receiver);
  honest.offer(tree.id, "file.bin");
  const auto word = honest.hear();
  ASSERT_TRUE(word && word->has_begin());
  EXPECT_EQ(word->begin().offset(), 1U << 20U);
  EXPECT_FALSE(word->begin().manifest());
  honest.bytes(bytes, 1 << 20, bytes.size());
  const auto done = honest.hear();
  ASSERT_TRUE(done && done->has_received());
  EXPECT_EQ(done->received().fate(), ::shoal::v1::PUT_FATE_WAITING);
  EXPECT_TRUE(honest.end().ok());
  EXPECT_TRUE(receiver.waiting() == bytes);
}

TEST_F(HostilePut, AManifestThatDoesNotFitEndsIt) {
  Receiver receiver(pool, options());
  auto layer = tree.layer;
  std::swap(layer[0], layer[1]);
  RawGiver liar(receiver);
  begin(liar);
  liar.manifest(layer);
  EXPECT_EQ(liar.error().code, Errc::kIntegrity);
  RawGiver babbler(receiver);
  ASSERT_TRUE(
      soon([&] { return receiver.inbox.list().empty() || !receiver.inbox.list()[0].moving; }));
  begin(babbler);
  babbler.manifest(tree.layer, 0xffff'ffffU);
  EXPECT_EQ(babbler.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(receiver.final_files(), 0U);
}

TEST_F(HostilePut, LengthsThatLieEndIt) {
  Receiver receiver(pool, options());
  const auto ready = [&] {
    return soon([&] {
      const auto all = receiver.inbox.list();
      return all.empty() || !all[0].moving;
    });
  };
  {  // fewer bytes than announced
    RawGiver giver(receiver);
    begin(giver);
    giver.manifest(tree.layer).bytes(bytes, 0, 1 << 20).close();
    EXPECT_EQ(giver.error().code, Errc::kInvalidArgument);
  }
  ASSERT_TRUE(ready());
  {  // not where it should begin
    RawGiver giver(receiver);
    giver.offer(tree.id, "file.bin");
    ASSERT_TRUE(giver.hear());
    giver.chunk((1 << 20) + 1, "x");
    EXPECT_EQ(giver.error().code, Errc::kInvalidArgument);
  }
  ASSERT_TRUE(ready());
  {  // over the end of a piece
    RawGiver giver(receiver);
    giver.offer(tree.id, "file.bin");
    ASSERT_TRUE(giver.hear());
    giver.bytes(bytes, 1 << 20, (2 << 20) - 65'536)
        .chunk((2 << 20) - 65'536, std::string(65'536, 'x'));
    EXPECT_EQ(giver.error().code, Errc::kIntegrity);
  }
  ASSERT_TRUE(ready());
  {  // a chunk that is too long
    RawGiver giver(receiver);
    giver.offer(tree.id, "file.bin");
    ASSERT_TRUE(giver.hear());
    giver.chunk(1 << 20, std::string(limits::kPutChunk + 1, 'x'));
    EXPECT_EQ(giver.error().code, Errc::kInvalidArgument);
  }
  // A root without its length names nothing: two hashes of 32 bytes are no file of 64.
  ContentId lying = tree_of(some_bytes(40'000)).id;
  lying.length = 64;
  RawGiver attacker(receiver);
  attacker.offer(lying, "file.bin");
  ASSERT_TRUE(attacker.hear());
  attacker.chunk(0, std::string(64, 'x'));
  EXPECT_EQ(attacker.error().code, Errc::kIntegrity);
  ContentId endless = tree.id;
  endless.length = ~std::uint64_t{0};
  RawGiver greedy(receiver);
  greedy.offer(endless, "file.bin");
  EXPECT_EQ(greedy.error().code, Errc::kTooLarge);
  EXPECT_EQ(receiver.final_files(), 0U);
  EXPECT_EQ(receiver.received, 0);
}

TEST_F(HostilePut, AnEmptyFileHasOneRoot) {
  Receiver receiver(pool, options());
  ContentId wrong = tree.id;
  wrong.length = 0;
  RawGiver giver(receiver);
  giver.offer(wrong, "empty");
  EXPECT_EQ(giver.error().code, Errc::kInvalidArgument);
  EXPECT_TRUE(soon([&] { return receiver.inbox.list().empty(); }));
}

TEST_F(HostilePut, MessagesOutOfOrderEndIt) {
  Receiver receiver(pool, options());
  using Play = std::function<void(RawGiver&)>;
  const std::vector<Play> plays{
      [&](RawGiver& giver) { giver.chunk(0, "bytes before an offer"); },
      [&](RawGiver& giver) { giver.manifest(tree.layer); },
      [&](RawGiver& giver) { giver.say({}); },
      [&](RawGiver& giver) {
        ::shoal::v1::PutRequest early;
        early.mutable_paced()->set_wait_ms(1);
        giver.say(early);
      },
      [&](RawGiver& giver) { giver.offer(tree.id, "a").offer(tree.id, "a"); },
      [&](RawGiver& giver) { giver.offer(tree.id, "a").chunk(0, bytes.substr(0, 1000)); },
      [&](RawGiver& giver) { giver.offer(tree.id, std::string(limits::kOfferName + 1, 'n')); },
      [&](RawGiver& giver) { giver.close(); },
  };
  for (std::size_t at = 0; at < plays.size(); ++at) {
    SCOPED_TRACE(at);
    Error error;
    ASSERT_TRUE(soon([&] {  // the place of the one before is free a moment later
      RawGiver giver(receiver);
      plays[at](giver);
      error = giver.error();
      return error.code != Errc::kOverloaded;
    }));
    EXPECT_EQ(error.code, Errc::kInvalidArgument);
    ASSERT_TRUE(soon([&] {
      const auto all = receiver.inbox.list();
      return all.empty() || !all[0].moving;
    }));
  }
  EXPECT_EQ(receiver.service->counts().wrong, plays.size());
  EXPECT_EQ(receiver.final_files(), 0U);
}

// Much of the file is here from a process that was killed, and is read back first.
TEST_F(HostilePut, WhoSendsBeforeItIsToldWhereToBeginIsCut) {
  Receiver receiver(pool, options());
  const std::string large = some_bytes(24 << 20);
  const FileTree its = tree_of(large);
  const std::string place =
      receiver.inbox.waiting_folder() + "/" + to_text(PeerId{}) + "/" + to_text(its.id) + "/.part/";
  fs::create_directories(place);
  DownloadRequest request;
  request.content = its.id;
  request.name = "film";
  std::vector<std::uint32_t> claimed(23);
  std::iota(claimed.begin(), claimed.end(), 0);
  JournalWriter writer;
  std::ofstream(place + journal_name(its.id), std::ios::binary)
      << writer.head(request) << writer.manifest(its.layer) << writer.pieces(claimed);
  std::ofstream(place + part_name(its.id), std::ios::binary) << large;
  {
    RawGiver hasty(receiver);
    hasty.offer(its.id, "film").chunk(1 << 20, large.substr(1 << 20, 1000));
    EXPECT_EQ(hasty.error().code, Errc::kInvalidArgument);
  }
  const auto honest = taken(receiver, its.id, "film");
  ASSERT_TRUE(honest);
  honest->bytes(large, 23 << 20, large.size());
  const auto done = honest->hear();
  ASSERT_TRUE(done && done->has_received());
  EXPECT_TRUE(honest->end().ok());
  EXPECT_TRUE(receiver.waiting() == large);
}

TEST_F(HostilePut, NamesStayInTheirFolder) {
  Receiver receiver(pool, options());
  const std::vector<std::string> names{"../../escape",
                                       "/etc/passwd",
                                       "..",
                                       ".",
                                       "",
                                       ".hidden",
                                       ".part",
                                       "a\nb",
                                       std::string("nul\0byte", 8),
                                       "CON",
                                       std::string(1000, 'x'),
                                       "\xff\xfe",
                                       "\u202Egpj.exe"};
  for (std::size_t at = 0; at < names.size(); ++at) {
    const std::string content = "file " + std::to_string(at);
    const FileTree small = tree_of(content);
    const auto giver = taken(receiver, small.id, names[at]);
    ASSERT_TRUE(giver) << at;
    giver->chunk(0, content);
    EXPECT_TRUE(giver->end().ok()) << at;
  }
  const auto all = receiver.inbox.list();
  ASSERT_EQ(all.size(), names.size());
  for (const auto& entry : all) {
    EXPECT_NE(entry.name.front(), '.') << entry.name;
    EXPECT_EQ(fs::path(entry.path).filename(), entry.name);
    EXPECT_TRUE(entry.path.starts_with(receiver.inbox.waiting_folder() + "/")) << entry.path;
    EXPECT_LE(entry.name.size(), limits::kFileNameMax);
  }
  // Nothing beside the inbox in its folder.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST_F(HostilePut, WhoSaysNothingIsCut) {
  TransferTimes times;
  times.silence = 100ms;
  times.gate_recheck = 20ms;
  Receiver receiver(pool, options(), times);
  RawGiver mute(receiver);
  EXPECT_EQ(mute.error().code, Errc::kTimeout);
  RawGiver sleeper(receiver);
  begin(sleeper);
  EXPECT_EQ(sleeper.error().code, Errc::kTimeout);
}

TEST_F(HostilePut, OneGiverHasFewPlacesAndOneFileOne) {
  Receiver receiver(pool, options());
  RawGiver first(receiver);
  begin(first);
  RawGiver same(receiver);
  same.offer(tree.id, "file.bin");
  EXPECT_EQ(same.error().code, Errc::kConflict);
  const auto second = taken(receiver, tree_of("other").id, "other");
  ASSERT_TRUE(second);
  RawGiver third(receiver);
  EXPECT_EQ(third.error().code, Errc::kOverloaded);
  first.cancel();
  EXPECT_FALSE(first.end().ok());
  EXPECT_TRUE(taken(receiver, tree_of("third").id, "third"));
}

TEST_F(HostilePut, TheQuotaHoldsAndPartsMakeRoom) {
  auto bounded = options();
  bounded.quota = 10 << 20;
  bounded.giver_quota = 4 << 20;
  Receiver receiver(pool, bounded);
  const auto puts = manager(receiver);
  auto end = put(*puts, file("long", some_bytes((4 << 20) + 1)), "long");
  EXPECT_EQ(end.state, PutState::kFailed);
  EXPECT_EQ(end.error->code, Errc::kTooLarge);
  EXPECT_NE(end.error->why.find("left of 4 MiB"), std::string::npos) << end.error->why;
  EXPECT_EQ(receiver.service->counts().bytes, 0U);
  // A part that nobody sends counts with its whole length, and gives way.
  {
    RawGiver broken(receiver);
    begin(broken);
    broken.cancel();
    EXPECT_FALSE(broken.end().ok());
  }
  ASSERT_TRUE(soon([&] { return !receiver.inbox.list().at(0).moving; }));
  EXPECT_EQ(receiver.inbox.used(to_text(PeerId{})).second, bytes.size());
  end = put(*puts, file("three", some_bytes(3 << 20)), "three");
  EXPECT_EQ(end.state, PutState::kDone) << end.error->why;
  // What waits does not.
  end = put(*puts, file("two", some_bytes(2 << 20)), "two");
  EXPECT_EQ(end.error->code, Errc::kTooLarge);
  ASSERT_TRUE(receiver.inbox.reject(receiver.inbox.list().at(0)));
  EXPECT_EQ(put(*puts, folder / "two", "two").state, PutState::kDone);
  stop(*puts);
}

TEST_F(HostilePut, AFriendHearsNothingOfOurPaths) {
  auto blocked = options();
  blocked.folder = file("a file", "in the way") + "/inbox";
  Receiver receiver(pool, blocked);
  const auto puts = manager(receiver);
  const auto end = put(*puts, file("any", some_bytes(1000)), "any");
  EXPECT_EQ(end.state, PutState::kFailed);
  const std::string words = end.error->what + end.error->why + end.error->next;
  EXPECT_EQ(words.find("a file"), std::string::npos) << words;
  stop(*puts);
}

}  // namespace
}  // namespace shoal::transfer
