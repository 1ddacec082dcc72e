# SPDX-License-Identifier: Apache-2.0
"""Prints what libtorrent says of each file in a folder: name, length, pieces root, piece layer.

The arguments are the folder and the piece length in bytes. Roots and layers are hexadecimal; a dash
stands for one that BEP 52 does not give: the root of an empty file, the layer of a file that is not
longer than a piece.
"""

import sys

import libtorrent


def main(folder: str, piece_length: int) -> None:
    files = libtorrent.file_storage()
    libtorrent.add_files(files, folder)
    torrent = libtorrent.create_torrent(files, piece_length, libtorrent.create_torrent.v2_only)
    libtorrent.set_piece_hashes(torrent, folder.rsplit("/", 1)[0])
    made = torrent.generate()
    layers = made[b"piece layers"]
    for name, entry in made[b"info"][b"file tree"].items():
        about = entry[b""]
        root = about.get(b"pieces root", b"")
        print(name.decode(), about[b"length"], root.hex() or "-", layers.get(root, b"").hex() or "-")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
