// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/bytes.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/utf8.h"

namespace shoal::overlay {
namespace {

constexpr std::uint8_t kHasContent = 1;
constexpr std::uint8_t kClassic = 2;
constexpr std::uint8_t kNoEcho = 4;
constexpr std::uint8_t kKnownFlags = kHasContent | kClassic | kNoEcho;

template <std::size_t N>
std::string_view view(const std::array<std::uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

template <std::size_t N>
void copy(std::string_view from, std::array<std::uint8_t, N>& to) {
  std::ranges::copy(from, to.begin());
}

}  // namespace

void ByteWriter::fixed(std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) u8(static_cast<std::uint8_t>(value >> (8 * i)));
}

void ByteWriter::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
  u8(static_cast<std::uint8_t>(value));
}

void ByteWriter::text(std::string_view bytes) {
  varint(bytes.size());
  raw(bytes);
}

std::string_view ByteReader::raw(std::size_t bytes) {
  if (bytes > rest_.size()) {
    good_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return taken;
}

std::uint64_t ByteReader::fixed(unsigned bytes) {
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const char byte : raw(bytes)) {
    value |= std::uint64_t{static_cast<std::uint8_t>(byte)} << shift;
    shift += 8;
  }
  return value;
}

std::uint64_t ByteReader::varint(std::uint64_t most) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    const std::uint64_t part = byte & 0x7fU;
    if (!good_ || (shift == 63 && part > 1) || (byte == 0 && shift > 0)) break;
    value |= part << shift;
    if (byte >= 0x80) continue;
    if (value > most) break;
    return value;
  }
  good_ = false;
  return 0;
}

std::string_view ByteReader::text(std::size_t most) {
  return raw(static_cast<std::size_t>(varint(most)));
}

void write_query(ByteWriter& out, const QueryBody& query) {
  std::uint8_t flags = query.content ? kHasContent : 0;
  if (query.rule == DuplicateRule::kClassic) flags |= kClassic;
  if (!query.echo) flags |= kNoEcho;
  out.u8(flags);
  out.text(query.terms);
  if (query.content) {
    out.raw(view(query.content->root.bytes));
    out.varint(query.content->length);
  }
  out.varint(query.length_min);
  out.varint(query.length_max);
  out.raw(view(query.key.bytes));
}

PayloadRef read_query(ByteReader& in) {
  auto query = std::make_unique<QueryBody>();
  const std::uint8_t flags = in.u8();
  query->terms = in.text(limits::kTermsMax);
  if ((flags & kHasContent) != 0) {
    auto& content = query->content.emplace();
    copy(in.raw(content.root.bytes.size()), content.root.bytes);
    content.length = in.varint(limits::kFileBytesMax);
  }
  query->length_min = in.varint();
  query->length_max = in.varint();
  copy(in.raw(query->key.bytes.size()), query->key.bytes);
  query->rule = (flags & kClassic) != 0 ? DuplicateRule::kClassic : DuplicateRule::kDeepest;
  query->echo = (flags & kNoEcho) == 0;
  const bool wants_one = query->terms.empty() == query->content.has_value();
  if (!in.good() || flags > kKnownFlags || !wants_one || !is_utf8(query->terms)) {
    in.raw(SIZE_MAX);
    return {};
  }
  return PayloadRef(std::move(query));
}

}  // namespace shoal::overlay
