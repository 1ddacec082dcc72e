// SPDX-License-Identifier: Apache-2.0
#include "proto/codec/frame_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/rpc/offer.h"
#include "proto/types/limits_links.h"
#include "shoal/v1/link.pb.h"

namespace shoal::codec {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

const rpc::Identity& holder() {
  static const rpc::Identity identity = rpc::Identity::generate();
  return identity;
}
const std::string& card() {
  static const std::string sealed = rpc::seal_card(holder(), "ana", {"127.0.0.1:7401"}, 1, kNow);
  return sealed;
}

template <class T>
T draw(const char* name, std::uint64_t least, std::uint64_t most) {
  const auto range = rc::gen::inRange<std::uint64_t>(least, most + 1);
  return static_cast<T>(*rc::gen::resize(rc::kNominalSize, range).as(name));
}

PayloadRef draw_query_body() {
  return make_payload<QueryBody>([](QueryBody& query) {
    if (draw<int>("by content", 0, 1) == 1) {
      query.content.emplace();
      query.content->root.bytes[draw<std::size_t>("root byte", 0, 31)] = 5;
      query.content->length = draw<std::uint64_t>("length", 0, limits::kFileBytesMax);
    } else {
      query.terms.assign(draw<std::size_t>("terms", 1, limits::kTermsMax), 'x');
    }
    query.length_min = draw<std::uint64_t>("length min", 0, 1U << 30);
    if (draw<int>("bounded", 0, 1) == 1) query.length_max = draw<std::uint64_t>("max", 0, 1U << 30);
    query.key.bytes[7] = draw<std::uint8_t>("key byte", 0, 255);
    query.rule =
        draw<int>("classic", 0, 1) == 1 ? DuplicateRule::kClassic : DuplicateRule::kDeepest;
    query.echo = draw<int>("echo", 0, 1) == 1;
  });
}

PayloadRef draw_counts() {
  return make_payload<EchoBody>([](EchoBody& echo) {
    Counts& counts = echo.counts;
    counts.first_hop = draw<std::uint8_t>("first hop", 0, 20);
    const auto hops = draw<std::size_t>("hops", 0, 15);
    for (std::size_t i = 0; i < hops; ++i) {
      counts.peers_by_hop.push_back(draw<std::int32_t>("peers + 100", 0, 200) - 100);
    }
    counts.copies = draw<std::uint32_t>("copies", 0, UINT32_MAX);
    counts.duplicates = draw<std::uint32_t>("duplicates", 0, UINT32_MAX);
    counts.refused = draw<std::uint32_t>("refused", 0, 9);
    counts.unanswered = draw<std::uint32_t>("unanswered", 0, 9);
    counts.dropped = draw<std::uint32_t>("dropped", 0, 9);
    counts.cut_by_budget = draw<std::uint32_t>("cut", 0, 9);
    counts.unsearched = draw<std::uint32_t>("unsearched", 0, 9);
    counts.hits_dropped = draw<std::uint32_t>("hits dropped", 0, 9);
    counts.spared = draw<std::uint32_t>("spared", 0, 9);
  });
}

PayloadRef draw_hit(const QueryId& query) {
  return make_payload<HitBody>([&](HitBody& hit) {
    hit.holder = holder().id();
    hit.files.resize(draw<std::size_t>("files", 1, limits::kHitFilesMax));
    for (HitFile& file : hit.files) {
      file.name.assign(draw<std::size_t>("name", 1, limits::kFileNameMax), 'n');
      file.content.length = draw<std::uint64_t>("length", 0, limits::kFileBytesMax);
    }
    hit.sealed = rpc::seal_offer(holder(), query, card(), hit.files);
  });
}

Message draw_message() {
  static constexpr std::array kKinds{
      MessageKind::kQuery,          MessageKind::kEchoDuplicate,  MessageKind::kEchoLeaf,
      MessageKind::kEcho,           MessageKind::kEchoRefused,    MessageKind::kHit,
      MessageKind::kCancel,         MessageKind::kLinkActive,     MessageKind::kLinkStandby,
      static_cast<MessageKind>(32), static_cast<MessageKind>(255)};
  Message message;
  message.kind = kKinds[draw<std::size_t>("kind", 0, kKinds.size() - 1)];
  if (message.kind == MessageKind::kLinkActive || message.kind == MessageKind::kLinkStandby) {
    return message;
  }
  message.query = QueryId{*rc::gen::arbitrary<std::uint64_t>().as("id, high"),
                          *rc::gen::arbitrary<std::uint64_t>().as("id, low")};
  const bool own = static_cast<std::uint8_t>(message.kind) >= kFirstOwnMessageKind;
  message.ttl = draw<std::uint8_t>("ttl", own ? 0 : 1, 255);
  message.overlay = OverlayId{draw<std::uint8_t>("overlay", own ? 0 : 1, 255)};
  if (own || message.kind == MessageKind::kQuery) {
    message.budget_ms = draw<std::uint32_t>("budget", 0, UINT32_MAX);
  }
  if (own || message.kind == MessageKind::kQuery || message.kind == MessageKind::kHit) {
    message.hops = draw<std::uint8_t>("hops", 0, 255);
  }
  if (message.kind == MessageKind::kQuery) message.body = draw_query_body();
  if (message.kind == MessageKind::kEcho) message.body = draw_counts();
  if (message.kind == MessageKind::kHit) message.body = draw_hit(message.query);
  if (own) {
    message.body = make_payload<OpaqueBody>([](OpaqueBody& body) {
      body.bytes.assign(draw<std::size_t>("bytes", 0, 1000), 'b');
      body.cards.assign(draw<std::size_t>("contacts", 0, 3), card());
    });
  }
  return message;
}

void expect_same_body(const Message& sent, const Message& read) {
  if (const auto* const query = sent.body.as<QueryBody>()) {
    const auto& got = read.body.ref<QueryBody>();
    RC_ASSERT(got.terms == query->terms && got.content == query->content);
    RC_ASSERT(got.length_min == query->length_min && got.length_max == query->length_max);
    RC_ASSERT(got.key == query->key && got.rule == query->rule && got.echo == query->echo);
  } else if (const auto* const echo = sent.body.as<EchoBody>()) {
    RC_ASSERT(read.body.ref<EchoBody>().counts == echo->counts);
  } else if (const auto* const hit = sent.body.as<HitBody>()) {
    const auto& got = read.body.ref<HitBody>();
    RC_ASSERT(got.holder == hit->holder && got.files == hit->files && got.sealed == hit->sealed);
  } else if (const auto* const own = sent.body.as<OpaqueBody>()) {
    RC_ASSERT(read.body.ref<OpaqueBody>().bytes == own->bytes);
    RC_ASSERT(read.body.ref<OpaqueBody>().cards == own->cards);
  } else {
    RC_ASSERT(!read.body);
  }
}

RC_GTEST_PROP(FrameCodec, WritesAMessageAsProtobufDoes, ()) {
  const std::string frame = frame_of(encode_item(Item(draw_message())));
  v1::OpenRequest parsed;
  RC_ASSERT(parsed.ParseFromString(frame));
  RC_ASSERT(parsed.SerializeAsString() == frame);
}

v1::OpenRequest with_contacts(std::size_t count, const std::string& sealed) {
  v1::OpenRequest write;
  auto& own = *write.mutable_frame()->add_messages()->mutable_overlay();
  own.mutable_copy()->set_query_id(std::string(16, 'q'));
  own.set_kind(32);
  for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(own.add_contacts()->ParseFromString(sealed));
  return write;
}

TEST(FrameCodec, RefusesMoreContactsThanThereMayBeAndLongerOnes) {
  const auto refusals = [](const v1::OpenRequest& write) {
    return decode(write.SerializeAsString()).refusals;
  };
  const std::string small = rpc::seal_card(holder(), "", {}, 1, kNow);
  EXPECT_TRUE(refusals(with_contacts(limits::kContactsMax, small)).empty());
  EXPECT_EQ(refusals(with_contacts(limits::kContactsMax + 1, small)),
            std::vector{Refusal::kBadContacts});
  const std::string large = rpc::seal_card(
      holder(), std::string(limits::kPeerNameMax, 'n'),
      std::vector<std::string>(limits::kEndpointsMax, std::string(200, 'h') + ":7401"), 1, kNow);
  const std::size_t most = limits::kContactsBytes / large.size();
  EXPECT_TRUE(refusals(with_contacts(most, large)).empty());
  EXPECT_EQ(refusals(with_contacts(most + 1, large)), std::vector{Refusal::kBadContacts});
}

RC_GTEST_PROP(FrameCodec, ReadsBackEveryMessageInOrder, ()) {
  std::vector<Message> sent;
  std::string entries;
  const auto count = draw<int>("messages", 0, 3);
  for (int i = 0; i < count; ++i) {
    sent.push_back(draw_message());
    entries += encode_item(Item(sent.back()));
  }
  const Read read = decode(frame_of(entries));
  RC_ASSERT(read.refusals.empty() && !read.hello);
  RC_ASSERT(read.items.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto& got = std::get<Message>(read.items[i]);
    RC_ASSERT(got.kind == sent[i].kind && got.query == sent[i].query);
    RC_ASSERT(got.ttl == sent[i].ttl && got.overlay == sent[i].overlay);
    RC_ASSERT(got.hops == sent[i].hops && got.budget_ms == sent[i].budget_ms);
    expect_same_body(sent[i], got);
  }
}

bool same(const Item& one, const Item& other) {
  // Every field of a message is in its encoding; a query's body is kept as it came.
  return one.index() == other.index() && encode_item(one) == encode_item(other);
}

RC_GTEST_PROP(FrameCodec, ReadsInPlaceWhatProtobufReads, ()) {
  std::string entries;
  const auto count = draw<int>("messages", 1, 3);
  for (int i = 0; i < count; ++i) entries += encode_item(Item(draw_message()));
  std::string bytes = frame_of(entries);
  const auto bits = draw<int>("flipped bits", 0, 3);
  for (int i = 0; i < bits; ++i) {
    // Mostly in the first message's header.
    const auto last =
        draw<int>("anywhere", 0, 1) == 1 ? bytes.size() : std::min<std::size_t>(bytes.size(), 40);
    const auto at = draw<std::size_t>("bit", 0, last * 8 - 1);
    bytes[at / 8] = static_cast<char>(bytes[at / 8] ^ (1 << at % 8));
  }
  const Read read = decode(bytes);
  const Read slow = decode_by_protobuf(bytes);
  RC_ASSERT(read.hello == slow.hello);
  RC_ASSERT(read.refusals == slow.refusals);
  RC_ASSERT(read.items.size() == slow.items.size());
  for (std::size_t i = 0; i < read.items.size(); ++i) {
    RC_ASSERT(same(read.items[i], slow.items[i]));
    const auto* const message = std::get_if<Message>(&read.items[i]);
    if (message != nullptr) expect_same_body(std::get<Message>(slow.items[i]), *message);
  }
}

RC_GTEST_PROP(FrameCodec, TakesBentAndCutBytesApartWithoutHarm, ()) {
  std::string bytes = frame_of(encode_item(Item(draw_message())));
  const auto bits = draw<int>("flipped bits", 0, 8);
  for (int i = 0; i < bits; ++i) {
    const auto at = draw<std::size_t>("bit", 0, bytes.size() * 8 - 1);
    bytes[at / 8] = static_cast<char>(bytes[at / 8] ^ (1 << at % 8));
  }
  bytes.resize(draw<std::size_t>("length", 0, bytes.size()));
  const Read read = decode(bytes);
  // Whatever is taken can be sent on: it is a message like any other.
  for (const Item& item : read.items) {
    const Read again = decode(frame_of(encode_item(item)));
    RC_ASSERT(again.refusals.empty());
    RC_ASSERT(again.items.size() == 1U);
  }
}

RC_GTEST_PROP(FrameCodec, TakesEveryBeginningOfAFrameApartWithoutHarm, ()) {
  const std::string bytes = frame_of(encode_item(Item(draw_message())));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Read read = decode(bytes.substr(0, length));
    // Protobuf cannot tell a beginning that ends between two fields; a whole message it is not.
    RC_ASSERT(read.items.empty());
  }
}

RC_GTEST_PROP(FrameCodec, ReadsBackAHello, ()) {
  Hello hello;
  hello.network.assign(draw<std::size_t>("network", 0, limits::kPeerNameMax), 'n');
  hello.mode = draw<int>("active", 0, 1) == 1 ? LinkMode::kActive : LinkMode::kStandby;
  hello.ttl_limit = draw<std::uint32_t>("ttl limit", 0, 300);
  hello.version = draw<std::uint32_t>("version", 0, 3);
  hello.card = card();
  RC_ASSERT(decode(encode_hello(hello)).hello == hello);
}

TEST(FrameCodec, EncodesAQueryForManyNeighboursOnce) {
  Message message;
  message.ttl = 3;
  message.overlay = OverlayId{1};
  message.body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "word"; });
  encode_item(Item(message));
  message.body.ref<QueryBody>().wire += "!";  // what is kept is what is sent
  const std::string again = encode_item(Item(message));
  EXPECT_NE(again.find(message.body.ref<QueryBody>().wire), std::string::npos);
}

// ---- each refusal by its name ------------------------------------------------------------------

v1::Message good_query() {
  v1::Message wire;
  v1::Query& query = *wire.mutable_query();
  query.mutable_copy()->set_query_id(std::string(16, 'q'));
  query.mutable_copy()->set_ttl(3);
  query.mutable_copy()->set_overlay(1);
  v1::QueryBody body;
  body.set_terms("word");
  body.set_key(std::string(32, 'k'));
  body.set_rule(v1::DUPLICATE_RULE_DEEPEST);
  query.set_body(body.SerializeAsString());
  return wire;
}

std::vector<Refusal> refusals_of(const v1::Message& message) {
  v1::OpenRequest wire;
  *wire.mutable_frame()->add_messages() = message;
  return decode(wire.SerializeAsString()).refusals;
}

template <class Bend>
std::vector<Refusal> bent_body(Bend bend) {
  v1::Message wire = good_query();
  v1::QueryBody body;
  EXPECT_TRUE(body.ParseFromString(wire.query().body()));
  bend(body);
  wire.mutable_query()->set_body(body.SerializeAsString());
  return refusals_of(wire);
}

using Refusals = std::vector<Refusal>;

TEST(FrameCodec, EncodesEveryEchoWithinItsBound) {
  Message echo;
  echo.kind = MessageKind::kEcho;
  echo.query = QueryId{UINT64_MAX, UINT64_MAX};
  echo.overlay = OverlayId{UINT8_MAX};
  echo.ttl = limits::kTtlLimit;
  echo.body = make_payload<EchoBody>([](EchoBody& body) {
    constexpr std::uint32_t kMost = UINT32_MAX;
    body.counts = Counts{1, {}, kMost, kMost, kMost, kMost, kMost, kMost, kMost, kMost};
    body.counts.peers_by_hop.assign(limits::kTtlLimit, INT32_MIN);
  });
  EXPECT_LE(encode_item(echo).size(), limits::kEchoBytes);
  EXPECT_GE(encode_item(echo).size(), limits::kTtlLimit * 5U);
}

TEST(FrameCodec, TakesAWellFormedQuery) { EXPECT_EQ(refusals_of(good_query()), Refusals{}); }

TEST(FrameCodec, NamesWhatIsWrongWithAQuerysBody) {
  EXPECT_EQ(bent_body([](auto& b) { b.set_terms(std::string(limits::kTermsMax + 1, 'x')); }),
            Refusals{Refusal::kTermsTooLong});
  EXPECT_EQ(bent_body([](auto& b) { b.set_terms(""); }), Refusals{Refusal::kBadTerms});
  EXPECT_EQ(bent_body([](auto& b) { b.set_root(std::string(32, 'r')); }),
            Refusals{Refusal::kBadTerms});
  EXPECT_EQ(bent_body([](auto& b) {
              b.set_terms("");
              b.set_root("short");
            }),
            Refusals{Refusal::kBadContent});
  EXPECT_EQ(bent_body([](auto& b) {
              b.set_terms("");
              b.set_root(std::string(32, 'r'));
              b.set_length(UINT64_MAX);
            }),
            Refusals{Refusal::kBadContent});
  EXPECT_EQ(bent_body([](auto& b) { b.set_key("short"); }), Refusals{Refusal::kBadKey});
  EXPECT_EQ(bent_body([](auto& b) { b.set_rule(v1::DUPLICATE_RULE_UNSPECIFIED); }),
            Refusals{Refusal::kBadNumber});
}

TEST(FrameCodec, NamesWhatIsWrongWithAMessage) {
  v1::Message wire;
  EXPECT_EQ(refusals_of(wire), Refusals{Refusal::kUnknownKind});
  wire = good_query();
  wire.mutable_query()->clear_copy();
  EXPECT_EQ(refusals_of(wire), Refusals{Refusal::kNoCopy});
  wire = good_query();
  wire.mutable_query()->mutable_copy()->set_query_id("short");
  EXPECT_EQ(refusals_of(wire), Refusals{Refusal::kBadQueryId});
  wire = good_query();
  wire.mutable_query()->mutable_copy()->set_ttl(0);
  EXPECT_EQ(refusals_of(wire), Refusals{Refusal::kBadNumber});
  wire.mutable_query()->mutable_copy()->set_ttl(256);
  EXPECT_EQ(refusals_of(wire), Refusals{Refusal::kBadNumber});
  wire = good_query();
  wire.mutable_query()->set_body(std::string(limits::kQueryBodyBytes + 1, 'x'));
  EXPECT_EQ(refusals_of(wire), Refusals{Refusal::kBadBody});
  v1::Message echo;
  *echo.mutable_echo()->mutable_copy() = good_query().query().copy();
  echo.mutable_echo()->set_kind(v1::ECHO_KIND_COUNTS);
  EXPECT_EQ(refusals_of(echo), Refusals{Refusal::kBadCounts});
  echo.mutable_echo()->mutable_counts()->set_first_hop(250);
  for (int i = 0; i < 7; ++i) echo.mutable_echo()->mutable_counts()->add_peers_by_hop(1);
  EXPECT_EQ(refusals_of(echo), Refusals{Refusal::kBadCounts});
  v1::Message hit;
  *hit.mutable_hit()->mutable_copy() = good_query().query().copy();
  EXPECT_EQ(refusals_of(hit), Refusals{Refusal::kBadOffer});
}

TEST(FrameCodec, RefusesALongReadUnseenAndKeepsTheGoodMessagesOfAMixedOne) {
  EXPECT_EQ(decode(std::string(limits::kFrameBytes + 9, '\0')).refusals,
            Refusals{Refusal::kTooLong});
  EXPECT_EQ(decode("\xff\xff").refusals, Refusals{Refusal::kGarbage});
  EXPECT_EQ(decode("").refusals, Refusals{Refusal::kGarbage});
  v1::OpenRequest wire;
  wire.mutable_frame()->add_messages();
  *wire.mutable_frame()->add_messages() = good_query();
  wire.mutable_frame()->add_messages()->mutable_ping()->set_number(4);
  const Read read = decode(wire.SerializeAsString());
  EXPECT_EQ(read.refusals, Refusals{Refusal::kUnknownKind});
  ASSERT_EQ(read.items.size(), 2U);
  EXPECT_EQ(std::get<Ping>(read.items[1]).number, 4U);
}

}  // namespace
}  // namespace shoal::codec
