// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/status.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/rpc/tls.h"
#include "proto/types/limits.h"
#include "proto/types/utf8.h"
#include "shoal/v1/error.pb.h"

namespace shoal::rpc {
namespace {

rc::Gen<Errc> any_code() {
  return rc::gen::cast<Errc>(rc::gen::inRange(0, static_cast<int>(Errc::kInternal) + 1));
}

/// Text as an error of ours has it: printable, accents and other scripts too.
rc::Gen<std::string> plain_text(std::size_t bytes) {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                          "a", " ", "é", "%", "漢", "\xf0\x9f\x90\x9f", ":")),
                      [bytes](const std::vector<std::string>& parts) {
                        std::string text;
                        for (const std::string& part : parts) {
                          if (text.size() + part.size() <= bytes) text += part;
                        }
                        return text;
                      });
}

std::string details(const std::string& code, const std::string& what, const std::string& why,
                    const std::string& next) {
  ::shoal::v1::ErrorInfo said;
  said.set_code(code);
  said.set_what(what);
  said.set_why(why);
  said.set_next(next);
  return said.SerializeAsString();
}

RC_GTEST_PROP(Status, BringsEveryErrorBackAsItWas, ()) {
  Error error;
  error.code = *any_code().as("code");
  error.what = "x" + *plain_text(limits::kStatusWhat - 1).as("what");
  error.why = *plain_text(limits::kStatusWhy).as("why");
  error.next = *plain_text(limits::kStatusNext).as("next");
  const grpc::Status status = to_status(error);
  RC_ASSERT(static_cast<int>(status.error_code()) == info(error.code).grpc);
  const Error back = from_status(status);
  RC_ASSERT(back.code == error.code);
  RC_ASSERT(back.what == error.what);
  RC_ASSERT(back.why == error.why);
  RC_ASSERT(back.next == error.next);
  RC_ASSERT(has_reason(status));
}

RC_GTEST_PROP(Status, BelievesNothingThatAPeerSays, ()) {
  const auto grpc_code = static_cast<grpc::StatusCode>(*rc::gen::inRange(1, 17).as("gRPC code"));
  const auto bytes = rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  const std::string raw =
      *rc::gen::oneOf(bytes, rc::gen::map(rc::gen::tuple(any_code(), bytes, bytes, bytes),
                                          [](const auto& said) {
                                            const auto& [code, what, why, next] = said;
                                            return details(std::string(info(code).name), what, why,
                                                           next);
                                          }))
           .as("details");
  const grpc::Status status(grpc_code, *bytes.as("message"), raw);
  const Error error = from_status(status);
  RC_CLASSIFY(has_reason(status));
  for (const std::string& text : {error.what, error.why, error.next}) {
    RC_ASSERT(is_utf8(text));
    RC_ASSERT(disarm(text) == text);
  }
  RC_ASSERT(!error.what.empty());
  RC_ASSERT(error.what.size() <= limits::kStatusWhat);
  RC_ASSERT(error.why.size() <= limits::kStatusWhy);
  RC_ASSERT(error.next.size() <= limits::kStatusNext);
  // Whatever the name says, the code is one of that gRPC code's, or says that the cause is unknown.
  RC_ASSERT((info(error.code).grpc == grpc_code || error.code == Errc::kInternal));
}

TEST(Status, CutsWhatIsTooLongOnEitherSide) {
  const std::string much(100'000, 'x');
  const grpc::Status status = to_status({Errc::kIo, much, much, much});
  EXPECT_LE(status.error_details().size(), limits::kStatusDetails);
  EXPECT_LE(status.error_message().size(), limits::kStatusMessage);
  // As gRPC sends them: percent for the message, base64 for the details.
  EXPECT_LE(3 * limits::kStatusMessage + limits::kStatusDetails / 3 * 4 + 256,
            static_cast<std::size_t>(limits::kRpcMetadata));
  const Error back = from_status(status);
  EXPECT_EQ(back.what.size(), limits::kStatusWhat);
  EXPECT_TRUE(back.why.ends_with("x.."));
  const grpc::Status liar(grpc::StatusCode::UNKNOWN, much,
                          details("io", much.substr(0, 1000), much.substr(0, 900), ""));
  EXPECT_EQ(from_status(liar).what.size(), limits::kStatusWhat);
  EXPECT_EQ(from_status(liar).why.size(), limits::kStatusWhy);
  const grpc::Status longer(grpc::StatusCode::UNKNOWN, much, details("io", much, much, much));
  EXPECT_FALSE(has_reason(longer)) << "not even parsed";
  EXPECT_EQ(from_status(longer).why.size(), limits::kStatusWhy);
}

TEST(Status, ReplacesWhatCouldMoveACursorOrHideText) {
  const grpc::Status liar(grpc::StatusCode::NOT_FOUND, "",
                          details("not_found", "\x1b[2Jgone\r\n",
                                  "a\xe2\x80\xae"
                                  "b",
                                  "\xff"));
  const Error error = from_status(liar);
  EXPECT_EQ(error.code, Errc::kNotFound);
  EXPECT_EQ(error.what, "\xef\xbf\xbd[2Jgone\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(error.why,
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(error.next, "\xef\xbf\xbd");
}

TEST(Status, TakesNoCodeThatBelongsToAnotherOfGrpcs) {
  const grpc::Status liar(grpc::StatusCode::UNAVAILABLE, "", details("no_space", "full", "", ""));
  EXPECT_EQ(from_status(liar).code, Errc::kUnreachable);
  const grpc::Status unknown(grpc::StatusCode::NOT_FOUND, "", details("new_code", "gone", "", ""));
  EXPECT_EQ(from_status(unknown).code, Errc::kNotFound) << "of a newer version, perhaps";
  EXPECT_EQ(from_status(unknown).what, "gone");
  const grpc::Status fine(grpc::StatusCode::RESOURCE_EXHAUSTED, "",
                          details("no_space", "full", "", ""));
  EXPECT_EQ(from_status(fine).code, Errc::kNoSpace);
}

TEST(Status, TellsWhatGrpcItselfSays) {
  const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "failed to connect");
  const Error error = from_status(status);
  EXPECT_FALSE(has_reason(status));
  EXPECT_EQ(error.code, Errc::kUnreachable);
  EXPECT_EQ(error.why, "failed to connect");
  EXPECT_EQ(from_status({grpc::StatusCode::UNKNOWN, ""}).code, Errc::kInternal);
}

TEST(Status, SaysInPlainWordsWhyThereWasNoConnection) {
  const auto why = [](const std::string& message) {
    return from_status({grpc::StatusCode::UNAVAILABLE, message}).why;
  };
  const std::string all = "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1";
  EXPECT_EQ(why(all + ":1: Failed to connect to remote host: Connection refused"),
            "unreachable: nobody listens there");
  EXPECT_EQ(why(all + ":7401: Socket closed"),
            "it hung up: it does not know our key and takes only friends, or is just ending");
  const Error other =
      from_status({grpc::StatusCode::UNAVAILABLE,
                   all + ":7401: Custom verification check failed with error: UNAUTHENTICATED: " +
                       std::string(kAnotherKey)});
  EXPECT_EQ(other.code, Errc::kUnreachable);
  EXPECT_EQ(other.why, "another key than the friend's own answers there");
  EXPECT_NE(other.next.find("remove the old friend"), std::string::npos);
}

TEST(Status, IsTheCauseOfWhatThisPeerDidNotGetDone) {
  const grpc::Status status =
      to_status({Errc::kNotFound, "no such content", "it was unshared", "search again"});
  const Error error = from_status(status, "cannot fetch a.bin");
  EXPECT_EQ(error.code, Errc::kNotFound);
  EXPECT_EQ(error.what, "cannot fetch a.bin");
  EXPECT_EQ(error.why, "no such content: it was unshared");
  EXPECT_EQ(error.next, "search again");
  const Error cut =
      from_status({grpc::StatusCode::UNAVAILABLE, "connection reset"}, "cannot fetch");
  EXPECT_EQ(cut.why, "connection reset");
}

}  // namespace
}  // namespace shoal::rpc
