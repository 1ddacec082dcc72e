// SPDX-License-Identifier: Apache-2.0
// What `get` and `transfers` say about the sources of a transfer.
#pragma once

#include <boost/json.hpp>
#include <string>

namespace shoal::client {

/// What to call a source: its name, or else the start of its id.
std::string source_name(const boost::json::object& source);

/// "luis 22.1 MiB/s, marta 14.0 MiB/s, 2 more": those that give now, the fastest first; empty when
/// nobody does.
std::string givers(const boost::json::object& transfer);

/// "place 3 in the queue, about 2 min": of a transfer, or of one of its sources; empty when it does
/// not wait in one.
std::string place_in_queue(const boost::json::object& of);

/// "luis for 23 s": sources that owe something and send nothing, the longest first; empty when
/// there is none.
std::string silent_sources(const boost::json::object& transfer);

/// "luis 54 %, marta 46 %": who gave how much; empty unless at least two did.
std::string shares_given(const boost::json::object& transfer);

}  // namespace shoal::client
