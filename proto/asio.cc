// SPDX-License-Identifier: Apache-2.0
#include "proto/asio.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wnull-dereference"
#endif

#include <boost/asio/impl/src.hpp>
