// SPDX-License-Identifier: Apache-2.0
// GET /v1/files/{id}/content between real processes.
#include "tests/wire/daemon/ask_content.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

class Content : public Sharing {
 protected:
  // One shared file and its id.
  std::string share(std::size_t bytes) {
    const auto hit = found(bytes);
    whole = read_file(folder / "books/big book.bin");
    return text(hit, "content");
  }
  std::string whole;
};

TEST_F(Content, OfASharedFileIsServedWholeAndInParts) {
  const auto id = share(3'000'000);
  const Got all = ask(luis, "GET", id);
  EXPECT_EQ(all.status, 200) << all.head;
  EXPECT_TRUE(all.body == whole);
  EXPECT_TRUE(all.has("content-length: 3000000")) << all.head;
  EXPECT_TRUE(all.has("accept-ranges: bytes"));
  EXPECT_TRUE(all.has("etag: \"" + id + "\""));
  EXPECT_TRUE(all.has("content-type: application/octet-stream"));
  EXPECT_TRUE(all.has("x-content-type-options: nosniff"));
  const Got part = ask(luis, "GET", id, "Range: bytes=1048570-2097160\r\n");  // over two borders
  EXPECT_EQ(part.status, 206);
  EXPECT_TRUE(part.has("content-range: bytes 1048570-2097160/3000000")) << part.head;
  EXPECT_TRUE(part.body == whole.substr(1048570, 2097160 - 1048570 + 1));
  const Got last = ask(luis, "GET", id, "Range: bytes=-5\r\nIf-Range: \"" + id + "\"\r\n");
  EXPECT_EQ(last.status, 206);
  EXPECT_EQ(last.body, whole.substr(whole.size() - 5));
  EXPECT_EQ(ask(luis, "GET", id, "Range: bytes=1-2\r\nIf-Range: \"other\"\r\n").status, 200);
}

TEST_F(Content, IsNotSentToWhoHasItNorToWhoAsksBehindItsEnd) {
  const auto id = share(1000);
  const Got had = ask(luis, "GET", id, "If-None-Match: \"x\", \"" + id + "\"\r\n");
  EXPECT_EQ(had.status, 304);
  EXPECT_TRUE(had.body.empty());
  EXPECT_EQ(had.head.find("content-length"), std::string::npos);
  const Got behind = ask(luis, "GET", id, "Range: bytes=1000-\r\n");
  EXPECT_EQ(behind.status, 416);
  EXPECT_TRUE(behind.has("content-range: bytes */1000")) << behind.head;
  EXPECT_NE(behind.body.find("no such part"), std::string::npos) << behind.body;
  const Got head = ask(luis, "HEAD", id, "Range: bytes=10-19\r\n");
  EXPECT_EQ(head.status, 200) << "what is asked of a HEAD is asked of all of it";
  EXPECT_TRUE(head.has("content-length: 1000"));
  EXPECT_TRUE(head.body.empty());
  EXPECT_EQ(ask(luis, "HEAD", id).status, 200);
}

TEST_F(Content, ThatIsNotHereOrIsNoIdIsRefusedInWords) {
  const auto id = share(1000);
  std::string other = id;
  other[0] = other[0] == '0' ? '1' : '0';
  EXPECT_EQ(ask(luis, "GET", other).status, 404);
  EXPECT_EQ(ask(ana, "GET", id).status, 404);
  EXPECT_EQ(ask(luis, "GET", "nonsense").status, 400);
  EXPECT_EQ(ask(luis, "HEAD", other).status, 404);
  EXPECT_EQ(ask(luis, "POST", id, "Content-Length: 0\r\n").status, 405);
}

TEST_F(Content, ThatWasEditedIsNotServed) {
  const auto id = share(200'000);
  write_file(folder / "books/big book.bin", 200'000, 5);
  const Got edited = ask(luis, "GET", id);
  EXPECT_TRUE(edited.status == 404 || edited.status == 409 || edited.status == 410) << edited.head;
  EXPECT_EQ(edited.body.find(whole.substr(0, 100)), std::string::npos);
}

TEST_F(Content, OfAnEmptyFileIsEmpty) {
  write_file(folder / "nothing/empty.txt", 0, 1);
  luis.lines("POST", "/v1/shares", {{"path", folder / "nothing"}});
  const auto files = luis.call("GET", "/v1/shares/files").at("items").as_array();
  ASSERT_EQ(files.size(), 1U);
  const auto id = text(files[0].as_object(), "content");
  const Got got = ask(luis, "GET", id);
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.has("content-length: 0"));
  EXPECT_TRUE(got.has("content-type: text/plain; charset=utf-8"));
  EXPECT_EQ(ask(luis, "GET", id, "Range: bytes=0-\r\n").status, 416);
}

}  // namespace
}  // namespace shoal::daemon
