// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/index_tree.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>

#include "proto/types/assert.h"

namespace shoal::bootstrap {
namespace {

constexpr std::string_view kMagic = "I";
constexpr std::size_t kSealBytes = 1 + 1 + 8 + 8 + 4 + 32 + 32;
constexpr std::size_t kStepsMax = 32;
using Level = std::vector<Hash256>;

std::string_view text_of(const Hash256& hash) {
  return {reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()};
}

Hash256 sha256(std::string_view bytes) {
  Hash256 out;
  unsigned size = 0;
  const int done =
      ::EVP_Digest(bytes.data(), bytes.size(), out.bytes.data(), &size, ::EVP_sha256(), nullptr);
  SHOAL_ASSERT(done == 1 && size == out.bytes.size());
  return out;
}

void put_number(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
  }
}

std::uint64_t take_number(std::string_view& in, std::size_t bytes) {
  std::uint64_t number = 0;
  for (const char c : in.substr(0, bytes)) number = number << 8 | static_cast<unsigned char>(c);
  in.remove_prefix(bytes);
  return number;
}

Hash256 take_hash(std::string_view& in) {
  Hash256 hash;
  std::transform(in.begin(), in.begin() + Hash256::kSize, hash.bytes.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  in.remove_prefix(Hash256::kSize);
  return hash;
}

Hash256 leaf_of(const IndexEntry& entry) {
  std::string bytes(1, '\0');
  bytes += text_of(entry.content.root);
  put_number(bytes, entry.content.length, 8);
  bytes += entry.name;
  return sha256(bytes);
}

Hash256 node_of(const Hash256& left, const Hash256& right) {
  std::string bytes(1, '\1');
  bytes += text_of(left);
  bytes += text_of(right);
  return sha256(bytes);
}

// From the leaves to the root; empty without files.
std::vector<Level> levels_of(const IndexUpdate& update) {
  std::vector<Level> levels;
  if (update.add.empty()) return levels;
  Level& leaves = levels.emplace_back();
  for (const IndexEntry& entry : update.add) leaves.push_back(leaf_of(entry));
  leaves.resize(std::bit_ceil(leaves.size()));
  while (levels.back().size() > 1) {
    Level above;
    const Level& below = levels.back();
    for (std::size_t at = 0; at < below.size(); at += 2) {
      above.push_back(node_of(below[at], below[at + 1]));
    }
    levels.push_back(std::move(above));
  }
  return levels;
}

}  // namespace

std::string to_bytes(const IndexSeal& seal) {
  std::string out(kMagic);
  put_number(out, static_cast<std::uint8_t>(seal.kind), 1);
  put_number(out, seal.sequence, 8);
  put_number(out, static_cast<std::uint64_t>(seal.issued_unix), 8);
  put_number(out, seal.files, 4);
  out += text_of(seal.root);
  out += text_of(seal.removed);
  SHOAL_ASSERT(out.size() == kSealBytes);
  return out;
}

std::optional<IndexSeal> seal_from_bytes(std::string_view bytes) {
  if (bytes.size() != kSealBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  bytes.remove_prefix(kMagic.size());
  IndexSeal seal;
  const auto kind = take_number(bytes, 1);
  if (kind != 1 && kind != 2) return std::nullopt;
  seal.kind = static_cast<IndexUpdate::Kind>(kind);
  seal.sequence = take_number(bytes, 8);
  seal.issued_unix = static_cast<std::int64_t>(take_number(bytes, 8));
  seal.files = static_cast<std::uint32_t>(take_number(bytes, 4));
  seal.root = take_hash(bytes);
  seal.removed = take_hash(bytes);
  return seal;
}

IndexSeal seal_of(const IndexUpdate& update) {
  IndexSeal seal;
  seal.kind = update.kind;
  seal.sequence = update.sequence;
  seal.issued_unix = update.issued_unix;
  seal.files = static_cast<std::uint32_t>(update.add.size());
  if (const auto levels = levels_of(update); !levels.empty()) seal.root = levels.back().front();
  std::string removed;
  for (const ContentId& content : update.remove) {
    removed += text_of(content.root);
    put_number(removed, content.length, 8);
  }
  seal.removed = sha256(removed);
  return seal;
}

std::vector<IndexPath> paths_of(const IndexUpdate& update) {
  const auto levels = levels_of(update);
  std::vector<IndexPath> paths;
  for (std::size_t place = 0; place < update.add.size(); ++place) {
    IndexPath path{static_cast<std::uint32_t>(place), {}};
    for (std::size_t level = 0; level + 1 < levels.size(); ++level) {
      path.steps.push_back(levels[level][(place >> level) ^ 1U]);
    }
    paths.push_back(std::move(path));
  }
  return paths;
}

bool is_under(const IndexSeal& seal, const IndexEntry& entry, const IndexPath& path) {
  if (path.place >= seal.files || path.steps.size() > kStepsMax) return false;
  if (std::bit_ceil(std::uint64_t{seal.files}) != std::uint64_t{1} << path.steps.size()) {
    return false;
  }
  Hash256 hash = leaf_of(entry);
  std::uint64_t place = path.place;
  for (const Hash256& step : path.steps) {
    hash = (place & 1U) == 0 ? node_of(hash, step) : node_of(step, hash);
    place >>= 1U;
  }
  return hash == seal.root;
}

std::string to_bytes(std::span<const Hash256> steps) {
  std::string out;
  for (const Hash256& step : steps) out += text_of(step);
  return out;
}

std::optional<std::vector<Hash256>> steps_from_bytes(std::string_view bytes) {
  if (bytes.size() % Hash256::kSize != 0 || bytes.size() > kStepsMax * Hash256::kSize) {
    return std::nullopt;
  }
  std::vector<Hash256> steps;
  while (!bytes.empty()) steps.push_back(take_hash(bytes));
  return steps;
}

}  // namespace shoal::bootstrap
