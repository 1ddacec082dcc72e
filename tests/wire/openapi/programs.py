# SPDX-License-Identifier: Apache-2.0
"""Real processes on loopback, and HTTP to them as any program speaks it."""
import ctypes
import http.client
import json
import os
import re
import signal
import subprocess
import time
import urllib.parse


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)

    def json(self):
        return json.loads(self.body)


def send(url, method, target, body=None, headers=None):
    """One request with a connection of its own. `body`: bytes, or what is JSON."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    elif body is not None:
        headers.setdefault("Content-Type", "application/octet-stream")
    try:
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


def soon(what, seconds=20):
    """What it says once it is something, or its last word."""
    until = time.monotonic() + seconds
    while True:
        said = what()
        if said or time.monotonic() > until:
            return said
        time.sleep(0.05)


def _end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Program:
    """Ended by its own process id."""

    def __init__(self, words, log):
        self.log = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, preexec_fn=_end_with_parent)
        if not soon(lambda: " up, pid " in self.output() or self.process.poll() is not None):
            raise RuntimeError(f"{words[0]} does not start: {self.output()}")
        if self.process.poll() is not None:
            raise RuntimeError(f"{words[0]} ended: {self.output()}")

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def says(self, pattern):
        found = re.search(pattern, self.output())
        return found.group(1) if found else None

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)


class Directory(Program):
    def __init__(self, bin_folder, folder, lease="30s"):
        os.makedirs(folder, exist_ok=True)
        with open(folder + "/directory.yaml", "w", encoding="utf-8") as config:
            config.write(f"lease: {lease}\n")
        super().__init__([bin_folder + "/shoal-directory", "--listen", "127.0.0.1:0", "--data", folder + "/data",
                          "--config", folder + "/directory.yaml"], folder + "/log")
        self.url = self.says(r"(http://\S+)")


class Peer(Program):
    def __init__(self, bin_folder, folder, name, more=()):
        self.home = f"{folder}/{name}"
        os.makedirs(self.home, exist_ok=True)
        super().__init__([bin_folder + "/shoald", "--home", self.home, "--name", name, "--port", "0",
                          "--set", "rest.port=0", "--set", "rescan.interval=0", *more], self.home + "/log")
        with open(self.find("rest.token"), encoding="utf-8") as token:
            self.token = token.read().strip()
        self.url = self.says(r"(http://127\.0\.0\.1:\d+)")

    def find(self, name):
        for place, _, files in os.walk(self.home):
            if name in files:
                return os.path.join(place, name)
        raise RuntimeError(f"no {name} below {self.home}")

    def rest(self, method, target, body=None, headers=None):
        return send(self.url, method, target, body, {"Authorization": "Bearer " + self.token, **(headers or {})})

    def get(self, target):
        return self.rest("GET", target).json()
