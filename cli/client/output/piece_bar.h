// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace shoal::client {

/// Which pieces of a file somebody has, as `columns` cells in file order: the fuller a cell, the
/// more of its pieces are there; only one with all of them is full, only one without any empty.
///
/// `map` is the daemon's: hexadecimal, one bit a piece, most significant first; what is missing of
/// it is taken for absent. A file of fewer pieces than columns has a cell for each piece; one
/// without pieces is one full cell.
std::string piece_bar(std::string_view map, std::size_t pieces, std::size_t columns, bool ascii);

/// The bar of whoever has every piece.
std::string full_piece_bar(std::size_t pieces, std::size_t columns, bool ascii);

}  // namespace shoal::client
