// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/tls.h"

#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal::rpc {
namespace {

namespace tls = grpc::experimental;

std::optional<PeerId> id_of_cert(std::string_view pem) {
  const auto key = public_key_of_cert(pem);
  if (!key) return std::nullopt;
  return id_of_key(*key);
}

/// Runs on gRPC's threads, once per handshake.
class KeyVerifier final : public tls::ExternalCertificateVerifier {
 public:
  explicit KeyVerifier(std::function<bool(const PeerId&)> trusted) : trusted_(std::move(trusted)) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const auto pem = request->peer_cert();
    const auto id = id_of_cert({pem.data(), pem.size()});
    if (!id || !trusted_(*id)) {
      *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(kAnotherKey));
    }
    return true;  // answered at once
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest*) override {}

 private:
  std::function<bool(const PeerId&)> trusted_;
};

std::shared_ptr<tls::StaticDataCertificateProvider> provider_of(const Identity& me) {
  return std::make_shared<tls::StaticDataCertificateProvider>(
      std::vector<tls::IdentityKeyCertPair>{{me.key_pem(), me.cert_pem()}});
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const Identity& me, PeerBook& book) {
  tls::TlsServerCredentialsOptions options(provider_of(me));
  options.watch_identity_key_cert_pairs();
  // A certificate is required; judging it is the verifier's business.
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  options.set_certificate_verifier(tls::ExternalCertificateVerifier::Create<KeyVerifier>(
      [&book](const PeerId& id) { return book.knock(id) != Caller::kUnknown; }));
  options.set_check_call_host(false);
  return tls::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const Identity& me,
                                                              const PeerId& pinned) {
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_of(me));
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(false);  // no authority: the pin is the whole check
  options.set_check_call_host(false);
  options.set_certificate_verifier(tls::ExternalCertificateVerifier::Create<KeyVerifier>(
      [pinned](const PeerId& id) { return id == pinned; }));
  return tls::TlsCredentials(options);
}

std::optional<PeerId> caller_of(const grpc::ServerContextBase& context) {
  const auto session = context.auth_context();
  if (session == nullptr) return std::nullopt;
  const auto pem = session->FindPropertyValues("x509_pem_cert");
  if (pem.empty()) return std::nullopt;
  return id_of_cert({pem[0].data(), pem[0].size()});
}

}  // namespace shoal::rpc
