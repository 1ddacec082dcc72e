// SPDX-License-Identifier: Apache-2.0
// After anything that happens to the disk and to the list of shares, a rescan makes the library
// equal to a model that walks the tree and hashes every file anew.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "tests/support/temp_folder.h"
#include "transfer/core/merkle.h"
#include "transfer/library/library.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;
using Listing = std::map<std::string, ContentId>;
// What to do, to which name, and with which one.
using Step = std::tuple<int, int, int>;

constexpr std::array kFolders = {"", "d/", "d/deep/"};
constexpr std::array kFiles = {"a", "b b", "ç", ".hidden", "half.part"};
constexpr int kPlaces = static_cast<int>(kFolders.size() * kFiles.size());

class World {
 public:
  World() { library_ = std::move(Library::open({(home_ / "index.db").string()}).value()); }

  void clear() {
    for (const auto& share : shared_) RC_ASSERT(library_->remove_share(share).has_value());
    shared_.clear();
    fs::remove_all(home_ / "tree");
    fs::create_directories(home_ / "tree" / "d" / "deep");
  }

  void take(const Step& step) {
    const auto [what, first, second] = step;
    const fs::path one = place(first);
    switch (what) {
      case 0:
      case 1:
        write(one,
              std::string(static_cast<std::size_t>(second % 4), static_cast<char>('a' + second)));
        break;
      case 2:
        fs::remove(one);
        break;
      case 3:
        if (fs::exists(one)) fs::rename(one, place(second));
        break;
      case 4:
        share(folder(first));
        break;
      case 5:
        if (library_->remove_share(folder(first)).has_value()) shared_.erase(folder(first));
        break;
      default:
        check();
    }
  }

  void check() {
    RC_ASSERT(library_->rescan().has_value());
    const Listing truth = model();
    Listing listed;
    const auto files = library_->files("", 1000).value();
    for (const auto& file : files) listed[file.path] = file.content;
    RC_ASSERT(listed.size() == truth.size());
    RC_ASSERT((listed == truth));
    RC_ASSERT(library_->stats().value().files == truth.size());
    std::set<ContentId> contents;
    for (const auto& [path, id] : truth) contents.insert(id);
    for (const ContentId& id : contents) {
      RC_ASSERT(library_->open_file(id).has_value());
      RC_ASSERT(library_->search({.terms = "", .content = id}).value().files.size() == 1U);
    }
  }

 private:
  [[nodiscard]] fs::path place(int number) const {
    const auto at = static_cast<std::size_t>(number % kPlaces);
    return home_ / "tree" /
           (std::string(kFolders[at % kFolders.size()]) + kFiles[at / kFolders.size()]);
  }
  [[nodiscard]] std::string folder(int number) const {
    const fs::path path =
        home_ / "tree" / kFolders[static_cast<std::size_t>(number) % kFolders.size()];
    std::string text = path.string();
    while (text.ends_with('/')) text.pop_back();
    return text;
  }
  void share(const std::string& path) {
    RC_ASSERT(library_->add_share(path).has_value());
    shared_.insert(path);
  }
  // Every edit gets a time of its own: two within one tick of the clock look alike to a scan.
  void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    const std::array<timespec, 2> times = {timespec{++clock_, 0}, timespec{clock_, 0}};
    RC_ASSERT(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
  }
  [[nodiscard]] Listing model() const {
    Listing listing;
    for (const std::string& share : shared_) {
      for (const auto& entry : fs::recursive_directory_iterator(share)) {
        const std::string name = entry.path().filename().string();
        if (!entry.is_regular_file() || name.starts_with('.') || name.ends_with(".part")) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        TreeHasher hasher(text.size());
        RC_ASSERT(hasher.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
        listing[entry.path().string()] = hasher.finish().id;
      }
    }
    return listing;
  }

  tests::TempFolder folder_;
  const fs::path home_ = folder_.path();
  std::unique_ptr<Library> library_;
  std::set<std::string> shared_;
  std::time_t clock_ = 1'000'000'000;
};

TEST(LibraryModel, AgreesWithAWalkOfTheTreeWhateverHappens) {
  World world;
  EXPECT_TRUE(rc::check([&] {
    const auto steps = *rc::gen::container<std::vector<Step>>(
                            rc::gen::tuple(rc::gen::inRange(0, 7), rc::gen::inRange(0, kPlaces),
                                           rc::gen::inRange(0, kPlaces)))
                            .as("steps");
    world.clear();
    world.take({4, 0, 0});
    for (const Step& step : steps) world.take(step);
    world.check();
  }));
}

}  // namespace
}  // namespace shoal::transfer
