// SPDX-License-Identifier: Apache-2.0
#include "tests/transfer/core/dumb_tree.h"

#include <openssl/evp.h>

#include "proto/types/rng.h"

namespace shoal::transfer::testing {
namespace {

Hash256 dumb_hash(const std::string& bytes) {
  Hash256 hash;
  EVP_Digest(bytes.data(), bytes.size(), hash.bytes.data(), nullptr, EVP_sha256(), nullptr);
  return hash;
}

std::string as_text(const Hash256& hash) { return {hash.bytes.begin(), hash.bytes.end()}; }

void pad(std::vector<Hash256>& nodes, std::size_t to) { nodes.resize(to, Hash256{}); }

std::size_t power_of_two_from(std::size_t count) {
  std::size_t power = 1;
  while (power < count) power *= 2;
  return power;
}

}  // namespace

std::vector<Hash256> dumb_leaves(const std::string& file) {
  std::vector<Hash256> leaves;
  for (std::size_t at = 0; at < file.size(); at += 16384) {
    leaves.push_back(dumb_hash(file.substr(at, 16384)));
  }
  if (leaves.empty()) leaves.push_back(dumb_hash(""));
  return leaves;
}

Hash256 dumb_root(const std::vector<Hash256>& nodes) {
  if (nodes.size() == 1) return nodes[0];
  const auto middle = nodes.begin() + static_cast<std::ptrdiff_t>(nodes.size() / 2);
  return dumb_hash(as_text(dumb_root({nodes.begin(), middle})) +
                   as_text(dumb_root({middle, nodes.end()})));
}

Hash256 dumb_file_root(const std::string& file) {
  auto leaves = dumb_leaves(file);
  pad(leaves, power_of_two_from(leaves.size()));
  return dumb_root(leaves);
}

std::vector<Hash256> dumb_layer(const std::string& file, std::uint64_t piece_length) {
  if (file.empty()) return {};
  if (file.size() <= piece_length) return {dumb_file_root(file)};
  std::vector<Hash256> layer;
  for (std::size_t at = 0; at < file.size(); at += piece_length) {
    auto leaves = dumb_leaves(file.substr(at, piece_length));
    pad(leaves, piece_length / 16384);
    layer.push_back(dumb_root(leaves));
  }
  return layer;
}

std::string some_bytes(std::uint64_t length, std::uint64_t seed) {
  Rng rng(seed);
  std::string bytes(length, '\0');
  std::uint64_t word = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at % 8 == 0) word = rng.next();
    bytes[at] = static_cast<char>(word >> (at % 8 * 8) & 0xff);
  }
  return bytes;
}

}  // namespace shoal::transfer::testing
