// SPDX-License-Identifier: Apache-2.0
#include "proto/json/reader.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace shoal::json {
namespace {

struct Search {
  std::string terms;
  std::uint64_t ttl = 5;
  bool echo = true;
  std::optional<std::uint64_t> budget;
  std::vector<std::string> hosts;
};

Result<Search> read(std::string_view text) {
  const auto value = parse(text);
  if (!value) return tl::unexpected(value.error());
  Search search;
  ObjectReader in(*value, "the search");
  in.schema("shoal/search/1").required("terms", search.terms).optional("ttl", search.ttl, 1, 15);
  in.optional("echo", search.echo)
      .optional("budget_ms", search.budget)
      .optional("hosts", search.hosts);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  return search;
}

std::string why(std::string_view text) {
  const auto read_one = read(text);
  return read_one ? "ok" : read_one.error().why;
}

TEST(ObjectReader, ReadsWhatIsGivenAndKeepsTheRest) {
  const auto search = read(R"({"terms":"a b","budget_ms":18446744073709551615,"hosts":["x"]})");
  ASSERT_TRUE(search);
  EXPECT_EQ(search->terms, "a b");
  EXPECT_EQ(search->ttl, 5U);
  EXPECT_EQ(search->budget, UINT64_MAX);
  EXPECT_EQ(search->hosts, std::vector<std::string>{"x"});
  EXPECT_EQ(why(R"({"terms":"a","ttl":null,"schema":"shoal/search/1"})"), "ok");
}

TEST(ObjectReader, NamesTheMemberThatIsWrong) {
  EXPECT_EQ(why(R"({})"), "\"terms\" is missing");
  EXPECT_EQ(why(R"({"terms":7})"), "\"terms\" is not a string");
  EXPECT_EQ(why(R"({"terms":"a","ttl":16})"), "\"ttl\" is not a whole number from 1 to 15");
  EXPECT_EQ(why(R"({"terms":"a","ttl":-1})"), "\"ttl\" is not a whole number from 1 to 15");
  EXPECT_EQ(why(R"({"terms":"a","ttl":2.0})"), "\"ttl\" is not a whole number from 1 to 15");
  EXPECT_EQ(why(R"({"terms":"a","echo":1})"), "\"echo\" is not true or false");
  EXPECT_EQ(why(R"({"terms":"a","hosts":["x",1]})"), "\"hosts\" is not a list of strings");
  EXPECT_EQ(why(R"({"terms":"a","tll":3})"), "there is no member \"tll\"");
  EXPECT_EQ(why(R"({"terms":"a","schema":"shoal/other/1"})"),
            "\"schema\" is not \"shoal/search/1\"");
  EXPECT_EQ(why(R"(["terms"])"), "it is not a JSON object");
}

TEST(Parse, RefusesWhatIsNotOneValue) {
  EXPECT_EQ(why("").rfind("it ends too early", 0), 0U) << why("");
  EXPECT_EQ(why(R"({"terms":)"), "it ends too early");
  EXPECT_NE(why(R"({"terms":"a"} x)").find("more follows"), std::string::npos);
  EXPECT_NE(why("{'terms':1}").find("at byte 1"), std::string::npos) << why("{'terms':1}");
  EXPECT_FALSE(parse(std::string(100, '[') + std::string(100, ']')));
  EXPECT_FALSE(parse("\"\xff\""));
  EXPECT_TRUE(parse(" [1] \n"));
}

RC_GTEST_PROP(Parse, TakesAnyBytesWithoutHarm, ()) {
  const auto text = *rc::gen::container<std::string>(
                         rc::gen::elementOf(std::string("{}[]\":,0e-.\\u tnfalsr\xff")))
                         .as("text");
  const auto value = parse(text);
  RC_ASSERT((!value || parse(boost::json::serialize(*value)).has_value()));
}

}  // namespace
}  // namespace shoal::json
