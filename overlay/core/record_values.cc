// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/record_values.h"

namespace shoal::overlay::record {
namespace {

constexpr std::uint8_t kNoPayload = 0xff;

template <class T>
PayloadRef read_as(Reader& archive) {
  return make_payload<T>([&](T& body) { field(archive, body); });
}

void write_report(Writer& archive, const SearchReport& report) {
  field(archive, report.query);
  field(archive, report.via);
  field(archive, report.ttl);
  field(archive, report.ended);
  field(archive, report.complete);
  field(archive, report.counted);
  field(archive, report.counts);
  field(archive, report.hits);
  field(archive, report.took);
  optional_field(archive, report.first_hit);
  list_field(archive, report.first_hops, [&](const FirstHop& hop) {
    field(archive, hop.peer);
    field(archive, hop.role);
    field(archive, hop.state);
  });
  list_field(archive, report.notes, [&](const ReportNote& note) {
    field(archive, note.what);
    field(archive, note.count);
  });
}

}  // namespace

void write_payload(Writer& archive, const PayloadRef& payload) {
  if (!payload) return field(archive, kNoPayload);
  const PayloadKind kind = payload.get()->kind();
  field(archive, kind);
  switch (kind) {
    case PayloadKind::kQuery:
      return field(archive, payload.ref<QueryBody>());
    case PayloadKind::kEcho:
      return field(archive, payload.ref<EchoBody>());
    case PayloadKind::kHit:
      return field(archive, payload.ref<HitBody>());
    case PayloadKind::kOpaque:
      return field(archive, payload.ref<OpaqueBody>());
  }
}

PayloadRef read_payload(Reader& archive) {
  std::uint8_t kind = kNoPayload;
  field(archive, kind);
  if (kind == kNoPayload) return {};
  switch (static_cast<PayloadKind>(kind)) {
    case PayloadKind::kQuery:
      return read_as<QueryBody>(archive);
    case PayloadKind::kEcho:
      return read_as<EchoBody>(archive);
    case PayloadKind::kHit:
      return read_as<HitBody>(archive);
    case PayloadKind::kOpaque:
      return read_as<OpaqueBody>(archive);
  }
  archive.spoil();
  return {};
}

std::string bytes_of(const Effects& out) {
  std::string bytes;
  Writer archive(bytes);
  list_field(archive, out.sends, [&](const Send& send) {
    field(archive, send.to);
    field(archive, send.message);
  });
  list_field(archive, out.timers, [&](const ArmTimer& timer) {
    field(archive, timer.slot);
    field(archive, timer.at);
  });
  list_field(archive, out.lookups, [&](const Lookup& lookup) {
    field(archive, lookup.token);
    field(archive, lookup.query);
    field(archive, lookup.limit);
    field(archive, lookup.id);
  });
  list_field(archive, out.hits, [&](const Found& found) {
    field(archive, found.query);
    field(archive, found.hit);
    field(archive, found.hops);
    field(archive, found.after);
  });
  list_field(archive, out.finished,
             [&](const Finished& finished) { write_report(archive, finished.report); });
  list_field(archive, out.links_wanted,
             [&](const LinkWanted& wanted) { field(archive, wanted.role); });
  list_field(archive, out.cuts, [&](const LinkCut& cut) { field(archive, cut.peer); });
  list_field(archive, out.share_lists, [&](const ListShares& list) {
    field(archive, list.token);
    field(archive, list.after);
    field(archive, list.limit);
  });
  list_field(archive, out.dials, [&](const Dial& dial) { field(archive, dial.peer); });
  list_field(archive, out.hangups, [&](const Hangup& hangup) { field(archive, hangup.peer); });
  list_field(archive, out.kept, [&](const PeerRef& peer) { field(archive, peer); });
  list_field(archive, out.let_go, [&](const PeerRef& peer) { field(archive, peer); });
  return bytes;
}

}  // namespace shoal::overlay::record
