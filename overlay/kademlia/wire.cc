// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/wire.h"

#include <algorithm>
#include <array>

#include "proto/types/limits.h"

namespace shoal::overlay::kademlia {
namespace {

constexpr std::uint8_t kMore = 0x80;
static_assert(limits::kKademliaFiles < kMore && limits::kKademliaFileWords < kMore);

void put(std::string& bytes, std::uint8_t byte) { bytes.push_back(static_cast<char>(byte)); }

void put(std::string& bytes, const std::array<std::uint8_t, kPointBytes>& digest) {
  for (const std::uint8_t byte : digest) put(bytes, byte);
}

/// Takes bytes from the front; once there are too few, all that follows fails too.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) failed_ = true;
    const std::string_view taken = failed_ ? std::string_view() : rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::uint8_t byte() {
    const std::string_view taken = take(1);
    return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken[0]);
  }
  std::array<std::uint8_t, kPointBytes> digest() {
    std::array<std::uint8_t, kPointBytes> digest{};
    const std::string_view taken = take(kPointBytes);
    std::ranges::transform(taken, digest.begin(),
                           [](char c) { return static_cast<std::uint8_t>(c); });
    return digest;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string encode(const FindRequest& request) {
  std::string bytes;
  bytes.reserve(kPointBytes + request.words.size());
  put(bytes, bytes_of(request.target));
  return bytes.append(request.words);
}

std::optional<FindRequest> decode_find(std::string_view bytes) {
  if (bytes.size() < kPointBytes || bytes.size() > kPointBytes + limits::kTermsMax) return {};
  Taker taker(bytes);
  const Point target = point_of(taker.digest());
  return FindRequest{target, taker.rest()};
}

std::string encode(const AddRequest& request) {
  std::string bytes;
  put(bytes, bytes_of(request.key));
  const Offer& offer = request.offer;
  put(bytes, static_cast<std::uint8_t>(offer.files.size() | (offer.all_files ? 0U : kMore)));
  for (const OfferedFile& file : offer.files) {
    put(bytes, file.content.root.bytes);
    for (unsigned i = 0; i < 8; ++i) {
      put(bytes, static_cast<std::uint8_t>(file.content.length >> (8 * i)));
    }
    put(bytes, static_cast<std::uint8_t>(file.words.size() | (file.all_words ? 0U : kMore)));
    bytes.append(file.words);
  }
  return bytes;
}

std::optional<AddRequest> decode_add(std::string_view bytes) {
  Taker taker(bytes);
  AddRequest request;
  request.key = point_of(taker.digest());
  const std::uint8_t files = taker.byte();
  request.offer.all_files = (files & kMore) == 0;
  const std::size_t count = files % kMore;
  if (count == 0 || count > limits::kKademliaFiles) return {};
  request.offer.files.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    OfferedFile file;
    file.content.root.bytes = taker.digest();
    for (unsigned byte = 0; byte < 8; ++byte) {
      file.content.length |= std::uint64_t{taker.byte()} << (8 * byte);
    }
    const std::uint8_t words = taker.byte();
    file.all_words = (words & kMore) == 0;
    const std::size_t length = words % kMore;
    if (length > limits::kKademliaFileWords) return {};
    file.words = taker.take(length);
    if (taker.failed()) return {};
    request.offer.files.push_back(std::move(file));
  }
  if (taker.failed() || !taker.rest().empty()) return {};
  return request;
}

}  // namespace shoal::overlay::kademlia
