// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/directory/directory_route.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "proto/text/words.h"
#include "proto/types/limits_index.h"

namespace shoal::daemon {
namespace {

using bootstrap::FoundPage;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Of the whole search, when it has no budget of its own.
constexpr milliseconds kUsualTime{5'000};

// All words of `terms` are in the name, the last as a beginning: a directory may answer what it
// likes, and this is what was asked.
bool is_named_by(const std::string& terms, const std::string& name) {
  auto asked = words_of(terms);
  const auto words = words_of(name);
  if (asked.empty()) return false;
  const std::string last = asked.back();
  asked.pop_back();
  return std::ranges::all_of(asked,
                             [&](const std::string& word) {
                               return std::ranges::find(words, word) != words.end();
                             }) &&
         std::ranges::any_of(words,
                             [&](const std::string& word) { return word.starts_with(last); });
}

// One search on its way.
struct Run {
  const bootstrap::IndexClient& client;
  SideQuery query;
  SideRoute::Handlers handlers;
  std::shared_ptr<std::atomic<bool>> cancelled;

  void go() {
    auto answer = ask();
    handlers.on_end(std::move(answer));
  }

 private:
  Result<SideAnswer> ask() {
    const auto deadline =
        Clock::now() +
        (query.budget > milliseconds(0) ? std::min(query.budget, kUsualTime) : kUsualTime);
    SideAnswer answer;
    answer.asked = client.url();
    bootstrap::FoundQuery wanted;
    if (query.content) {
      wanted.content = query.content;
    } else {
      wanted.words = query.terms;
    }
    std::size_t found = 0;
    for (std::size_t page = 0; page < limits::kFoundPages; ++page) {
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
      if (left <= milliseconds(0)) {
        if (found > 0) break;
        return fail(Errc::kTimeout, "the directory did not answer in time", "", "");
      }
      std::size_t refused = 0;
      auto files = client.search(wanted, left, cancelled.get(), refused);
      // What came before is no error: only not all there is.
      if (!files && found > 0 && files.error().code != Errc::kCancelled) break;
      if (!files) return tl::unexpected(files.error());
      wanted.cursor = files->next_cursor;
      answer.more = !wanted.cursor.empty();
      found += hand_out(std::move(*files), refused);
      answer.refused += refused;
      if (!answer.more || (query.enough > 0 && found >= query.enough)) break;
    }
    return answer;
  }

  std::size_t hand_out(FoundPage page, std::size_t& refused) {
    std::vector<SideHit> hits;
    for (auto& each : page.files) {
      const std::uint64_t length = each.file.content.length;
      if (length < query.length_min || length > query.length_max) continue;
      const bool asked_for = query.content ? *query.content == each.file.content
                                           : is_named_by(query.terms, each.file.name);
      if (!asked_for) {
        ++refused;
        continue;
      }
      auto& owner = each.owner;
      hits.push_back({{each.file.content, std::move(each.file.name)},
                      {owner.id, std::move(owner.endpoints), std::move(owner.card)},
                      std::move(owner.name)});
    }
    const std::size_t count = hits.size();
    if (count > 0) handlers.on_hits(std::move(hits));
    return count;
  }
};

}  // namespace

SideRoute::Cancel DirectoryRoute::search(SideQuery query, Handlers handlers) {
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  boost::asio::post(background_, [client = client_, query = std::move(query),
                                  handlers = std::move(handlers), cancelled]() mutable {
    if (client == nullptr) {
      return handlers.on_end(fail(Errc::kNotFound, "there is no directory to ask",
                                  "none is configured", "set directory.url"));
    }
    Run{*client, std::move(query), std::move(handlers), std::move(cancelled)}.go();
  });
  return [cancelled] { *cancelled = true; };
}

}  // namespace shoal::daemon
