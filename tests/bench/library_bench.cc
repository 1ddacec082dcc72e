// SPDX-License-Identifier: Apache-2.0
// What the library costs: hashing on several threads against one, the second start and searches
// with 100,000 shared files. Prints, and judges nothing but that no byte was read twice.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "proto/types/rng.h"
#include "tests/support/temp_folder.h"
#include "tests/transfer/library/library_world.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;
using Time = std::chrono::steady_clock;

double ms_since(Time::time_point begun) {
  return std::chrono::duration<double, std::milli>(Time::now() - begun).count();
}

double at_share(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

// Of this process so far, in MiB.
long peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

/// Memory: what is measured is hashing, not a disk.
struct Temp {
  const tests::TempFolder folder{fs::exists("/dev/shm") ? fs::path("/dev/shm")
                                                        : fs::temp_directory_path()};
  const fs::path path = folder.path();
};

void write_some(const fs::path& path, std::size_t bytes, std::uint64_t seed) {
  fs::create_directories(path.parent_path());
  Rng rng(seed + 1);
  std::string block(std::min<std::size_t>(bytes, 1 << 20), '\0');
  std::ofstream out(path, std::ios::binary);
  for (std::size_t at = 0; at < bytes; at += block.size()) {
    for (std::size_t byte = 0; byte < block.size(); byte += 512) {
      block[byte] = static_cast<char>(rng.next());
    }
    out.write(block.data(), static_cast<std::streamsize>(std::min(block.size(), bytes - at)));
  }
}

std::unique_ptr<Library> open(const fs::path& database, HashHelp help) {
  auto library = Library::open(
      {.database = database.string(), .private_folders = {}, .help = std::move(help)});
  EXPECT_TRUE(library) << library.error().why;
  return std::move(*library);
}

double hash_all(const Temp& temp, const fs::path& share, unsigned helpers, int round) {
  Helpers threads(helpers);
  const auto library = open(temp.path / ("index" + std::to_string(round) + ".db"), threads.help());
  const auto begun = Time::now();
  const auto summary = library->add_share(share.string());
  const double ms = ms_since(begun);
  EXPECT_TRUE(summary && summary->hashed == summary->share.files);
  return ms;
}

// What the machine gives at this moment to so many threads that only hash, 1 GiB in all.
double hash_nothing_else(unsigned threads) {
  const std::vector<std::uint8_t> piece(1024 * 1024, 7);
  const Layout layout(piece.size());
  const auto begun = Time::now();
  {
    std::vector<std::jthread> all;
    for (unsigned n = 0; n < threads; ++n) {
      all.emplace_back([&] {
        for (unsigned at = 0; at < 1024 / threads; ++at) {
          static_cast<void>(piece_hash(piece, layout));
        }
      });
    }
  }
  return ms_since(begun);
}

void compare(const char* what, const Temp& temp, const fs::path& share, double mib) {
  constexpr unsigned kCores = 4;
  std::vector<double> one;
  std::vector<double> four;
  std::vector<double> bare_one;
  std::vector<double> bare_four;
  static int round = 0;
  for (int turn = 0; turn < 5; ++turn) {
    one.push_back(hash_all(temp, share, 0, round++));
    four.push_back(hash_all(temp, share, kCores - 1, round++));
    bare_one.push_back(hash_nothing_else(1));
    bare_four.push_back(hash_nothing_else(kCores));
  }
  const double ratio = at_share(one, 0.5) / at_share(four, 0.5);
  const double bare = at_share(bare_one, 0.5) / at_share(bare_four, 0.5);
  std::cout << what << ": one thread " << mib / at_share(one, 0.5) * 1000 << " MiB/s, four "
            << mib / at_share(four, 0.5) * 1000 << " MiB/s; medians of 5 rounds in turn: " << ratio
            << " x; threads that only hash, in the same rounds: " << bare
            << " x, so of what the machine gave " << 100 * ratio / bare
            << " %; peak of this process " << peak_mib() << " MiB\n";
}

TEST(LibraryBench, AHashingOnFourThreadsAgainstOne) {
  Temp temp;
  std::cout << "this machine has " << std::thread::hardware_concurrency()
            << " cores; memory of the process at the start: " << peak_mib() << " MiB\n";
  write_some(temp.path / "long" / "file", 1U << 30, 1);
  compare("one file of 1 GiB", temp, temp.path / "long", 1024);
  fs::remove_all(temp.path / "long");
  for (std::uint64_t n = 0; n < 512; ++n) {
    write_some(temp.path / "many" / ("f" + std::to_string(n)), 2 << 20, n);
  }
  compare("512 files of 2 MiB", temp, temp.path / "many", 1024);
  fs::remove_all(temp.path / "many");
}

// Words as in names of files: few are in many names, most in few.
class Names100k {
 public:
  explicit Names100k(std::uint64_t seed) : rng_(seed) {
    for (std::size_t n = 0; n < kWords; ++n) words_.push_back(made_up());
  }
  std::string name() {
    std::string out;
    for (std::uint64_t n = 2 + rng_.below(4); n > 0; --n) out += word() + (n > 1 ? " " : "");
    constexpr std::array kEnds = {".pdf", ".mp3", ".jpg", ".txt", ".mkv"};
    return out + kEnds[rng_.below(kEnds.size())];
  }
  std::uint64_t below(std::uint64_t n) { return rng_.below(n); }

 private:
  static constexpr std::size_t kWords = 20'000;
  std::string made_up() {
    std::string out;
    for (std::uint64_t n = 2 + rng_.below(3); n > 0; --n) {
      out += "bcdfghklmnprstvz"[rng_.below(16)];
      out += "aeiou"[rng_.below(5)];
    }
    return out;
  }
  // Rank r with a chance of about 1/r.
  const std::string& word() {
    std::uint64_t top = kWords;
    while (top > 1 && rng_.below(10) < 7) top = (top + 2) / 3;
    return words_[rng_.below(top)];
  }
  Rng rng_;
  std::vector<std::string> words_;
};

TEST(LibraryBench, BTheSecondStartAndSearchesWith100000Files) {
  constexpr std::size_t kFiles = 100'000;
  Temp temp;
  Names100k draw(7);
  std::vector<std::string> names;
  for (std::size_t n = 0; n < kFiles; ++n) {
    names.push_back(draw.name());
    const fs::path folder = temp.path / "share" / ("folder " + std::to_string(n % 500));
    if (n < 500) fs::create_directories(folder);
    std::ofstream(folder / (std::to_string(n) + " " + names.back())) << n;
  }
  Helpers threads(3);
  const auto share = (temp.path / "share").string();
  const auto database = temp.path / "index.db";
  auto library = open(database, threads.help());
  auto begun = Time::now();
  ASSERT_EQ(library->add_share(share)->hashed, kFiles);
  std::cout << "the first scan of 100,000 files: " << ms_since(begun) << " ms\n";
  std::vector<double> opens;
  std::vector<double> scans;
  for (int round = 0; round < 5; ++round) {
    library.reset();
    begun = Time::now();
    library = open(database, threads.help());
    ASSERT_FALSE(library->search({.terms = names[0], .content = {}})->files.empty());
    opens.push_back(ms_since(begun));
    begun = Time::now();
    const auto again = library->rescan();
    scans.push_back(ms_since(begun));
    ASSERT_EQ(again->at(0).hashed, 0U);
    ASSERT_EQ(again->at(0).listed, 0U);
  }
  std::cout << "the second start: answers searches after " << at_share(opens, 0.5) << " ms (worst "
            << at_share(opens, 1) << "), has looked at every file " << at_share(scans, 0.5)
            << " ms later (worst " << at_share(scans, 1) << "); nothing hashed\n";
  // Two words of a name, one, the beginning of one, a common ending, and what nobody has.
  std::vector<double> times;
  std::map<std::string, std::vector<double>> kinds;
  std::size_t hits = 0;
  for (int n = 0; n < 10'000; ++n) {
    const std::string& name = names[draw.below(kFiles)];
    const auto blank = name.find(' ');
    const auto second = name.find_first_of(" .", blank + 1);
    std::string kind;
    std::string terms;
    switch (draw.below(10)) {
      case 0:
        kind = "a common ending";
        terms = name.substr(name.size() - 3);
        break;
      case 1:
        kind = "nothing has it";
        terms = "qqq" + std::to_string(n);
        break;
      case 2:
      case 3:
        kind = "a beginning";
        terms = name.substr(0, 3);
        break;
      case 4:
      case 5:
      case 6:
        kind = "one word";
        terms = name.substr(0, blank);
        break;
      case 7:
        kind = "a word and an ending";
        terms = name.substr(0, blank) + " " + name.substr(name.size() - 3);
        break;
      default:
        kind = "two words";
        terms = name.substr(0, second);
    }
    begun = Time::now();
    const auto found = library->search({.terms = terms, .content = {}});
    times.push_back(ms_since(begun));
    kinds[kind].push_back(times.back());
    hits += found->files.size();
  }
  std::cout << "10,000 searches, " << hits << " hits: median " << at_share(times, 0.5)
            << " ms, 99th percentile " << at_share(times, 0.99) << " ms, worst "
            << at_share(times, 1) << " ms\n";
  for (const auto& [kind, of] : kinds) {
    std::cout << "  " << kind << ": median " << at_share(of, 0.5) << ", 99th percentile "
              << at_share(of, 0.99) << " ms\n";
  }
}

}  // namespace
}  // namespace shoal::transfer
