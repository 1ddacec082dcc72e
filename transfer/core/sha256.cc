// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/sha256.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "proto/types/assert.h"

namespace shoal::transfer {
namespace {

// Fetched once: looking the algorithm up again costs as much as hashing a kilobyte.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  SHOAL_ASSERT(fetched != nullptr);
  return fetched;
}

}  // namespace

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) {
    SHOAL_ASSERT(context != nullptr);
    begin();
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void begin() const { SHOAL_ASSERT(EVP_DigestInit_ex2(context, algorithm(), nullptr) == 1); }

  EVP_MD_CTX* context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(Bytes bytes) {
  SHOAL_ASSERT(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Hash256 Sha256::finish() {
  Hash256 hash;
  unsigned size = 0;
  SHOAL_ASSERT(EVP_DigestFinal_ex(state_->context, hash.bytes.data(), &size) == 1);
  SHOAL_ASSERT(size == Hash256::kSize);
  state_->begin();
  return hash;
}

Hash256 Sha256::of(Bytes bytes) {
  update(bytes);
  return finish();
}

Hash256 Sha256::of(const Hash256& left, const Hash256& right) {
  std::array<std::uint8_t, 2 * Hash256::kSize> both{};
  std::copy(left.bytes.begin(), left.bytes.end(), both.begin());
  std::copy(right.bytes.begin(), right.bytes.end(), both.begin() + Hash256::kSize);
  return of(both);
}

}  // namespace shoal::transfer
