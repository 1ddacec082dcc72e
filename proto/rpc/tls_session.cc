// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/tls_session.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "proto/rpc/tls_socket.h"
#include "proto/types/assert.h"

namespace shoal::rpc {
namespace {

// The 128 bits of the first are as hard to guess as our keys, and a quarter cheaper than 256.
constexpr const char* kSuites =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";

}  // namespace

TlsSessions::TlsSessions(End end, const Identity& me, Trusted trusted)
    : end_(end),
      trusted_(std::move(trusted)),
      context_(SSL_CTX_new(end == End::kDials ? TLS_client_method() : TLS_server_method())) {
  const ssl::Cert cert(
      PEM_read_bio_X509(ssl::bio_of(me.cert_pem()).get(), nullptr, nullptr, nullptr));
  const ssl::Key key(
      PEM_read_bio_PrivateKey(ssl::bio_of(me.key_pem()).get(), nullptr, nullptr, nullptr));
  SSL_CTX* const context = context_.get();
  const bool made = context != nullptr && SSL_CTX_use_certificate(context, cert.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context, key.get()) == 1 &&
                    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                    SSL_CTX_set_ciphersuites(context, kSuites) == 1;
  SHOAL_ASSERT(made);
  // A processor without AES says so by what it puts first.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &TlsSessions::judge, this);
}

TlsSessions::Session TlsSessions::on(int fd) const {
  Session session(SSL_new(context_.get()));
  SHOAL_ASSERT(session != nullptr);
  BIO* const socket = tls_socket(fd).release();
  SSL_set_bio(session.get(), socket, socket);
  if (end_ == End::kDials) {
    SSL_set_connect_state(session.get());
  } else {
    SSL_set_accept_state(session.get());
  }
  return session;
}

int TlsSessions::judge(X509_STORE_CTX* context, void* self) {
  const X509* const cert = X509_STORE_CTX_get0_cert(context);
  const auto key = public_key_of_cert(cert);
  if (key && static_cast<const TlsSessions*>(self)->trusted_(id_of_key(*key))) return 1;
  X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

#ifdef SHOAL_BENCH_WITHOUT_TLS  // after the handshake nothing is encrypted, to see what that costs

Moved read_some(SSL* session, std::uint8_t* into, std::size_t room) {
  BIO* const socket = SSL_get_rbio(session);  // which may have read ahead in the handshake
  const int got = BIO_read(socket, into, static_cast<int>(room));
  if (got > 0) return {static_cast<std::size_t>(got)};
  return {0, BIO_should_retry(socket) != 0 ? SSL_ERROR_WANT_READ : SSL_ERROR_SYSCALL};
}

Moved write_some(SSL* session, const std::uint8_t* bytes, std::size_t count) {
  const ssize_t put = ::send(SSL_get_fd(session), bytes, count, MSG_NOSIGNAL);
  if (put > 0) return {static_cast<std::size_t>(put)};
  return {0, errno == EAGAIN || errno == EINTR ? SSL_ERROR_WANT_WRITE : SSL_ERROR_SYSCALL};
}

#else

Moved read_some(SSL* session, std::uint8_t* into, std::size_t room) {
  ERR_clear_error();  // what another session has left would be taken for this one's
  Moved moved;
  const int done = SSL_read_ex(session, into, room, &moved.bytes);
  if (done != 1) moved.reason = SSL_get_error(session, done);
  return moved;
}

Moved write_some(SSL* session, const std::uint8_t* bytes, std::size_t count) {
  ERR_clear_error();
  Moved moved;
  const int done = SSL_write_ex(session, bytes, count, &moved.bytes);
  if (done != 1) moved.reason = SSL_get_error(session, done);
  return moved;
}

#endif

void gather_writes(SSL* session, bool gather) { gather_writes(SSL_get_wbio(session), gather); }

Moved flush(SSL* session) {
  BIO* const socket = SSL_get_wbio(session);
  if (BIO_flush(socket) > 0) return {};
  return {0, BIO_should_retry(socket) != 0 ? SSL_ERROR_WANT_WRITE : SSL_ERROR_SYSCALL};
}

std::optional<PeerId> peer_of(const SSL* session) {
  const X509* const cert = SSL_get0_peer_certificate(session);
  if (cert == nullptr || SSL_is_init_finished(session) == 0) return std::nullopt;
  const auto key = public_key_of_cert(cert);
  if (!key) return std::nullopt;
  return id_of_key(*key);
}

bool was_distrusted(const SSL* session) {
  return SSL_get_verify_result(session) == X509_V_ERR_APPLICATION_VERIFICATION;
}

}  // namespace shoal::rpc
