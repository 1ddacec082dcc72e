// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/journal.h"

#include <xxhash.h>

#include <algorithm>

#include "proto/types/limits.h"
#include "transfer/core/manifest.h"

namespace shoal::transfer {
namespace {

enum Kind : std::uint8_t {
  kHead = 1,
  kSources,
  kManifest,
  kPieces,
  kClean,
  kPlacing,
  kPaused,
  kNumber,
  kDoubt
};
constexpr std::size_t kFixed = 8 + 4 + 4 + 1;

void put(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}
void put(std::string& out, std::string_view text) {
  put(out, text.size(), 4);
  out.append(text);
}

// Takes values off the front; false for ever after the first that does not fit.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  std::uint64_t number(unsigned bytes) {
    const std::string_view raw = take(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = raw.size(); i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(raw[i]);
    return value;
  }
  std::string_view take(std::size_t bytes) {
    if (bytes > left_.size()) {
      good_ = false;
      left_ = {};
      return {};
    }
    const auto taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }
  std::string text() { return std::string(take(static_cast<std::size_t>(number(4)))); }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return good_ && left_.empty(); }

 private:
  std::string_view left_;
  bool good_ = true;
};

template <std::size_t N>
std::string_view view(const std::array<std::uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

void put_sources(std::string& out, const std::vector<SourceInfo>& sources, std::string_view key) {
  put(out, key);
  put(out, sources.size(), 4);
  for (const SourceInfo& one : sources) {
    out.append(view(one.peer.bytes));
    put(out, one.card);
    put(out, one.endpoints.size(), 4);
    for (const auto& endpoint : one.endpoints) put(out, endpoint);
  }
}

bool read_sources(Reader& in, DownloadRequest& into) {
  into.key_pem = in.text();
  into.sources.clear();
  for (auto count = in.number(4); count > 0 && in.good(); --count) {
    SourceInfo one;
    std::ranges::copy(in.take(one.peer.bytes.size()), one.peer.bytes.begin());
    one.card = in.text();
    for (auto left = in.number(4); left > 0 && in.good(); --left)
      one.endpoints.push_back(in.text());
    into.sources.push_back(std::move(one));
  }
  return in.done();
}

bool read_head(Reader& in, JournalContents& into) {
  DownloadRequest request;
  std::ranges::copy(in.take(32), request.content.root.bytes.begin());
  request.content.length = in.number(8);
  request.name = in.text();
  if (!read_sources(in, request) || request.content.length > limits::kFileBytesMax) return false;
  const std::uint32_t pieces = Layout(request.content.length).pieces;
  into.sure = into.claimed = PieceMap(pieces);
  into.request = std::move(request);
  return true;
}

bool apply(std::uint8_t kind, Reader in, JournalContents& into) {
  if (kind == kHead) return !into.request && read_head(in, into);
  if (!into.request) return false;
  switch (kind) {
    case kSources: {
      auto changed = *into.request;
      if (!read_sources(in, changed)) return false;
      into.request = std::move(changed);
      return true;
    }
    case kManifest: {
      auto hashes = unpack_hashes(in.text());
      if (!hashes || hashes->size() != into.sure.size() || !in.done()) return false;
      into.layer = std::move(*hashes);
      return true;
    }
    case kPieces: {
      PieceMap claimed = into.claimed;
      for (auto count = in.number(4); count > 0 && in.good(); --count) {
        const auto piece = static_cast<std::uint32_t>(in.number(4));
        if (!in.good() || piece >= claimed.size()) return false;
        claimed.add(piece);
      }
      if (!in.done()) return false;
      into.claimed = std::move(claimed);
      return true;
    }
    case kClean:
      for (auto piece = into.claimed.next(0); piece; piece = into.claimed.next(*piece + 1)) {
        into.sure.add(*piece);
      }
      into.claimed = PieceMap(into.sure.size());
      return in.done();
    case kDoubt:
      for (auto piece = into.sure.next(0); piece; piece = into.sure.next(*piece + 1)) {
        into.claimed.add(*piece);
      }
      into.sure = PieceMap(into.claimed.size());
      return in.done();
    case kPaused:
      into.paused = in.number(1) != 0;
      return in.done();
    case kNumber:
      into.request->id = in.number(8);
      return in.done();
    case kPlacing:
      into.placing = in.text();
      return in.done();
    default:
      return false;
  }
}

}  // namespace

std::string JournalWriter::record(std::uint8_t kind, std::string_view body) {
  std::string covered;
  put(covered, body.size(), 4);
  put(covered, sequence_++, 4);
  put(covered, kind, 1);
  covered.append(body);
  std::string out;
  put(out, XXH3_64bits(covered.data(), covered.size()), 8);
  return out + covered;
}

std::string JournalWriter::head(const DownloadRequest& request) {
  std::string body(view(request.content.root.bytes));
  put(body, request.content.length, 8);
  put(body, request.name);
  put_sources(body, request.sources, request.key_pem);
  return record(kHead, body);
}

std::string JournalWriter::sources(const std::vector<SourceInfo>& sources, std::string_view key) {
  std::string body;
  put_sources(body, sources, key);
  return record(kSources, body);
}

std::string JournalWriter::manifest(const std::vector<Hash256>& layer) {
  std::string body;
  put(body, pack_hashes(layer));
  return record(kManifest, body);
}

std::string JournalWriter::pieces(const std::vector<std::uint32_t>& pieces) {
  std::string body;
  put(body, pieces.size(), 4);
  for (const std::uint32_t piece : pieces) put(body, piece, 4);
  return record(kPieces, body);
}

std::string JournalWriter::clean_stop() { return record(kClean, {}); }

std::string JournalWriter::doubt() { return record(kDoubt, {}); }

std::string JournalWriter::paused(bool yes) {
  std::string body;
  put(body, yes ? 1 : 0, 1);
  return record(kPaused, body);
}

std::string JournalWriter::number(std::uint64_t id) {
  std::string body;
  put(body, id, 8);
  return record(kNumber, body);
}

std::string JournalWriter::placing(const std::string& name) {
  std::string body;
  put(body, name);
  return record(kPlacing, body);
}

JournalContents read_journal(std::string_view bytes) {
  JournalContents contents;
  while (bytes.size() - contents.good_bytes >= kFixed) {
    const std::string_view rest = bytes.substr(contents.good_bytes);
    Reader head(rest);
    const std::uint64_t sum = head.number(8);
    const auto length = static_cast<std::size_t>(head.number(4));
    const std::uint64_t sequence = head.number(4);
    const auto kind = static_cast<std::uint8_t>(head.number(1));
    if (sequence != contents.records || length > rest.size() - kFixed) break;
    if (XXH3_64bits(rest.data() + 8, kFixed - 8 + length) != sum) break;
    if (!apply(kind, Reader(rest.substr(kFixed, length)), contents)) break;
    ++contents.records;
    contents.good_bytes += kFixed + length;
  }
  return contents;
}

}  // namespace shoal::transfer
