// SPDX-License-Identifier: Apache-2.0
#include "broker/messages.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "proto/types/limits.h"
#include "proto/types/limits_broker.h"

namespace shoal::broker {
namespace {

namespace bj = boost::json;

template <std::size_t N>
std::array<std::uint8_t, N> any_bytes() {
  std::array<std::uint8_t, N> out{};
  for (auto& byte : out) byte = *rc::gen::arbitrary<std::uint8_t>();
  return out;
}

QueryId any_query_id() {
  return {*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint64_t>()};
}

ContentId any_content() {
  ContentId content;
  content.root.bytes = any_bytes<32>();
  content.length = *rc::gen::inRange<std::uint64_t>(0, limits::kFileBytesMax);
  return content;
}

// Words with what JSON has to escape, and more than ASCII.
std::string any_text(std::size_t pieces) {
  static const std::vector<std::string> kPieces{"a",  "Z",  "7", " ",  "\"", "\\",   "/",
                                                "\n", "\t", "ñ", "日", "𝄞",  "\x7f", "{"};
  std::string out = "x";
  for (std::size_t left = *rc::gen::inRange<std::size_t>(0, pieces); left > 0; --left) {
    out += *rc::gen::elementOf(kPieces);
  }
  return out;
}

Query any_query() {
  Query query;
  if (*rc::gen::arbitrary<bool>().as("has an id")) {
    query.id = any_query_id();
    if (*rc::gen::arbitrary<bool>().as("has a key")) {
      query.key = KeyFingerprint{any_bytes<32>()};
    }
  }
  if (*rc::gen::arbitrary<bool>().as("by content")) {
    query.content = any_content();
  } else {
    query.terms = any_text(30);
  }
  query.length_min = *rc::gen::arbitrary<std::uint64_t>().as("length_min");
  query.length_max = *rc::gen::arbitrary<std::uint64_t>().as("length_max");
  return query;
}

Answer any_answer() {
  Answer answer;
  if (*rc::gen::arbitrary<bool>().as("has an id")) answer.query = any_query_id();
  answer.name = any_text(20);
  answer.place = *rc::gen::element<std::string>("", "10.0.0.1:7401", "[::1]:80", "host:65535");
  for (auto left = *rc::gen::inRange<std::size_t>(0, limits::kHitFilesMax + 1); left > 0; --left) {
    answer.files.push_back({any_content(), any_text(40)});
  }
  answer.excess = *rc::gen::arbitrary<std::uint32_t>().as("excess");
  for (auto left = *rc::gen::inRange<std::size_t>(1, 200); left > 0; --left) {
    answer.offer += static_cast<char>(*rc::gen::arbitrary<std::uint8_t>());
  }
  return answer;
}

// Neither crashes nor says nothing: a value that is within its bounds, or an error with words.
template <class Read>
void judge(const Read& read) {
  if (!read) RC_ASSERT(!read.error().what.empty());
}
void judge_query(const std::string& text) {
  const auto query = read_query(text);
  judge(query);
  if (!query) return;
  RC_ASSERT(query->terms.empty() == query->content.has_value());
  RC_ASSERT(query->terms.size() <= limits::kTermsMax);
  RC_ASSERT((!query->key || query->id));
}
void judge_answer(const std::string& text) {
  const auto answer = read_offered(text);
  judge(answer);
  if (!answer) return;
  RC_ASSERT(answer->offer.size() <= limits::kOfferBytes);
}

std::string bent(std::string text) {
  for (auto left = *rc::gen::inRange<int>(1, 4).as("bends"); left > 0; --left) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = static_cast<char>(*rc::gen::arbitrary<std::uint8_t>());
  }
  return text;
}

RC_GTEST_PROP(BrokerMessages, QueriesComeBackAsTheyWere, ()) {
  const Query query = any_query();
  RC_ASSERT(read_query(to_json(query)).value() == query);
}

RC_GTEST_PROP(BrokerMessages, OffersOfAnswersComeBackAsTheyWere, ()) {
  const Answer answer = any_answer();
  const auto read = read_offered(to_json(answer)).value();
  RC_ASSERT(read == (Offered{answer.offer, answer.excess}));
}

// What says the same without a signature is for programs that cannot read the offer.
RC_GTEST_PROP(BrokerMessages, NothingUnsignedOfAnAnswerMatters, ()) {
  const Answer answer = any_answer();
  auto object = bj::parse(to_json(answer)).as_object();
  for (const char* name : {"nombre", "ip", "port", "url", "archivos", "query"}) {
    object[name] = *rc::gen::arbitrary<bool>() ? bj::value("x") : bj::value(bj::object());
  }
  RC_ASSERT(read_offered(bj::serialize(object)).value() == (Offered{answer.offer, answer.excess}));
}

RC_GTEST_PROP(BrokerMessages, NoPrefixIsAMessage, ()) {
  const std::string query = to_json(any_query());
  const std::string answer = to_json(any_answer());
  const auto part = *rc::gen::inRange<std::size_t>(0, 1000).as("part");
  RC_ASSERT(!read_query(query.substr(0, part * query.size() / 1000)));
  RC_ASSERT(!read_offered(answer.substr(0, part * answer.size() / 1000)));
}

RC_GTEST_PROP(BrokerMessages, BentBytesAreRefusedOrAnotherMessageWithinItsBounds, ()) {
  judge_query(bent(to_json(any_query())));
  judge_answer(bent(to_json(any_answer())));
}

RC_GTEST_PROP(BrokerMessages, UnknownMembersChangeNothing, ()) {
  const Query query = any_query();
  auto object = bj::parse(to_json(query)).as_object();
  object["x_" + any_text(5)] = *rc::gen::arbitrary<bool>() ? bj::value(bj::object()) : bj::value(7);
  RC_ASSERT(read_query(bj::serialize(object)).value() == query);
}

RC_GTEST_PROP(BrokerMessages, AQueryIsNoAnswerAndAnAnswerNoQuery, ()) {
  RC_ASSERT(!read_offered(to_json(any_query())));
  RC_ASSERT(!read_query(to_json(any_answer())));
}

TEST(BrokerMessages, EveryPrefixIsRefused) {
  Query query;
  query.id = QueryId{1, 2};
  query.key = KeyFingerprint{};
  query.terms = "debian \"handbook\" ñ";
  const std::string asked = to_json(query);
  for (std::size_t end = 0; end < asked.size(); ++end) {
    EXPECT_FALSE(read_query(asked.substr(0, end))) << end;
  }
  Answer answer;
  answer.name = "ana";
  answer.place = "10.0.0.1:7401";
  answer.files = {{ContentId{{}, 7}, "a.pdf"}};
  answer.offer = "bytes";
  const std::string said = to_json(answer);
  for (std::size_t end = 0; end < said.size(); ++end) {
    EXPECT_FALSE(read_offered(said.substr(0, end))) << end;
  }
}

TEST(BrokerMessages, TakesTheWordsOfTheReplacedSystems) {
  EXPECT_EQ(read_query(R"({"archivo":"uno.txt","user":"ana","peerPort":1})").value().terms,
            "uno.txt");
  EXPECT_EQ(read_query(R"({"nombre":"uno.txt"})").value().terms, "uno.txt");
  EXPECT_EQ(read_query(R"({"name":"uno.txt"})").value().terms, "uno.txt");
}

TEST(BrokerMessages, AnswersWithTheWordsOfTheReplacedSystems) {
  Answer answer;
  answer.name = "ana";
  answer.place = "[::1]:7401";
  answer.files = {{ContentId{{}, 7}, "uno.txt"}};
  const auto said = bj::parse(to_json(answer)).as_object();
  EXPECT_EQ(said.at("nombre"), "ana");
  EXPECT_EQ(said.at("ip"), "::1");
  EXPECT_EQ(said.at("port"), 7401);
  EXPECT_EQ(said.at("url"), "http://[::1]:7401");
  EXPECT_EQ(said.at("archivos").at(0).at("archivo"), "uno.txt");
  EXPECT_EQ(said.at("archivos").at(0).at("length"), 7);
}

TEST(BrokerMessages, RefusesWhatItsBoundsForbid) {
  const auto code = [](const std::string& text) {
    const auto query = read_query(text);
    return query ? std::string("ok") : query.error().why;
  };
  EXPECT_EQ(code("{}"), "it has no words, or a content too");
  EXPECT_EQ(code(R"({"archivo":""})"), "it has no words, or a content too");
  EXPECT_EQ(code(R"({"archivo":7})"), "\"archivo\" is not a string");
  EXPECT_EQ(code("[]"), "it is not a JSON object");
  EXPECT_EQ(code(R"({"archivo":")" + std::string(limits::kTermsMax + 1, 'a') + "\"}"),
            "its words are too many");
  EXPECT_EQ(code(R"({"archivo":"a","query":"7"})"), "\"query\" is not 32 hex digits");
  EXPECT_EQ(code(R"({"archivo":"a","key":"00"})"), "it has a key, but no \"query\"");
  EXPECT_EQ(read_query(std::string(limits::kBrokerQueryBytes + 1, ' ')).error().code,
            Errc::kTooLarge);
  EXPECT_EQ(read_offered(std::string(limits::kBrokerAnswerBytes + 1, ' ')).error().code,
            Errc::kTooLarge);
  EXPECT_FALSE(read_offered(R"({"archivos":[]})")) << "it offers nothing";
  EXPECT_FALSE(read_offered(R"({"offer":"!"})"));
}

TEST(BrokerMessages, TheLargestAnswerFits) {
  Answer answer;
  answer.query = QueryId{1, 2};
  answer.name = std::string(255, 'n');
  answer.place = std::string(253, 'h') + ":65535";
  answer.offer = std::string(limits::kOfferBytes, '\xff');
  answer.files.assign(limits::kHitFilesMax, {ContentId{}, std::string(limits::kFileNameMax, 1)});
  EXPECT_LE(to_json(answer).size(), limits::kBrokerAnswerBytes);
  EXPECT_EQ(read_offered(to_json(answer)).value().offer, answer.offer);
}

}  // namespace
}  // namespace shoal::broker
