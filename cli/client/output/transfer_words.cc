// SPDX-License-Identifier: Apache-2.0
#include "cli/client/output/transfer_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

constexpr std::size_t kNamed = 3;

using Amounts = std::vector<std::pair<std::string, std::uint64_t>>;

// Sources with some of `member`, those with the most first.
Amounts amounts(const bj::object& transfer, std::string_view member) {
  Amounts out;
  for (const auto& item : items_at(transfer, "from")) {
    if (!item.is_object()) continue;
    const auto amount = count_at(item.get_object(), member);
    if (amount > 0) {
      out.emplace_back(source_name(item.get_object()), static_cast<std::uint64_t>(amount));
    }
  }
  std::ranges::stable_sort(out, std::ranges::greater{}, &Amounts::value_type::second);
  return out;
}

template <class Words>
std::string list(const Amounts& all, Words words) {
  std::string out;
  for (std::size_t at = 0; at < std::min(all.size(), kNamed); ++at) {
    out += (at == 0 ? "" : ", ") + all[at].first + " " + words(all[at].second);
  }
  if (all.size() > kNamed) out += fmt::format(", {} more", all.size() - kNamed);
  return out;
}

}  // namespace

std::string source_name(const bj::object& source) {
  const std::string name = text_at(source, "name");
  return name.empty() ? short_id(raw_at(source, "peer")) : name;
}

std::string givers(const bj::object& transfer) {
  return list(amounts(transfer, "rate"),
              [](std::uint64_t rate) { return human_bytes(rate) + "/s"; });
}

std::string place_in_queue(const bj::object& of) {
  const auto position = count_at(of, "queue.position");
  if (position <= 0) return {};
  std::string out = fmt::format("place {} in the queue", position);
  if (const auto eta = count_at(of, "queue.eta_ms"); eta > 0) out += ", about " + human_time(eta);
  return out;
}

std::string silent_sources(const bj::object& transfer) {
  return list(amounts(transfer, "stall.silent_ms"), [](std::uint64_t ms) {
    return "for " + human_time(static_cast<std::int64_t>(ms / 1000 * 1000));
  });
}

std::string shares_given(const bj::object& transfer) {
  const auto all = amounts(transfer, "bytes");
  if (all.size() < 2) return {};
  std::uint64_t sum = 0;
  for (const auto& [name, bytes] : all) sum += bytes;
  return list(all, [sum](std::uint64_t bytes) { return fmt::format("{} %", bytes * 100 / sum); });
}

}  // namespace shoal::client
