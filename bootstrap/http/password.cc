// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/password.h"

#include <sodium.h>

#include <array>

namespace shoal::bootstrap {
namespace {

constexpr std::size_t kMemory = 64 * 1024 * 1024;
constexpr unsigned long long kPasses = 2;

class Argon2id final : public PasswordHasher {
 public:
  std::string hash(std::string_view password) override {
    std::array<char, crypto_pwhash_STRBYTES> out{};
    const int failed = ::crypto_pwhash_str_alg(out.data(), password.data(), password.size(),
                                               kPasses, kMemory, crypto_pwhash_ALG_ARGON2ID13);
    return failed != 0 ? std::string() : std::string(out.data());
  }

  bool matches(const std::string& hash, std::string_view password) override {
    return ::crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
  }
};

}  // namespace

std::unique_ptr<PasswordHasher> argon2id() { return std::make_unique<Argon2id>(); }

}  // namespace shoal::bootstrap
