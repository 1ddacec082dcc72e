// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The one way to include Boost.Asio (link `shoal::asio`, which compiles its implementation once).
///
/// g++ 12 reports null dereferences inside Asio and libstdc++ from -O1 on although the headers are
/// system headers.

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnull-dereference"
#endif

#include <boost/asio.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
