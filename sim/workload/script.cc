// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/script.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace shoal::sim {
namespace {

constexpr std::uint64_t kSecondsMax = std::uint64_t{100} * 366 * 86'400;
constexpr std::size_t kShown = 30;

struct Word {
  std::string_view text;
  std::size_t column = 0;  // from 1
};

struct Verb {
  std::string_view name;
  Deed::Kind kind;
};
constexpr std::array kVerbs{Verb{"JOIN", Deed::Kind::kJoin}, Verb{"LEAVE", Deed::Kind::kLeave},
                            Verb{"SHARE", Deed::Kind::kShare},
                            Verb{"WITHDRAW", Deed::Kind::kWithdraw},
                            Verb{"SEARCH", Deed::Kind::kSearch}};

std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> out;
  line = line.substr(0, line.find('#'));
  for (std::size_t at = 0; (at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    out.push_back({line.substr(at, end - at), at + 1});
    at = end;
  }
  return out;
}

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || at != end) return std::nullopt;
  return number;
}

std::optional<Instant> time_of(std::string_view text) {
  const std::size_t dot = text.find('.');
  const auto seconds = whole(text.substr(0, dot));
  if (!seconds || *seconds > kSecondsMax) return std::nullopt;
  std::uint64_t us = 0;
  if (dot != std::string_view::npos) {
    const std::string_view decimals = text.substr(dot + 1);
    const auto value = whole(decimals);
    if (!value || decimals.size() > 6) return std::nullopt;
    us = *value;
    for (std::size_t i = decimals.size(); i < 6; ++i) us *= 10;
  }
  return Instant(Duration(static_cast<std::int64_t>(*seconds * 1'000'000 + us)));
}

class Reader {
 public:
  Reader(const std::string& name, const PeerNamed& peer_named, std::uint32_t files)
      : name_(name), peer_named_(peer_named), files_(files) {}

  Result<std::vector<Deed>> read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      if (auto done = read_line(words_of(text.substr(0, end))); !done) {
        return tl::unexpected(done.error());
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(deeds_);
  }

 private:
  tl::unexpected<Error> wrong(std::size_t column, std::string why) const {
    return fail(
        Errc::kInvalidArgument, "the script cannot be used",
        name_ + ":" + std::to_string(line_) + ":" + std::to_string(column) + ": " + std::move(why),
        "a line is: seconds peer JOIN|LEAVE|SHARE file|WITHDRAW file|SEARCH [file]");
  }
  tl::unexpected<Error> no(const Word& word, std::string_view what) const {
    return wrong(word.column,
                 "\"" + std::string(word.text.substr(0, kShown)) + "\" is no " + std::string(what));
  }

  Result<void> read_line(const std::vector<Word>& words) {
    if (words.empty()) return {};
    if (words.size() < 3 || words.size() > 4) {
      return wrong(words.back().column, "three or four words are expected");
    }
    Deed deed;
    const auto at = time_of(words[0].text);
    if (!at) return no(words[0], "time in seconds");
    if (!deeds_.empty() && *at < deeds_.back().at) {
      return wrong(words[0].column, "this is before the line above");
    }
    deed.at = *at;
    const auto named = whole(words[1].text);
    const auto peer = named && *named <= UINT32_MAX
                          ? peer_named_(static_cast<std::uint32_t>(*named))
                          : std::nullopt;
    if (!peer) return no(words[1], "peer of this network");
    deed.peer = *peer;
    const Verb* verb = nullptr;
    for (const Verb& known : kVerbs) {
      if (known.name == words[2].text) verb = &known;
    }
    if (verb == nullptr) return no(words[2], "JOIN, LEAVE, SHARE, WITHDRAW or SEARCH");
    deed.kind = verb->kind;
    const bool moves = deed.kind == Deed::Kind::kJoin || deed.kind == Deed::Kind::kLeave;
    const bool has_file = words.size() == 4;
    if (moves && has_file) return wrong(words[3].column, "nothing is expected here");
    if (!moves && !has_file && deed.kind != Deed::Kind::kSearch) {
      return wrong(words[2].column, "the number of a file is expected after it");
    }
    if (has_file) {
      const auto file = whole(words[3].text);
      if (!file || *file >= files_) {
        return no(words[3], files_ == 0 ? "file: content.files is 0"
                                        : "file: they are 0 .. " + std::to_string(files_ - 1));
      }
      deed.file = static_cast<std::uint32_t>(*file);
    }
    deeds_.push_back(deed);
    return {};
  }

  const std::string& name_;
  const PeerNamed& peer_named_;
  std::uint32_t files_;
  std::size_t line_ = 0;
  std::vector<Deed> deeds_;
};

}  // namespace

Result<std::vector<Deed>> parse_script(std::string_view text, const std::string& name,
                                       const PeerNamed& peer_named, std::uint32_t files) {
  return Reader(name, peer_named, files).read(text);
}

}  // namespace shoal::sim
