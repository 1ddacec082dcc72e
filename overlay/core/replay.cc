// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/replay.h"

#include <utility>

#include "overlay/core/record_values.h"
#include "proto/types/assert.h"

namespace shoal::overlay {
namespace {

using record::Answer;
using record::Entry;
using record::Reader;

std::string_view to_text(Entry entry) {
  switch (entry) {
    case Entry::kFull:
      return "full";
    case Entry::kLinkUp:
      return "link up";
    case Entry::kLinkDown:
      return "link down";
    case Entry::kMessage:
      return "message";
    case Entry::kGarbage:
      return "garbage";
    case Entry::kDropped:
      return "dropped";
    case Entry::kTimer:
      return "timer";
    case Entry::kMatches:
      return "matches";
    case Entry::kSearch:
      return "search";
    case Entry::kCancel:
      return "cancel";
    case Entry::kBefriend:
      return "befriend";
    case Entry::kUnfriend:
      return "unfriend";
    case Entry::kStart:
      return "start";
    case Entry::kShares:
      return "shares";
    case Entry::kSharesChanged:
      return "shares changed";
    case Entry::kIntroduced:
      return "introduced";
  }
  return "unknown";
}

/// Answers as the record says; a question that it does not hold makes it differ.
class Remembered final : public EnvSource {
 public:
  explicit Remembered(Reader& archive) : archive_(archive) {}

  QueryId fresh_query_id() override { return next<QueryId>(Answer::kQueryId); }
  std::uint64_t fresh_nonce() override { return next<std::uint64_t>(Answer::kNonce); }
  PeerId id_of(PeerRef) override { return next<PeerId>(Answer::kPeerId); }
  PeerRef self() override { return next<PeerRef>(Answer::kSelf); }
  /// Whether all answers were asked for, and no others.
  bool done() {
    Answer end{};
    if (!differs_) field(archive_, end);
    return !differs_ && archive_.good() && end == Answer::kNone;
  }

 private:
  template <class T>
  T next(Answer wanted) {
    Answer kind{};
    T answer{};
    if (!differs_) field(archive_, kind);
    differs_ = differs_ || kind != wanted;
    if (!differs_) field(archive_, answer);
    return answer;
  }

  Reader& archive_;
  bool differs_ = false;
};

class Player {
 public:
  explicit Player(Node& node) : node_(node) {}

  /// Reads the rest of an entry and makes its call; false if something was not as recorded.
  bool play(Entry entry, Reader& archive, Effects& out) {
    std::uint64_t choices = 0;
    field(archive, now_);
    field(archive, choices);
    Rng rng(choices);
    Remembered source(archive);
    Env env{now_, rng, source};
    const std::uint64_t outcome = call(entry, archive, env, out);
    const bool answered = source.done();
    std::uint64_t recorded_outcome = 0;
    std::uint64_t effects = 0;
    field(archive, recorded_outcome);
    field(archive, effects);
    return answered && archive.good() && recorded_outcome == outcome &&
           effects == record::hash_of(record::bytes_of(out));
  }
  [[nodiscard]] Instant now() const { return now_; }

 private:
  template <class T>
  static T read(Reader& archive) {
    T value{};
    field(archive, value);
    return value;
  }

  std::uint64_t call(Entry entry, Reader& archive, Env& env, Effects& out);

  Node& node_;
  Instant now_{};
};

std::uint64_t Player::call(Entry entry, Reader& in, Env& env, Effects& out) {
  switch (entry) {
    case Entry::kFull:
      return 0;
    case Entry::kLinkUp:
      node_.on_link_up(env, read<LinkUp>(in), out);
      return 0;
    case Entry::kLinkDown: {
      const auto peer = read<PeerRef>(in);
      node_.on_link_down(env, peer, read<LinkDownReason>(in), out);
      return 0;
    }
    case Entry::kMessage: {
      const auto from = read<PeerRef>(in);
      return static_cast<std::uint64_t>(node_.on_message(env, from, read<Message>(in), out));
    }
    case Entry::kGarbage:
      node_.on_garbage(read<PeerRef>(in), out);
      return 0;
    case Entry::kDropped: {
      const auto to = read<PeerRef>(in);
      node_.on_dropped(env, to, read<Message>(in), out);
      return 0;
    }
    case Entry::kTimer:
      node_.on_timer(env, read<TimerSlot>(in), out);
      return 0;
    case Entry::kMatches: {
      const auto token = read<LookupToken>(in);
      std::vector<PayloadRef> hits;
      record::list_field(in, hits, [&](PayloadRef& hit) { field(in, hit); });
      node_.on_matches(env, token, hits, read<std::uint32_t>(in), out);
      return 0;
    }
    case Entry::kSearch:
      return node_.search(env, read<SearchRequest>(in), out) ? 1 : 0;
    case Entry::kCancel:
      node_.cancel(env, read<QueryId>(in), out);
      return 0;
    case Entry::kBefriend: {
      const auto peer = read<PeerRef>(in);
      node_.befriend(env, peer, read<Role>(in), out);
      return 0;
    }
    case Entry::kUnfriend:
      node_.unfriend(env, read<PeerRef>(in), out);
      return 0;
    case Entry::kStart:
      node_.start(env, out);
      return 0;
    case Entry::kShares: {
      const auto token = read<LookupToken>(in);
      std::vector<SharedFile> files;
      record::list_field(in, files, [&](SharedFile& file) { field(in, file); });
      node_.on_shares(env, token, files, read<bool>(in), out);
      return 0;
    }
    case Entry::kSharesChanged:
      node_.on_shares_changed(env, out);
      return 0;
    case Entry::kIntroduced:
      node_.on_introduced(env, read<PeerRef>(in), out);
      return 0;
  }
  return 0;
}

tl::unexpected<Error> damaged(std::size_t at) {
  return fail(Errc::kInvalidArgument, "the record is damaged",
              "from byte " + std::to_string(at) + " on it is not what was written");
}

/// Takes entries off a record.
class Entries {
 public:
  explicit Entries(std::string_view record) : record_(record), at_(record::kMagic.size()) {}

  /// Nothing at the end, or where a crash cut the last entry off.
  Result<std::optional<std::string>> next() {
    const std::size_t start = at_;
    constexpr std::size_t kFrame = sizeof(std::uint32_t) + sizeof(std::uint64_t);
    Reader size_reader(record_.substr(start));
    std::uint32_t size = 0;
    field(size_reader, size);
    if (!size_reader.good() || record_.size() - start < kFrame + size) return std::nullopt;
    at_ += kFrame + size;
    Reader archive(record_.substr(start, kFrame + size));
    std::string entry;
    std::uint64_t hash = 0;
    field(archive, entry);
    field(archive, hash);
    if (hash != record::hash_of(entry)) return damaged(start);
    return entry;
  }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  std::string_view record_;
  std::size_t at_;
};

/// The first entry. Errors: no record, or damaged.
Result<NodeConfig> config_in(Entries& entries, std::string_view record) {
  if (!record.starts_with(record::kMagic)) {
    return fail(Errc::kInvalidArgument, "this is no record",
                "it does not begin with \"" +
                    std::string(record::kMagic.substr(0, record::kMagic.size() - 1)) + "\"");
  }
  const auto header = entries.next();
  if (!header) return tl::unexpected(header.error());
  NodeConfig config;
  Reader config_reader(*header ? std::string_view(**header) : std::string_view());
  field(config_reader, config);
  if (!config_reader.good()) return damaged(record::kMagic.size());
  return config;
}

}  // namespace

Result<NodeConfig> config_of(std::string_view record) {
  Entries entries(record);
  return config_in(entries, record);
}

Result<Replay> replay(
    std::string_view record, std::span<const OverlayEntry> overlays,
    std::unique_ptr<Membership> membership,
    const std::function<void(Instant, std::string_view, const Effects&)>& observe) {
  Entries entries(record);
  const auto config = config_in(entries, record);
  if (!config) return tl::unexpected(config.error());
  Node node(*config, overlays, std::move(membership));
  Player player(node);
  Effects out;
  Replay result;
  for (auto entry = entries.next();; entry = entries.next()) {
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return result;
    Reader archive(**entry);
    Entry kind{};
    field(archive, kind);
    if (kind == Entry::kFull) {
      result.full = true;
      return result;
    }
    out.clear();
    if (kind > record::kLastEntry) return damaged(entries.at());
    const bool equal = player.play(kind, archive, out);
    result.until = player.now();
    if (!equal) {
      result.differs = result.inputs;
      result.difference = std::string(to_text(kind)) + " at " +
                          std::to_string(to_ms(player.now().time_since_epoch())) + " ms";
      return result;
    }
    ++result.inputs;
    if (observe) observe(player.now(), to_text(kind), out);
  }
}

}  // namespace shoal::overlay
