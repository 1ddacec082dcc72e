#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast shoal moves one file on this machine, beside others, in turn.

All fetch the same file from a server on loopback into the same tmpfs. Printed are medians over the
rounds, each rival's ratio to curl over https, and CPU seconds per GiB of both sides together.
Only shoal, shoal-4 and libtorrent verify what they get. Nothing here can fail a build.

    tests/bench/transfer_rivals.py [--bin build/release/bin] [--mib 2048] [--rounds 5]
                                   [--only shoal,https,libtorrent] [--install]
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGES = ["nginx-light", "curl", "openssl", "aria2", "rsync", "python3-libtorrent"]
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_of(pid):
    """Seconds that a process and its living children have used so far."""
    total = 0.0
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(entry.name) == pid or int(fields[1]) == pid:
            total += (int(fields[11]) + int(fields[12])) / TICK
    return total


def await_port(port, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


class Rival:
    """Started once; fetch() is timed and returns (seconds, CPU seconds of both sides)."""

    servers = ()

    def __init__(self, folder, source):
        self.folder, self.source = folder, source
        self.target = folder / "got.bin"

    def children(self):
        return [s.pid for s in self.servers]

    def command(self):
        raise NotImplementedError

    def touch_memory(self):
        """A virtual machine may give free memory back, and what it then touches first is slow for whoever comes first."""
        used = self.target.with_name("touched")
        with open(self.source, "rb") as source, open(used, "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
        used.unlink()

    def fetch(self):
        self.target.unlink(missing_ok=True)
        self.touch_memory()
        before = sum(map(cpu_of, self.children()))
        began = time.monotonic()
        process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        if process.returncode != 0:
            sys.exit(f"{type(self).__name__}: {errors.decode()[-2000:]}")
        used = sum(map(cpu_of, self.children())) - before
        return took, used + usage.ru_utime + usage.ru_stime

    def result(self):
        return self.target

    def stop(self):
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
            server.wait()


class Http(Rival):
    """curl from nginx, with sendfile; unverified."""

    tls = False

    def __init__(self, folder, source):
        super().__init__(folder, source)
        self.port = free_port()
        tls = ""
        if self.tls:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj",
                 "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                check=True, capture_output=True)
            tls = (f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; "
                   "ssl_protocols TLSv1.3;")
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
            f"{'user root;' if os.geteuid() == 0 else ''}\n"
            "events {} http { access_log off; sendfile on; tcp_nopush on;\n"
            f"client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};\n"
            f"uwsgi_temp_path {folder}; scgi_temp_path {folder};\n"
            f"server {{ listen 127.0.0.1:{self.port} {'ssl' if self.tls else ''}; {tls}\n"
            f"root {source.parent}; }} }}\n")
        self.servers = [subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-e",
                                          folder / "error.log"])]
        await_port(self.port)

    def command(self):
        scheme = "https" if self.tls else "http"
        return ["curl", "-sSk", "-o", self.target,
                f"{scheme}://127.0.0.1:{self.port}/{self.source.name}"]


class Https(Http):
    """curl from nginx over TLS 1.3; unverified."""

    tls = True


class Aria2(Http):
    """aria2c from nginx over four connections; unverified."""

    def command(self):
        return ["aria2c", "-q", "-x4", "-s4", "--file-allocation=none", "-d", self.folder, "-o",
                self.target.name, f"http://127.0.0.1:{self.port}/{self.source.name}"]


class Rsync(Rival):
    """rsync from its daemon."""

    def __init__(self, folder, source):
        super().__init__(folder, source)
        self.port = free_port()
        (folder / "rsyncd.conf").write_text(
            f"use chroot = no\n{'uid = root' if os.geteuid() == 0 else ''}\n"
            f"[share]\npath = {source.parent}\n")
        self.servers = [subprocess.Popen(
            ["rsync", "--daemon", "--no-detach", f"--config={folder}/rsyncd.conf",
             "--address=127.0.0.1", f"--port={self.port}"])]
        await_port(self.port)

    def fetch(self):
        # Its daemon forks a child for each connection, which is gone before it can be asked.
        took, used = super().fetch()
        return took, None

    def command(self):
        return ["rsync", "-W", "--inplace", f"rsync://127.0.0.1:{self.port}/share/{self.source.name}",
                self.target]


TORRENT = r"""
import libtorrent as lt, pathlib, sys, time
source, target, role, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
files = lt.file_storage()
lt.add_files(files, source)
maker = lt.create_torrent(files, 0, 64)  # v2 only
if role == "make":
    lt.set_piece_hashes(maker, str(pathlib.Path(source).parent))
    pathlib.Path(target).write_bytes(lt.bencode(maker.generate()))
    sys.exit()
info = lt.torrent_info(sys.argv[5])
settings = {"listen_interfaces": "127.0.0.1:%d" % (port if role == "seed" else 0),
            "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
            "enable_outgoing_utp": False, "enable_incoming_utp": False, "alert_mask": 0,
            "allow_multiple_connections_per_ip": True}
if TUNED:
    settings.update({"aio_threads": 4, "hashing_threads": 4, "max_out_request_queue": 2000,
                     "max_allowed_in_request_queue": 4000, "request_queue_time": 10,
                     "send_buffer_watermark": 8 << 20, "send_buffer_watermark_factor": 150,
                     "recv_socket_buffer_size": 1 << 22, "send_socket_buffer_size": 1 << 22,
                     "rate_limit_ip_overhead": False, "peer_turnover_interval": 3600})
session = lt.session(settings)
folder = str(pathlib.Path(source).parent) if role == "seed" else target
params = lt.add_torrent_params()
params.ti, params.save_path = info, folder
if role == "seed":
    params.flags |= lt.torrent_flags.seed_mode
handle = session.add_torrent(params)
if role == "seed":
    while True: time.sleep(3600)
handle.connect_peer(("127.0.0.1", port))
while not handle.status().is_seeding:
    time.sleep(0.01)
session.pause()
"""


class Libtorrent(Rival):
    """libtorrent 2 from one seed, set for one fast line; verified (v2 torrent)."""

    tuned = True

    def __init__(self, folder, source):
        super().__init__(folder, source)
        self.port = free_port()
        (folder / "peer.py").write_text(f"TUNED = {self.tuned}\n{TORRENT}")
        self.torrent = folder / "it.torrent"
        self.run("make", self.torrent).wait()
        self.servers = [self.run("seed", folder, self.torrent)]
        await_port(self.port)
        self.target = folder / "down" / source.name
        self.target.parent.mkdir()

    def words(self, role, target, *more):
        return ["/usr/bin/python3", self.folder / "peer.py", self.source, target, role,
                str(self.port), *more]

    def run(self, *words):
        return subprocess.Popen(self.words(*words))

    def command(self):
        return self.words("get", self.target.parent, self.torrent)


class LibtorrentAsIs(Libtorrent):
    """The same with the settings that it comes with."""

    tuned = False


class Shoal(Rival):
    """shoal over its pinned TLS; verified."""

    sources = 1

    def __init__(self, folder, source, programs):
        super().__init__(folder, source)
        self.programs = programs
        self.urls, self.pids = {}, {}
        self.target = folder / "down" / source.name
        self.target.parent.mkdir()
        try:
            self.begin()
        except BaseException:
            self.stop()
            raise

    def begin(self):
        names = ["getter"] + [f"holder{i}" for i in range(self.sources)]
        for name in names:
            self.shoal(name, "init", "--name", name, "--listen", "127.0.0.1")
            self.shoal(name, "up")
            status = json.loads(self.shoal(name, "status", "--json"))
            self.urls[name], self.pids[name] = status["url"], status["pid"]
        for name in names[1:]:
            self.shoal(name, "share", self.source)
            self.shoal(name, "friends", "add", self.urls["getter"])
            self.shoal("getter", "friends", "add", self.urls[name])
        end = time.monotonic() + 20
        while self.holders() < self.sources:
            if time.monotonic() > end:
                sys.exit("the file was not found")
            time.sleep(0.2)

    def holders(self):
        """How many hold the file, of whom one row of the table comes."""
        found = subprocess.run(self.words("getter", "search", self.source.stem, "--json"), text=True,
                               capture_output=True).stdout.splitlines()
        hits = [hit for hit in map(json.loads, found) if "report" not in hit["schema"]]
        return len({hit["holder"]["id"] for hit in hits})

    def words(self, name, *words):
        return [self.programs / "shoal", "--home", self.folder / name, *words]

    def shoal(self, name, *words):
        return subprocess.run(self.words(name, *words), check=True, capture_output=True,
                              text=True).stdout

    def children(self):
        return list(self.pids.values())

    def command(self):
        return self.words("getter", "get", "1", "-o", self.target.parent)

    def stop(self):
        for name in self.pids:
            self.shoal(name, "down")


class Shoal4(Shoal):
    """shoal from four holders; verified."""

    sources = 4


RIVALS = {"http": Http, "https": Https, "aria2": Aria2, "rsync": Rsync, "libtorrent": Libtorrent,
          "libtorrent-as-is": LibtorrentAsIs,
          "shoal": Shoal, "shoal-4": Shoal4}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default="build/release/bin", type=pathlib.Path)
    parser.add_argument("--mib", default=2048, type=int)
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--only", default=",".join(RIVALS))
    parser.add_argument("--install", action="store_true", help="apt-get install the rivals first")
    options = parser.parse_args()
    if options.install:
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES], check=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that servers are ended
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shoal-bench-", dir="/dev/shm"))
    rivals, times = {}, {}
    try:
        source = folder / "share" / "big.bin"
        source.parent.mkdir()
        with open(source, "wb") as out:
            for _ in range(options.mib):
                out.write(os.urandom(1 << 20))
        wanted = digest(source)
        for name in options.only.split(","):
            place = folder / name
            place.mkdir()
            kind = RIVALS[name]
            more = (options.bin.resolve(),) if issubclass(kind, Shoal) else ()
            rivals[name] = kind(place, source, *more)
            times[name] = []
        for turn in range(options.rounds):
            for name, rival in rivals.items():
                times[name].append(rival.fetch())
                if turn == 0 and digest(rival.result()) != wanted:
                    sys.exit(f"{name} got another file")
                rival.result().unlink()
                print(f"round {turn + 1}: {name} {times[name][-1][0]:.2f} s", file=sys.stderr)
    finally:
        for rival in rivals.values():
            rival.stop()
        shutil.rmtree(folder)
    print_table(times, options.mib)


def print_table(times, mib):
    gib = mib / 1024
    median = {name: statistics.median(took for took, _ in runs) for name, runs in times.items()}
    print(f"{'':12}{'GB/s':>8}{'x https':>9}{'x libtorrent':>14}{'CPU s/GiB':>11}  slowest/fastest")
    for name, runs in times.items():
        seconds = [took for took, _ in runs]
        cpu = [used for _, used in runs]
        row = f"{name:12}{gib * 1.073741824 / median[name]:8.2f}"
        for other, width in (("https", 9), ("libtorrent", 14)):
            ratio = f"{median[other] / median[name]:.2f}" if other in median else "-"
            row += f"{ratio:>{width}}"
        row += f"{statistics.median(cpu) / gib:11.2f}" if None not in cpu else f"{'-':>11}"
        print(row + f"{max(seconds) / min(seconds):17.2f}")


if __name__ == "__main__":
    main()
