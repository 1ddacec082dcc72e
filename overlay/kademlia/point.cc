// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/point.h"

#include <openssl/evp.h>

#include <string>

#include "proto/types/assert.h"

namespace shoal::overlay::kademlia {
namespace {

// The zero ends the name, so that no content is a word and no later use of the space is either.
constexpr std::string_view kContents("shoal/kademlia/content/1\0", 25);
constexpr std::string_view kWords("shoal/kademlia/word/1\0", 22);

Point hash_of(const std::string& text) {
  // Looking the algorithm up costs as much as hashing a kilobyte.
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::array<std::uint8_t, kPointBytes> hash{};
  unsigned size = 0;
  SHOAL_ASSERT(EVP_Digest(text.data(), text.size(), hash.data(), &size, kSha256, nullptr) == 1);
  SHOAL_ASSERT(size == kPointBytes);
  return point_of(hash);
}

}  // namespace

Point point_of_content(const ContentId& content) {
  std::string text(kContents);
  for (const std::uint8_t byte : content.root.bytes) text.push_back(static_cast<char>(byte));
  for (unsigned i = 0; i < 8; ++i) {
    text.push_back(static_cast<char>(static_cast<std::uint8_t>(content.length >> (8 * i))));
  }
  return hash_of(text);
}

Point point_of_word(std::string_view word) { return hash_of(std::string(kWords).append(word)); }

}  // namespace shoal::overlay::kademlia
