#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much memory both ends of a very long transfer take.

The file is one hole: it is read as zeros and takes no room. What arrives is zeros as well, so
blocks of it may be given back while it comes without changing a byte; that is done, so that a
transfer of any length fits on a small disk. The file is hashed, sent, verified, written, synced and
read back as any other.

    tests/bench/big_transfer.py [--bin build/release/bin] [--gib 20] [--folder /dev/shm]
"""
import argparse
import ctypes
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time


class Peer:
    def __init__(self, programs, home):
        self.programs, self.home = programs, home
        self.shoal("init", "--name", home.name, "--listen", "127.0.0.1")
        self.shoal("up")
        status = json.loads(self.shoal("status", "--json"))
        self.url, self.pid = status["url"], status["pid"]

    def shoal(self, *words):
        command = [self.programs / "shoal", "--home", self.home, *words]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr}")
        return done.stdout

    def memory(self, what):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{what}:\s+(\d+) kB", text, re.M).group(1)) / 1024


class Holes:
    """Takes away what came. The file stays open: a peer hears who closes a file that it writes."""

    def __init__(self, folder):
        self.folder = folder
        self.part = None
        self.libc = ctypes.CDLL(None, use_errno=True)

    def make(self):
        parts = list(self.folder.glob(".part/*.part"))
        if self.part is None and parts:
            self.part = os.open(parts[0], os.O_RDWR)
        if self.part is not None:
            punch_and_keep_size = 3
            self.libc.fallocate(self.part, punch_and_keep_size, ctypes.c_int64(0),
                                ctypes.c_int64(max(1, os.fstat(self.part).st_size)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default="build/release/bin", type=pathlib.Path)
    parser.add_argument("--gib", default=20, type=int)
    parser.add_argument("--folder", default="/dev/shm")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shoal-big-", dir=options.folder))
    peers = []
    try:
        for name in ("giver", "getter"):
            peers.append(Peer(options.bin.resolve(), folder / name))
        giver, getter = peers
        (folder / "share").mkdir()
        (folder / "down").mkdir()
        with open(folder / "share" / "big.bin", "wb") as file:
            file.truncate(options.gib << 30)
        began = time.monotonic()
        giver.shoal("share", folder / "share")
        print(f"hashed in {time.monotonic() - began:.0f} s, giver's peak {giver.memory('VmHWM'):.0f} MiB")
        giver.shoal("friends", "add", getter.url)
        getter.shoal("friends", "add", giver.url)
        link = giver.shoal("link", folder / "share" / "big.bin").strip().splitlines()[-1]
        began = time.monotonic()
        get = subprocess.Popen([getter.programs / "shoal", "--home", getter.home, "get", link, "-o",
                                folder / "down"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        holes = Holes(folder / "down")
        while get.poll() is None:
            holes.make()
            time.sleep(0.3)
        took = time.monotonic() - began
        got = pathlib.Path(get.stdout.read().decode().strip())
        if get.returncode != 0 or got.stat().st_size != options.gib << 30:
            sys.exit("the file did not arrive")
        print(f"{options.gib} GiB in {took:.0f} s; peak memory (VmHWM): giver "
              f"{giver.memory('VmHWM'):.0f} MiB, getter {getter.memory('VmHWM'):.0f} MiB")
    finally:
        for peer in peers:
            os.kill(peer.pid, 15)
        for peer in peers:
            while pathlib.Path(f"/proc/{peer.pid}").exists():
                time.sleep(0.05)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
