// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/rest/content_answer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace shoal::daemon {
namespace {

TEST(ContentAnswer, NamesTypesThatBrowsersPlayAndNoneThatRun) {
  EXPECT_EQ(media_type("a film.MP4"), "video/mp4");
  EXPECT_EQ(media_type("song.flac"), "audio/flac");
  EXPECT_EQ(media_type("x.webm"), "video/webm");
  EXPECT_EQ(media_type("notes.txt"), "text/plain; charset=utf-8");
  for (const auto* name : {"page.html", "page.HTM", "drawing.svg", "feed.xml", "code.js", "x.xhtml",
                           "noend", "", ".", "a."}) {
    EXPECT_EQ(media_type(name), "application/octet-stream") << name;
  }
}

RC_GTEST_PROP(ContentAnswer, AnyNameStaysWithinItsHeader, ()) {
  const auto name = *rc::gen::arbitrary<std::string>().as("name");
  const std::string line = disposition(name);
  RC_ASSERT(std::ranges::all_of(line, [](char c) { return c >= ' ' && c < 0x7f; }));
  RC_ASSERT(std::ranges::count(line, '"') == 2);
  RC_ASSERT(std::ranges::count(line, ';') == 2);
}

TEST(ContentAnswer, TellsTheNameInBothForms) {
  EXPECT_EQ(disposition("El Ni\xc3\xb1o 1.pdf"),
            "inline; filename=\"El Ni__o 1.pdf\"; filename*=UTF-8''El%20Ni%C3%B1o%201.pdf");
}

}  // namespace
}  // namespace shoal::daemon
