// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace shoal::rpc {

/// Keeps the library of gRPC's mutexes from looking for deadlocks. Debian builds it with that
/// search on, which enters each lock of the process into one graph behind one spin lock: a fifth of
/// all that a busy link costs. Any thread; takes effect once.
void ignore_lock_order();

}  // namespace shoal::rpc
