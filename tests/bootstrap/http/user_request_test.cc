// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/user_request.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/rpc/identity.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

TEST(UserRequest, ReadsWhatItWrites) {
  const auto ana = rpc::Identity::generate();
  UserRequest request;
  request.name = "Ana";
  request.password = "pass word";
  request.statement = rpc::make_statement(ana, rpc::StatementKind::kLogin, "h:1", "Ana", 77);
  request.peer = ana.id();
  request.address = "2001:db8::1";
  request.port = 7401;
  const auto read = user_request_from_body(to_body(request));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, request.name);
  EXPECT_EQ(read->password, request.password);
  ASSERT_TRUE(read->statement);
  EXPECT_TRUE(rpc::verify_statement(*read->statement, rpc::StatementKind::kLogin, "h:1", "Ana"));
  EXPECT_EQ(read->peer, ana.id());
  EXPECT_EQ(read->address, request.address);
  EXPECT_EQ(read->port, 7401);
}

TEST(UserRequest, NamesWhatIsMissingOrWrong) {
  const auto other = to_text(rpc::Identity::generate().id());
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"({"password":"secret"})", "name"},
      {R"({"name":"ana"})", "password"},
      {R"({"name":"ana","password":7})", "password"},
      {R"({"name":"ana","password":"123"})", "password"},
      {R"({"name":"","password":"secret"})", "name"},
      {R"({"name":"a\nb","password":"secret"})", "name"},
      {R"({"name":"ana","stamp":1,"signature":"AA=="})", "key"},
      {R"({"name":"ana","key":"AA==","signature":"AA=="})", "stamp"},
      {R"({"name":"ana","key":"AA==","stamp":1})", "signature"},
      {R"({"name":"ana","key":"!","stamp":1,"signature":"AA=="})", "key"},
      {R"({"name":"ana","key":"AA==","stamp":1,"signature":"AA==","peer_id":")" + other + R"("})",
       "peer_id"},
      {R"({"name":"ana","password":"secret","peer_id":"me"})", "peer_id"},
      {R"({"name":"ana","password":"secret","port":0})", "port"},
      {R"({"name":"ana","password":"secret","port":65536})", "port"},
      {R"({"name":"ana","password":"secret","address":"localhost"})", "address"},
      {R"({"name":"ana","password":"secret","admin":true})", "admin"},
  };
  for (const auto& [body, member] : table) {
    const auto read = user_request_from_body(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().code, Errc::kInvalidArgument);
    const std::string words = read.error().what + " " + read.error().why;
    EXPECT_NE(words.find("\"" + member + "\""), std::string::npos) << body << ": " << words;
  }
  EXPECT_FALSE(user_request_from_body("[]"));
  EXPECT_FALSE(user_request_from_body("{\"name\":"));
}

}  // namespace
}  // namespace shoal::bootstrap
