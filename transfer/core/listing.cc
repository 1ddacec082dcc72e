// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/listing.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/percent.h"
#include "proto/types/text.h"
#include "transfer/core/merkle.h"

namespace shoal::transfer {
namespace {

constexpr std::size_t kRootDigits = 2 * Hash256::kSize;

bool is_plain(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte >= 0x20 && byte != 0x7f && c != '%';
}

// Empty: fine.
std::string_view wrong_with_path(std::string_view path) {
  if (path.size() > limits::kListingPath) return "a path is too long";
  if (path.find('\0') != std::string_view::npos) return "a name has a NUL in it";
  std::size_t depth = 0;
  for (bool more = true; more;) {
    const auto slash = path.find('/');
    more = slash != std::string_view::npos;
    const std::string_view name = path.substr(0, slash);
    if (name.empty()) return "a path has an empty name in it";
    if (name == "." || name == "..") return "a path leads out of the folder";
    if (name.size() > limits::kFileNameMax) return "a name is too long";
    if (++depth > limits::kScanDepthMax + 1) return "a path is too deep";
    if (more) path.remove_prefix(slash + 1);
  }
  return {};
}

bool lies_below(std::string_view path, std::string_view above) {
  return path.size() > above.size() && path.starts_with(above) && path[above.size()] == '/';
}

void append_line(std::string& text, const ListingEntry& entry) {
  if (entry.content) {
    text += "f " + to_hex(entry.content->root.bytes) + " " + std::to_string(entry.content->length) +
            " ";
  } else {
    text += "d ";
  }
  text += percent_encoded(entry.path, is_plain);
  text += '\n';
}

tl::unexpected<Error> wrong(std::size_t line, std::string_view why) {
  return fail(Errc::kIntegrity, "the folder's list cannot be used",
              "line " + std::to_string(line) + ": " + std::string(why),
              "nothing of it is fetched; ask whoever made it");
}

tl::unexpected<Error> too_large(std::string why) {
  return fail(Errc::kTooLarge, "the folder is too large to be one thing", std::move(why),
              "fetch its files, or folders in it");
}

// Judges entries as they come.
class Judge {
 public:
  Result<void> next(const ListingEntry& entry) {
    ++line_;
    if (const auto why = wrong_with_path(entry.path); !why.empty()) return wrong(line_, why);
    if (line_ > 2 && !listed_before(before_, entry.path)) {
      return wrong(line_, before_ == entry.path ? "a path is there twice" : "its order is wrong");
    }
    if (line_ > 2 && lies_below(entry.path, before_)) {
      return wrong(line_, "what lies above it is no folder with files");
    }
    if (line_ - 1 > limits::kListingEntries) {
      return too_large("it has more than " + std::to_string(limits::kListingEntries) + " entries");
    }
    before_ = entry.path;
    return entry.content ? content(*entry.content) : Result<void>();
  }

 private:
  Result<void> content(const ContentId& id) {
    if (id.length > limits::kFileBytesMax) return wrong(line_, "no file is that long");
    if (id.length == 0 && id.root != kNothing) {
      return wrong(line_, "an empty file has another root");
    }
    bytes_ += id.length;
    if (bytes_ > limits::kFolderBytesMax) return too_large("its files are too long together");
    return {};
  }

  const Hash256 kNothing = TreeHasher(0).finish().id.root;
  std::size_t line_ = 1;
  std::string before_;
  std::uint64_t bytes_ = 0;
};

// One line without its end.
std::optional<ListingEntry> read_line(std::string_view line) {
  ListingEntry entry;
  if (line.starts_with("f ")) {
    line.remove_prefix(2);
    ContentId& id = entry.content.emplace();
    if (line.size() <= kRootDigits || line[kRootDigits] != ' ') return std::nullopt;
    if (!from_hex(line.substr(0, kRootDigits), id.root.bytes)) return std::nullopt;
    line.remove_prefix(kRootDigits + 1);
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const char* end = line.data() + space;
    const auto [at, error] = std::from_chars(line.data(), end, id.length);
    if (at != end || error != std::errc{}) return std::nullopt;
    line.remove_prefix(space + 1);
  } else if (line.starts_with("d ")) {
    line.remove_prefix(2);
  } else {
    return std::nullopt;
  }
  // Not necessarily of what append_line() wrote: printing it again tells.
  auto path = percent_decoded(line);
  if (!path) return std::nullopt;
  entry.path = std::move(*path);
  return entry;
}

}  // namespace

bool listed_before(std::string_view a, std::string_view b) {
  const auto [left, right] = std::ranges::mismatch(a, b);
  if (right == b.end()) return false;
  if (left == a.end()) return true;
  // The end of a component is before everything that a name may have.
  if (*left == '/' || *right == '/') return *left == '/';
  return static_cast<std::uint8_t>(*left) < static_cast<std::uint8_t>(*right);
}

Result<std::string> print_listing(const std::vector<ListingEntry>& entries) {
  std::string text(kListingHead);
  Judge judge;
  for (const ListingEntry& entry : entries) {
    if (auto fine = judge.next(entry); !fine) return tl::unexpected(fine.error());
    append_line(text, entry);
    if (text.size() > limits::kListingBytes) return too_large("its list is too long");
  }
  return text;
}

Result<std::vector<ListingEntry>> parse_listing(std::string_view text) {
  if (text.size() > limits::kListingBytes) return too_large("its list is too long");
  if (!text.starts_with(kListingHead)) return wrong(1, "it does not begin as a folder's list");
  std::vector<ListingEntry> entries;
  Judge judge;
  std::string again;
  text.remove_prefix(kListingHead.size());
  for (std::size_t line = 2; !text.empty(); ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return wrong(line, "it is cut off");
    auto entry = read_line(text.substr(0, end));
    if (!entry) return wrong(line, "it is neither a file nor an empty folder");
    if (auto fine = judge.next(*entry); !fine) return tl::unexpected(fine.error());
    again.clear();
    append_line(again, *entry);
    if (again != text.substr(0, end + 1)) return wrong(line, "it could be written otherwise");
    text.remove_prefix(end + 1);
    entries.push_back(std::move(*entry));
  }
  return entries;
}

}  // namespace shoal::transfer
