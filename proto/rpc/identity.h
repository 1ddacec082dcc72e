// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/types/ids.h"
#include "proto/types/result.h"

using X509 = struct x509_st;  // OpenSSL's

namespace shoal::rpc {

/// What a signature is about; goes before the signed bytes, so that none passes for another kind.
namespace context {
inline constexpr std::string_view kCard{"shoal card v1\0", 14};
inline constexpr std::string_view kOffer{"shoal offer v1\0", 15};
inline constexpr std::string_view kLease{"shoal lease v1\0", 15};
inline constexpr std::string_view kLeave{"shoal leave v1\0", 15};
inline constexpr std::string_view kIndex{"shoal index v1\0", 15};
}  // namespace context

/// An Ed25519 key (RFC 8032) with the self-signed certificate that carries it: who a peer is.
///
/// A shared handle to an immutable key: cheap to copy, any thread may use it.
class Identity {
 public:
  /// The key in `dir`/identity.key, made on the first call: 0600 in a 0700 folder, synced, and
  /// under its name a whole key or none whatever crashes. Errors: kDenied (others can read it, or
  /// the folder is another user's), kIntegrity (no Ed25519 key), kIo.
  static Result<Identity> load_or_create(const std::string& dir);
  /// A new key that is kept nowhere.
  static Identity generate();
  /// The key that key_pem() wrote. Errors: kIntegrity.
  static Result<Identity> from_key_pem(std::string_view pem);

  [[nodiscard]] const PeerId& id() const;
  /// SubjectPublicKeyInfo in DER: 44 bytes.
  [[nodiscard]] const std::string& public_key() const;
  /// 64 bytes over `context` and `bytes`.
  [[nodiscard]] std::string sign(std::string_view context, std::string_view bytes) const;
  [[nodiscard]] const std::string& cert_pem() const;
  /// Secret.
  [[nodiscard]] const std::string& key_pem() const;

 private:
  struct Parts;
  explicit Identity(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;
};

/// Whether that key signed these bytes in that context. False also for a key that is no Ed25519 key
/// in canonical DER.
bool verify(std::string_view public_key_der, std::string_view context, std::string_view bytes,
            std::string_view signature);

/// SHA-256 of the key.
PeerId id_of_key(std::string_view public_key_der);

/// The public key (DER) of a certificate in PEM; none when it has no Ed25519 key.
std::optional<std::string> public_key_of_cert(std::string_view pem);
/// The same of one that OpenSSL has read; null: none.
std::optional<std::string> public_key_of_cert(const X509* cert);

}  // namespace shoal::rpc
