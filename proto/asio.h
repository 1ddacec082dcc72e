// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The one way to include Boost.Asio (link `shoal::asio`, which compiles its implementation once).

#include <boost/asio.hpp>
