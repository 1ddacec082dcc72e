// SPDX-License-Identifier: Apache-2.0
#include "sim/input/lines.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "proto/types/limits.h"

namespace shoal::sim {
namespace {

// A file of its own for each use, gone with it.
struct TestFile {
  explicit TestFile(const std::string& text, bool gzipped = false) {
    if (gzipped) {
      const gzFile file = gzopen(path.c_str(), "wb");
      gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
      gzclose(file);
    } else {
      std::ofstream(path, std::ios::binary) << text;
    }
  }
  ~TestFile() { std::filesystem::remove(path); }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  std::string path = ::testing::TempDir() + "lines_" + std::to_string(::getpid()) + ".txt";
};

std::vector<std::string> all_of(const std::string& path) {
  LineReader lines = LineReader::open(path).value();
  std::vector<std::string> all;
  while (const auto line = lines.next().value()) all.emplace_back(*line);
  return all;
}

RC_GTEST_PROP(LineReader, GivesBackEveryLine, ()) {
  const auto lines =
      *rc::gen::container<std::vector<std::string>>(
           rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab 1\t"))))
           .as("lines");
  const bool gzipped = *rc::gen::arbitrary<bool>().as("gzipped");
  const bool windows = *rc::gen::arbitrary<bool>().as("carriage returns");
  std::string text;
  for (const std::string& line : lines) text += line + (windows ? "\r\n" : "\n");
  const TestFile file(text, gzipped);
  RC_ASSERT(all_of(file.path) == lines);
}

TEST(LineReader, LongFilesAreReadPieceByPiece) {
  std::string text;
  std::vector<std::string> expected;
  for (int i = 0; i < 100'000; ++i) {
    expected.push_back(std::to_string(i * 7919));
    text += expected.back() + "\n";
  }
  expected.push_back("no end");
  EXPECT_EQ(all_of(TestFile(text + "no end").path), expected);
  EXPECT_EQ(all_of(TestFile(text + "no end", true).path), expected);
}

TEST(LineReader, ALineAtTheLimitIsTakenAndALongerOneRefused) {
  const std::string longest(limits::kSimLineBytes, 'x');
  EXPECT_EQ(all_of(TestFile(longest + "\n" + longest).path),
            (std::vector<std::string>{longest, longest}));
  const TestFile file("a\n" + longest + "x\nb\n");
  LineReader lines = LineReader::open(file.path).value();
  EXPECT_EQ(lines.next().value(), "a");
  const auto refused = lines.next();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kTooLarge);
  EXPECT_EQ(refused.error().why, "line 2: it is longer than 65536 bytes");
}

TEST(LineReader, ComplaintsNameFileAndLine) {
  const TestFile file("a\nb\n");
  LineReader lines = LineReader::open(file.path).value();
  EXPECT_EQ(lines.next().value(), "a");
  EXPECT_EQ(lines.next().value(), "b");
  const Error error = lines.complain("that is no number", "write one");
  EXPECT_EQ(error.code, Errc::kInvalidArgument);
  EXPECT_EQ(error.what, "cannot read " + file.path);
  EXPECT_EQ(error.why, "line 2: that is no number");
  EXPECT_EQ(error.next, "write one");
  EXPECT_EQ(lines.next().value(), std::nullopt);
  EXPECT_EQ(lines.next().value(), std::nullopt);
}

TEST(LineReader, WordsArePartedByBlanksAndCommasIfAsked) {
  std::string_view text = "  one\ttwo,three  ";
  EXPECT_EQ(take_word(text), "one");
  EXPECT_EQ(take_word(text), "two,three");
  EXPECT_EQ(take_word(text), "");
  EXPECT_EQ(take_word(text), "");
  std::string_view list = "one, two";
  EXPECT_EQ(take_word(list, Commas::kSeparate), "one");
  EXPECT_EQ(take_word(list, Commas::kSeparate), "two");
}

}  // namespace
}  // namespace shoal::sim
