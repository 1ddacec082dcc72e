// SPDX-License-Identifier: Apache-2.0
// Names that a hostile peer may send, 100 in each case: whatever they are, nothing outside the
// download folder is made, opened or changed, whether they were made safe first or not.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rapidcheck/gtest.h>
#include <array>
#include <filesystem>
#include <fstream>

#include "proto/types/limits.h"
#include "proto/types/rng.h"
#include "tests/support/temp_folder.h"
#include "transfer/host/disk/disk.h"
#include "transfer/host/disk/files.h"
#include "transfer/host/disk/name.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr unsigned kNamesPerCase = 100;

// What names are put together from. "out", "up", "loop", "etc" are links that the folder holds.
constexpr std::array kAtoms = {".."sv,
                               "."sv,
                               "/"sv,
                               "//"sv,
                               "\\"sv,
                               "../"sv,
                               "..\\"sv,
                               "\0"sv,
                               "\n"sv,
                               "\r"sv,
                               "\x1b[2J"sv,
                               "~"sv,
                               " "sv,
                               "*"sv,
                               "?"sv,
                               ":"sv,
                               "|"sv,
                               "$(id)"sv,
                               "`id`"sv,
                               "-rf"sv,
                               "%2e%2e%2f"sv,
                               "%00"sv,
                               "out"sv,
                               "up"sv,
                               "loop"sv,
                               "etc"sv,
                               "fifo"sv,
                               ".part"sv,
                               "sub"sv,
                               "/etc/passwd"sv,
                               "/proc/self/cwd/"sv,
                               "/dev/null"sv,
                               "CON"sv,
                               "aux.txt"sv,
                               "COM1"sv,
                               "name"sv,
                               ".txt"sv,
                               "\xC0\xAE\xC0\xAE\xC0\xAF"sv,  // overlong "../"
                               "\xE0\x80\xAF"sv,              // overlong "/"
                               "\xEF\xBC\x8F"sv,              // full-width solidus
                               "\xE2\x88\x95"sv,              // division slash
                               "\xE2\x80\xA4\xE2\x80\xA4"sv,  // one dot leaders
                               "\xE2\x80\xAE"sv,              // right-to-left override
                               "\xE2\x80\x8B"sv,              // zero width space
                               "\xEF\xBB\xBF"sv,              // byte order mark
                               "\xED\xA0\x80"sv,              // a lone surrogate
                               "\xF4\x90\x80\x80"sv,          // beyond Unicode
                               "\xFF\xFE"sv,
                               "e\xCC\x81"sv,
                               "\xCC\x81"sv,
                               "\xE1\x84\x80\xE1\x85\xA1"sv};

std::string hostile_name(Rng& rng) {
  std::string name;
  switch (rng.below(8)) {
    case 0:  // any bytes
      for (auto left = rng.below(300); left > 0; --left)
        name.push_back(static_cast<char>(rng.next()));
      return name;
    case 1:  // long
      name.assign(rng.below(70'000), static_cast<char>(rng.next()));
      return name;
    default:
      for (auto left = 1 + rng.below(8); left > 0; --left)
        name.append(kAtoms[rng.below(kAtoms.size())]);
      return name;
  }
}

// A folder for downloads with traps in it, and what lies around it.
class Yard {
 public:
  Yard() {
    fs::create_directories(downloads() + "/sub");
    fs::create_directory(base_.path() + "/outside");
    std::ofstream(base_.path() + "/outside/secret") << "secret";
    fs::create_symlink("../outside/secret", downloads() + "/out");
    fs::create_directory_symlink("..", downloads() + "/up");
    fs::create_symlink("loop", downloads() + "/loop");
    fs::create_directory_symlink("/etc", downloads() + "/etc");
    mkfifo((downloads() + "/fifo").c_str(), 0600);
    before_ = around();
    auto opened = open_folder(downloads());
    EXPECT_TRUE(opened);
    folder_ = std::move(*opened);
  }
  [[nodiscard]] std::string downloads() const { return base_.path() + "/downloads"; }
  [[nodiscard]] const FileHandle& folder() const { return folder_; }

  // Where the kernel says that the open file is.
  [[nodiscard]] std::string path_of(const FileHandle& file) const {
    return fs::read_symlink("/proc/self/fd/" + std::to_string(file.value())).string();
  }
  [[nodiscard]] bool untouched() const { return around() == before_; }

 private:
  // All names and sizes outside the download folder.
  [[nodiscard]] std::string around() const {
    std::string all;
    for (const auto& entry : fs::directory_iterator(base_.path())) {
      all += entry.path().filename().string() + "\n";
    }
    for (const auto& entry : fs::recursive_directory_iterator(base_.path() + "/outside")) {
      std::ifstream in(entry.path());
      all += entry.path().string() + std::string(std::istreambuf_iterator<char>(in), {}) + "\n";
    }
    return all;
  }

  tests::TempFolder base_;
  FileHandle folder_;
  std::string before_;
};

RC_GTEST_PROP(HostileNames, MadeSafeTheyAreFilesRightInTheFolder, ()) {
  static const Yard yard;
  static const auto disk = open_disk(yard.downloads());
  Rng rng(*rc::gen::arbitrary<std::uint64_t>().as("seed"));
  for (unsigned i = 0; i < kNamesPerCase; ++i) {
    const std::string remote = hostile_name(rng);
    const std::string name = safe_name(remote);
    RC_ASSERT(name.size() <= limits::kFileNameMax);
    RC_ASSERT(safe_name(name) == name);
    const bool taken = (*disk)->is_taken(name);
    {
      const auto part = (*disk)->open_part("the.part", true);
      RC_ASSERT(part.has_value());
    }
    const auto placed = (*disk)->place("the.part", name);
    RC_ASSERT(placed.has_value() == !taken);  // every safe name can be given
    if (taken) continue;
    const auto file = open_beneath(yard.folder(), name, O_RDWR);
    RC_ASSERT(file.has_value());
    RC_ASSERT(yard.path_of(*file) == yard.downloads() + "/" + name);
    RC_ASSERT(unlinkat(yard.folder().value(), name.c_str(), 0) == 0);
  }
  RC_ASSERT(yard.untouched());
}

RC_GTEST_PROP(HostileNames, EvenAsTheyAreTheyOpenNothingOutside, ()) {
  static const Yard yard;
  Rng rng(*rc::gen::arbitrary<std::uint64_t>().as("seed"));
  unsigned opened = 0;
  for (unsigned i = 0; i < kNamesPerCase; ++i) {
    const std::string name = hostile_name(rng);
    const auto file = open_beneath(yard.folder(), name, O_RDWR | O_CREAT);
    if (!file) continue;
    ++opened;
    const std::string path = yard.path_of(*file);
    RC_ASSERT(path.starts_with(yard.downloads() + "/"));
    RC_ASSERT(unlink(path.c_str()) == 0);
  }
  RC_TAG(opened > 0 ? "some open" : "none opens");
  RC_ASSERT(yard.untouched());
}

// Else the property above could not fail.
TEST(HostileNames, AnOrdinaryOpenWouldFallIntoTheTraps) {
  const Yard yard;
  for (const char* name : {"out", "../outside/secret", "up/outside/secret", "etc/passwd"}) {
    const FileHandle plain(openat(yard.folder().value(), name, O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(plain.open()) << name;
    EXPECT_FALSE(yard.path_of(plain).starts_with(yard.downloads() + "/")) << name;
    EXPECT_FALSE(open_beneath(yard.folder(), name, O_RDONLY)) << name;
  }
}

}  // namespace
}  // namespace shoal::transfer
