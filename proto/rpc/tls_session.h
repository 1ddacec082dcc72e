// SPDX-License-Identifier: Apache-2.0
// TLS 1.3 between self-signed keys without gRPC: what tls.h is for gRPC's connections.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <optional>

#include "proto/rpc/identity.h"
#include "proto/rpc/openssl.h"

namespace shoal::rpc {

/// Makes sessions of one end. Both ends show their key, and `trusted` judges the other's in the
/// handshake, on the thread that does it.
class TlsSessions {
 public:
  enum class End : std::uint8_t { kDials, kAccepts };
  using Trusted = std::function<bool(const PeerId&)>;
  using Session = std::unique_ptr<SSL, ssl::Free<SSL_free>>;

  TlsSessions(End end, const Identity& me, Trusted trusted);
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;

  /// On a connected socket that does not block. This object must outlive the session.
  [[nodiscard]] Session on(int fd) const;

 private:
  static int judge(X509_STORE_CTX* context, void* self);

  const End end_;
  const Trusted trusted_;
  std::unique_ptr<SSL_CTX, ssl::Free<SSL_CTX_free>> context_;
};

/// What one try to move bytes came to.
struct Moved {
  std::size_t bytes = 0;
  int reason = SSL_ERROR_NONE;  ///< of OpenSSL's; SSL_ERROR_WANT_READ, _WANT_WRITE: later
};
/// As SSL_read_ex(): at least one byte, or why not. Requires room for one.
Moved read_some(SSL* session, std::uint8_t* into, std::size_t room);
/// As SSL_write_ex(): as much as fits into a record, or why not.
Moved write_some(SSL* session, const std::uint8_t* bytes, std::size_t count);
/// Whether what is written from now on leaves in lots, the last of them by flush().
void gather_writes(SSL* session, bool gather);
/// Sends what was gathered: all, where there is no reason.
Moved flush(SSL* session);

/// The key that the other end has proved to have; none before the handshake is over.
std::optional<PeerId> peer_of(const SSL* session);

/// The handshake failed here, because the other's key is not trusted.
bool was_distrusted(const SSL* session);

}  // namespace shoal::rpc
