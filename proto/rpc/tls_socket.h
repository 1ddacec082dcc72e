// SPDX-License-Identifier: Apache-2.0
// The socket under a TLS session, which moves many records by one system call.
#pragma once

#include <openssl/bio.h>

#include "proto/rpc/openssl.h"

namespace shoal::rpc {

/// OpenSSL's own socket on `fd`, which stays its owner's, but that it reads ahead as far as
/// kTlsReadBytesMost, gathers what is written where it is told to, and does not end a process
/// that does not ignore SIGPIPE when the other end has hung up. Must not block.
ssl::Bio tls_socket(int fd);

/// From now on records leave in lots of kTlsWriteBytes, and by BIO_flush(), which fails for now
/// where BIO_should_retry(); or at once again, after what is gathered.
void gather_writes(BIO* socket, bool gather);

}  // namespace shoal::rpc
