// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/identity.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sodium.h>

#include <utility>

#include "proto/rpc/key_file.h"
#include "proto/rpc/openssl.h"
#include "proto/types/assert.h"

namespace shoal::rpc {

struct Identity::Parts {
  ssl::Key key;
  PeerId id;
  std::string public_key;
  std::string key_pem;
  std::string cert_pem;
};

namespace {

constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kKeyBytes = 32;
/// What stands before an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410, section 4).
constexpr std::string_view kKeyHead{"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12};

// OpenSSL leaves errors in a queue of the thread, where gRPC would find them.
struct ErrorsCleared {
  ~ErrorsCleared() { ERR_clear_error(); }
};

std::string der_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  SHOAL_ASSERT(size > 0);
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

/// Empty unless it is the one encoding of a key: another one would have another id.
std::string_view key_of(std::string_view der) {
  if (der.size() != kKeyHead.size() + kKeyBytes || !der.starts_with(kKeyHead)) return {};
  return der.substr(kKeyHead.size());
}

bool is_ed25519(const EVP_PKEY* key) {
  return key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
}

// Dates are wide and nobody checks them: what is pinned is the key.
std::string self_signed(EVP_PKEY* key) {
  const ssl::Cert cert(X509_new());
  X509_NAME* const name = X509_get_subject_name(cert.get());
  const bool made =
      X509_set_version(cert.get(), X509_VERSION_3) == 1 &&
      ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1) == 1 &&
      ASN1_TIME_set_string_X509(X509_getm_notBefore(cert.get()), "20000101000000Z") == 1 &&
      ASN1_TIME_set_string_X509(X509_getm_notAfter(cert.get()), "99991231235959Z") == 1 &&
      X509_set_pubkey(cert.get(), key) == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, ssl::bytes_of("shoal"), -1, -1, 0) ==
          1 &&
      X509_set_issuer_name(cert.get(), name) == 1 &&
      X509_sign(cert.get(), key, nullptr) > 0;  // Ed25519 hashes by itself
  SHOAL_ASSERT(made);
  const ssl::Bio out(BIO_new(BIO_s_mem()));
  SHOAL_ASSERT(PEM_write_bio_X509(out.get(), cert.get()) == 1);
  return ssl::text_of(out.get());
}

std::string private_pem(EVP_PKEY* key) {
  const ssl::Bio out(BIO_new(BIO_s_mem()));
  const int written =
      PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  SHOAL_ASSERT(written == 1);
  return ssl::text_of(out.get());
}

/// Identity::Parts, which is private.
template <class Parts>
std::shared_ptr<const Parts> parts_of(ssl::Key key) {
  auto parts = std::make_shared<Parts>();
  parts->public_key = der_of(key.get());
  parts->id = id_of_key(parts->public_key);
  parts->key_pem = private_pem(key.get());
  parts->cert_pem = self_signed(key.get());
  parts->key = std::move(key);
  return parts;
}

}  // namespace

Identity Identity::generate() {
  ssl::Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  SHOAL_ASSERT(key != nullptr);
  return Identity(parts_of<Parts>(std::move(key)));
}

Result<Identity> Identity::from_key_pem(std::string_view pem) {
  const ErrorsCleared cleared;
  const auto no_password = [](char*, int, int, void*) { return -1; };
  ssl::Key key(PEM_read_bio_PrivateKey(ssl::bio_of(pem).get(), nullptr, no_password, nullptr));
  if (!is_ed25519(key.get())) {
    return fail(Errc::kIntegrity, "the identity cannot be read", "it holds no Ed25519 key",
                "restore it from a copy; a new key is a new peer to all friends");
  }
  return Identity(parts_of<Parts>(std::move(key)));
}

Result<Identity> Identity::load_or_create(const std::string& dir) {
  auto pem = read_or_write_key_file(dir, [] { return generate().key_pem(); });
  if (!pem) return tl::unexpected(pem.error());
  return from_key_pem(*pem);
}

const PeerId& Identity::id() const { return parts_->id; }
const std::string& Identity::public_key() const { return parts_->public_key; }
const std::string& Identity::cert_pem() const { return parts_->cert_pem; }
const std::string& Identity::key_pem() const { return parts_->key_pem; }

std::string Identity::sign(std::string_view context, std::string_view bytes) const {
  const std::string message = std::string(context) + std::string(bytes);
  const ssl::Digest digest(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  const bool made =
      EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, parts_->key.get()) == 1 &&
      EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     ssl::bytes_of(message), message.size()) == 1;
  SHOAL_ASSERT(made && size == kSignatureBytes);
  return signature;
}

bool verify(std::string_view public_key_der, std::string_view context, std::string_view bytes,
            std::string_view signature) {
  const std::string_view key = key_of(public_key_der);
  if (key.empty() || signature.size() != kSignatureBytes) return false;
  const std::string message = std::string(context) + std::string(bytes);
  // Not OpenSSL, which takes twice as long, and takes keys of small order, for which anybody signs.
  return crypto_sign_verify_detached(ssl::bytes_of(signature), ssl::bytes_of(message),
                                     message.size(), ssl::bytes_of(key)) == 0;
}

PeerId id_of_key(std::string_view public_key_der) {
  PeerId id;
  unsigned size = 0;
  const int made = EVP_Digest(public_key_der.data(), public_key_der.size(), id.bytes.data(), &size,
                              EVP_sha256(), nullptr);
  SHOAL_ASSERT(made == 1 && size == id.bytes.size());
  return id;
}

std::optional<std::string> public_key_of_cert(std::string_view pem) {
  const ErrorsCleared cleared;
  const ssl::Cert cert(PEM_read_bio_X509(ssl::bio_of(pem).get(), nullptr, nullptr, nullptr));
  return public_key_of_cert(cert.get());
}

std::optional<std::string> public_key_of_cert(const X509* cert) {
  if (cert == nullptr || !is_ed25519(X509_get0_pubkey(cert))) return std::nullopt;
  return der_of(X509_get0_pubkey(cert));
}

}  // namespace shoal::rpc
