// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/record.h"

#include <utility>

#include "overlay/core/record_values.h"
#include "proto/types/assert.h"

namespace shoal::overlay {
namespace {

using record::Answer;
using record::Entry;
using record::Writer;

constexpr Answer kNoMoreAnswers = Answer::kNone;

/// Passes questions on, and writes the answers into the entry.
class Overheard final : public EnvSource {
 public:
  Overheard(EnvSource& source, Writer& archive) : source_(source), archive_(archive) {}

  QueryId fresh_query_id() override { return noted(Answer::kQueryId, source_.fresh_query_id()); }
  std::uint64_t fresh_nonce() override { return noted(Answer::kNonce, source_.fresh_nonce()); }
  PeerId id_of(PeerRef peer) override { return noted(Answer::kPeerId, source_.id_of(peer)); }
  PeerRef self() override { return noted(Answer::kSelf, source_.self()); }

 private:
  template <class T>
  T noted(Answer kind, T answer) {
    field(archive_, kind);
    field(archive_, answer);
    return answer;
  }

  EnvSource& source_;
  Writer& archive_;
};

std::uint64_t outcome_of(Verdict verdict) { return static_cast<std::uint64_t>(verdict); }
std::uint64_t outcome_of(const Result<QueryId>& started) { return started ? 1 : 0; }

}  // namespace

Recorder::Recorder(const NodeConfig& config, std::size_t limit) : limit_(limit) {
  fresh_ = record::kMagic;
  std::string header;
  Writer archive(header);
  field(archive, config);
  add(header);
}

std::string Recorder::take() { return std::exchange(fresh_, {}); }

void Recorder::add(const std::string& entry) {
  std::string framed;
  Writer archive(framed);
  archive.bytes(entry);
  archive.number(record::hash_of(entry));
  if (written_ + framed.size() > limit_) {
    full_ = true;
    framed.clear();
    archive.bytes(std::string(1, static_cast<char>(Entry::kFull)));
    archive.number(record::hash_of(std::string(1, static_cast<char>(Entry::kFull))));
  }
  written_ += framed.size();
  fresh_ += framed;
}

template <class Arguments, class Call>
auto RecordedNode::around(std::uint8_t kind, Env& env, Effects& out, Arguments arguments,
                          Call call) {
  if (recorder_ == nullptr) return call(env);
  SHOAL_ASSERT(out.empty());
  std::string entry;
  Writer archive(entry);
  field(archive, kind);
  field(archive, env.now);
  const std::uint64_t choices = env.rng.state();
  field(archive, choices);
  arguments(archive);
  Overheard source(env.source, archive);
  Env overheard{env.now, env.rng, source};
  const auto close = [&](std::uint64_t outcome) {
    const std::uint64_t effects = record::hash_of(record::bytes_of(out));
    field(archive, kNoMoreAnswers);
    field(archive, outcome);
    field(archive, effects);
    recorder_->add(entry);
  };
  if constexpr (std::is_void_v<decltype(call(env))>) {
    call(overheard);
    close(0);
  } else {
    auto outcome = call(overheard);
    close(outcome_of(outcome));
    return outcome;
  }
}

namespace {
constexpr std::uint8_t number(Entry entry) { return static_cast<std::uint8_t>(entry); }
}  // namespace

void RecordedNode::start(Env& env, Effects& out) {
  around(
      number(Entry::kStart), env, out, [](Writer&) {}, [&](Env& told) { node_.start(told, out); });
}

void RecordedNode::on_link_up(Env& env, const LinkUp& link, Effects& out) {
  around(
      number(Entry::kLinkUp), env, out, [&](Writer& archive) { field(archive, link); },
      [&](Env& told) { node_.on_link_up(told, link, out); });
}

void RecordedNode::on_link_down(Env& env, PeerRef peer, LinkDownReason reason, Effects& out) {
  around(
      number(Entry::kLinkDown), env, out,
      [&](Writer& archive) {
        field(archive, peer);
        field(archive, reason);
      },
      [&](Env& told) { node_.on_link_down(told, peer, reason, out); });
}

Verdict RecordedNode::on_message(Env& env, PeerRef from, const Message& message, Effects& out) {
  return around(
      number(Entry::kMessage), env, out,
      [&](Writer& archive) {
        field(archive, from);
        field(archive, message);
      },
      [&](Env& told) { return node_.on_message(told, from, message, out); });
}

void RecordedNode::on_garbage(Env& env, PeerRef from, Effects& out) {
  around(
      number(Entry::kGarbage), env, out, [&](Writer& archive) { field(archive, from); },
      [&](Env&) { node_.on_garbage(from, out); });
}

void RecordedNode::on_dropped(Env& env, PeerRef to, const Message& message, Effects& out) {
  around(
      number(Entry::kDropped), env, out,
      [&](Writer& archive) {
        field(archive, to);
        field(archive, message);
      },
      [&](Env& told) { node_.on_dropped(told, to, message, out); });
}

void RecordedNode::on_timer(Env& env, TimerSlot slot, Effects& out) {
  around(
      number(Entry::kTimer), env, out, [&](Writer& archive) { field(archive, slot); },
      [&](Env& told) { node_.on_timer(told, slot, out); });
}

void RecordedNode::on_matches(Env& env, LookupToken token, std::span<const PayloadRef> hits,
                              std::uint32_t excess, Effects& out) {
  around(
      number(Entry::kMatches), env, out,
      [&](Writer& archive) {
        field(archive, token);
        record::list_field(archive, hits, [&](const PayloadRef& hit) { field(archive, hit); });
        field(archive, excess);
      },
      [&](Env& told) { node_.on_matches(told, token, hits, excess, out); });
}

void RecordedNode::on_shares(Env& env, LookupToken token, std::span<const SharedFile> files,
                             bool more, Effects& out) {
  around(
      number(Entry::kShares), env, out,
      [&](Writer& archive) {
        field(archive, token);
        record::list_field(archive, files, [&](const SharedFile& file) { field(archive, file); });
        field(archive, more);
      },
      [&](Env& told) { node_.on_shares(told, token, files, more, out); });
}

void RecordedNode::on_shares_changed(Env& env, Effects& out) {
  around(
      number(Entry::kSharesChanged), env, out, [](Writer&) {},
      [&](Env& told) { node_.on_shares_changed(told, out); });
}

void RecordedNode::on_introduced(Env& env, PeerRef peer, Effects& out) {
  around(
      number(Entry::kIntroduced), env, out, [&](Writer& archive) { field(archive, peer); },
      [&](Env& told) { node_.on_introduced(told, peer, out); });
}

Result<QueryId> RecordedNode::search(Env& env, const SearchRequest& request, Effects& out) {
  return around(
      number(Entry::kSearch), env, out, [&](Writer& archive) { field(archive, request); },
      [&](Env& told) { return node_.search(told, request, out); });
}

void RecordedNode::cancel(Env& env, QueryId query, Effects& out) {
  around(
      number(Entry::kCancel), env, out, [&](Writer& archive) { field(archive, query); },
      [&](Env& told) { node_.cancel(told, query, out); });
}

void RecordedNode::befriend(Env& env, PeerRef peer, Role role, Effects& out) {
  around(
      number(Entry::kBefriend), env, out,
      [&](Writer& archive) {
        field(archive, peer);
        field(archive, role);
      },
      [&](Env& told) { node_.befriend(told, peer, role, out); });
}

void RecordedNode::unfriend(Env& env, PeerRef peer, Effects& out) {
  around(
      number(Entry::kUnfriend), env, out, [&](Writer& archive) { field(archive, peer); },
      [&](Env& told) { node_.unfriend(told, peer, out); });
}

}  // namespace shoal::overlay
