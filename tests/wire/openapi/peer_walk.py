# SPDX-License-Identifier: Apache-2.0
"""Calls every path of a peer's two OpenAPI documents, the owner's and that of its public port, and
holds every answer against them."""
import json
import os
import sys
import tempfile
import time

import refusals
import structure
from document import Document, Wrong
from programs import Directory, Peer, send, soon


class Side:
    """One port and its document."""

    def __init__(self, url, token):
        self.url, self.token = url, token
        answer = send(url, "GET", "/v1/openapi.json")
        self.document = Document(answer.body)
        self.document.check_answer("GET", "/v1/openapi.json", answer)

    def ask(self, method, target, body=None, status=200, headers=None, token=None):
        headers = {"Authorization": "Bearer " + (token or self.token), **(headers or {})}
        answer = send(self.url, method, target, body, headers)
        self.document.check_answer(method, target, answer)
        if answer.status != status:
            raise Wrong(f"{method} {target}: {answer.status} instead of {status}: {answer.body[:400]!r}")
        if status < 300:
            sent = None if body is None else Side.bytes_of(body)
            self.document.check_request(method, target, sent)
        return answer

    @staticmethod
    def bytes_of(body):
        return body if isinstance(body, bytes) else json.dumps(body).encode()

    def search(self, wanted):
        """The hits, once it has ended."""
        begun = self.ask("POST", "/v1/searches", wanted, 201)
        target = begun.header("Location")
        self.ask("GET", target + "/events")
        return target, self.ask("GET", target).json()["hits"]

    def guards(self):
        """Host, Origin and token are looked at before anything else, on every route."""
        refusals.check(self.url, self.document, lambda path: path.replace("{id}", "1"))
        for method, path in list(self.document.operations()):
            target = path.replace("{id}", "1")
            for headers, status in (({"Host": "evil.example"}, 421), ({"Origin": "http://evil.example"}, 403)):
                self.ask(method, target, None, status, headers)
            if self.document.root["paths"][path][method.lower()]["security"]:
                self.ask(method, target, None, 401, token="wrong")


def write(path, size):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(bytes(i * 7 % 251 for i in range(size)))


class Walk:
    def __init__(self, bin_folder, folder):
        self.folder = folder
        directory = Directory(bin_folder, folder + "/directory")
        told = ["--directory", directory.url, "--set", "directory.index=true"]
        self.ana = Peer(bin_folder, folder, "ana", [*told, "--set", "rest.public=on"])
        self.luis = Peer(bin_folder, folder, "luis", told)
        self.side = Side(self.ana.url, self.ana.token)

    def look(self):
        for target in ("/v1/status", "/v1/peer", "/v1/overlays", "/v1/directory", "/v1/shares", "/v1/shares/errors"):
            self.side.ask("GET", target)
        for target in ("/v1/peer", "/v1/overlays", "/v1/shares/files"):
            tag = self.side.ask("GET", target).header("ETag")
            self.side.ask("GET", target, status=304, headers={"If-None-Match": tag})
        self.side.ask("PUT", "/v1/overlays/usual", {"via": "walk"})
        self.side.ask("PUT", "/v1/overlays/usual", {"via": "no such"}, 400)
        self.side.ask("PUT", "/v1/overlays/usual", {"by": "walk"}, 400)
        self.side.ask("DELETE", "/v1/overlays/usual")

    def friends(self):
        card = self.luis.get("/v1/peer")
        self.side.ask("POST", "/v1/friends", {"url": "shoal://nonsense", "role": "friend"}, 400)
        self.side.ask("POST", "/v1/friends", {"url": card["url"], "role": "primary"}, 201)
        if self.luis.rest("POST", "/v1/friends", {"url": self.ana.get("/v1/peer")["url"]}).status != 201:
            raise Wrong("luis takes no friend")
        if not soon(lambda: any(each["state"] == "active" for each in self.side.ask("GET", "/v1/friends").json()["items"])):
            raise Wrong("no link comes up")
        friend = "/v1/friends/" + card["id"]
        for rate, held in ((500_000, 500_000), (0, 0), (None, 0)):
            told = self.side.ask("PATCH", friend, {"upload_rate": rate}).json()
            if told["upload_rate"] != held or told["upload_rate_told"] != (rate is not None):
                raise Wrong(f"{rate} is told and {told} holds")
        self.side.ask("PATCH", friend, {"upload_rate": 9}, 400)
        self.side.ask("PATCH", friend, {}, 400)
        self.side.ask("PATCH", "/v1/friends/" + "a" * 53, {"upload_rate": 0}, 404)
        self.side.ask("DELETE", "/v1/friends/" + "a" * 53, status=404)
        self.side.ask("DELETE", "/v1/friends/nobody", status=400)

    def shares(self):
        books, songs = self.folder + "/books", self.folder + "/songs"
        write(books + "/handbook.txt", 3000)
        write(songs + "/album/one.mp3", 70_000)
        write(songs + "/album/two.mp3", 400_000)
        write(songs + "/big.bin", 3_000_000)
        self.side.ask("POST", "/v1/shares", {"path": books})
        self.side.ask("POST", "/v1/shares", {"path": "relative"}, 400)
        self.side.ask("POST", "/v1/shares", {"path": self.folder + "/nowhere"}, 404)
        self.side.ask("POST", "/v1/shares/rescan")
        self.side.ask("GET", "/v1/shares")
        self.side.ask("GET", "/v1/shares/files?q=hand&limit=1")
        self.side.ask("GET", "/v1/shares/files?limit=0", status=400)
        self.side.ask("GET", "/v1/links?path=" + books + "/handbook.txt")
        self.side.ask("GET", "/v1/links", status=400)
        self.luis.rest("POST", "/v1/shares", {"path": songs})
        self.side.ask("DELETE", "/v1/shares?path=" + books, status=204)
        self.side.ask("DELETE", "/v1/shares?path=" + books, status=404)
        self.side.ask("DELETE", "/v1/shares", status=400)
        self.side.ask("POST", "/v1/shares", {"path": books})
        if not soon(lambda: self.luis.get("/v1/status")["shares"]["files"] == 3):
            raise Wrong("luis does not share")

    def searches(self):
        target, self.hits = self.side.search({"terms": "big", "ttl": 2, "rule": "classic", "parameters": {}})
        if not self.hits:
            raise Wrong("nothing is found")
        self.side.search({"content": self.hits[0]["content"], "via": "flood,directory"})
        self.side.search({"terms": "big", "via": "auto"})
        self.side.ask("POST", "/v1/searches", {"terms": "x", "ttl": 99}, 400)
        self.side.ask("POST", "/v1/searches", {}, 400)
        self.side.ask("DELETE", target, status=204)
        self.side.ask("GET", "/v1/searches/" + "0" * 32, status=404)
        self.side.ask("GET", "/v1/searches/" + "0" * 32 + "/events", status=404)
        self.side.ask("GET", "/v1/links?content=" + self.hits[0]["content"])
        self.query = target.rsplit("/", 1)[1]

    def transfers(self):
        content = self.hits[0]["content"]
        started = self.side.ask("POST", "/v1/transfers", {"content": content, "search": self.query}, 201)
        target = started.header("Location")
        self.side.ask("GET", target + "/events")
        done = self.side.ask("GET", target).json()
        if done["state"] != "done":
            raise Wrong(f"a download ended as {done['state']}")
        self.side.ask("GET", "/v1/transfers")
        self.side.ask("POST", "/v1/transfers", {}, 400)
        # One that nobody has goes on until it is cancelled.
        nobody = self.side.ask("POST", "/v1/transfers", {"content": "0" * 64 + "-77"}, 201).header("Location")
        self.side.ask("POST", nobody + "/pause")
        self.side.ask("POST", nobody + "/resume")
        self.side.ask("DELETE", nobody, status=204)
        self.side.ask("GET", "/v1/transfers/999999", status=404)
        self.side.ask("GET", "/v1/transfers/none", status=400)
        self.contents(f"/v1/files/{content}/content")

    def contents(self, target):
        whole = self.side.ask("GET", target)
        if len(whole.body) != 3_000_000:
            raise Wrong("a content is not whole")
        part = self.side.ask("GET", target, status=206, headers={"Range": "bytes=10-19"})
        if part.body != whole.body[10:20]:
            raise Wrong("a part is another one")
        self.side.ask("GET", target, status=416, headers={"Range": "bytes=3000000-"})
        self.side.ask("GET", target, status=304, headers={"If-None-Match": whole.header("ETag")})
        self.side.ask("GET", "/v1/files/" + "0" * 64 + "-5/content", status=404)

    def folders(self):
        hits = self.side.search({"terms": "album"})[1]
        folder = next((hit for hit in hits if hit["name"].endswith("/")), None)
        if folder is None:
            raise Wrong(f"no folder is found: {hits}")
        started = self.side.ask("POST", "/v1/folders", {"content": folder["content"], "name": "album", "search": folder["query"]}, 201)
        target = started.header("Location")
        self.side.ask("GET", target + "/events")
        if self.side.ask("GET", target).json()["state"] != "done":
            raise Wrong("a folder is not done")
        self.side.ask("GET", target + "/files?limit=1")
        self.side.ask("GET", "/v1/folders")
        nobody = self.side.ask("POST", "/v1/folders", {"content": "1" * 64 + "-77", "name": "x"}, 201).header("Location")
        self.side.ask("POST", nobody + "/pause")
        self.side.ask("POST", nobody + "/resume")
        self.side.ask("DELETE", nobody, status=204)
        self.side.ask("GET", "/v1/folders/f9999", status=404)

    def puts_and_inbox(self):
        self.side.ask("POST", "/v1/puts", {"path": self.folder + "/books/handbook.txt", "to": "nobody"}, 404)
        started = self.side.ask("POST", "/v1/puts", {"path": self.folder + "/books/handbook.txt", "to": "luis"}, 201)
        target = started.header("Location")
        self.side.ask("GET", target + "/events")
        if self.side.ask("GET", target).json()["state"] != "done":
            raise Wrong(f"a put is not done: {self.side.ask('GET', target).json()}")
        self.side.ask("GET", "/v1/puts")
        write(self.folder + "/other.bin", 5_000_000)
        other = self.side.ask("POST", "/v1/puts", {"path": self.folder + "/other.bin", "to": "luis"}, 201).header("Location")
        self.side.ask("DELETE", other, status=204)
        ids = []
        for name in ("one.txt", "two.txt"):
            ids.append(self.side.ask("POST", "/v1/uploads?name=" + name, name.encode(), 201).header("Location"))
        self.side.ask("POST", "/v1/uploads", b"x", 400)
        self.side.ask("GET", "/v1/inbox")
        self.side.ask("GET", ids[0])
        self.side.ask("POST", ids[0] + "/accept")
        self.side.ask("DELETE", ids[1])
        self.side.ask("GET", "/v1/inbox/none", status=404)

    def at_the_directory(self):
        self.side.ask("POST", "/v1/directory/index")
        if not soon(lambda: self.luis.get("/v1/directory")["index"]["current"]):
            raise Wrong("luis publishes nothing")
        self.luis.rest("POST", "/v1/directory/index")
        self.side.ask("GET", "/v1/directory/peers?limit=5")
        if not self.side.ask("GET", "/v1/directory/search?name=big.bin").json()["items"]:
            raise Wrong("the directory's index has nothing")
        self.side.ask("GET", "/v1/directory/search?limit=0", status=400)

    def at_the_public_port(self):
        made = self.side.ask("POST", "/v1/tokens", {"name": "phone"}, 201).json()
        self.side.ask("POST", "/v1/tokens", {"name": "phone"}, 409)
        self.side.ask("GET", "/v1/tokens")
        port = Side("http://" + self.ana.get("/v1/status")["listen"], made["token"])
        owners = {f"{method} {path}" for method, path in port.document.operations()}
        if "GET /v1/friends" in owners or "POST /v1/shutdown" in owners:
            raise Wrong("the public port tells of what is the owner's")
        port.ask("GET", "/v1/peer")
        target, hits = port.search({"terms": "big"})
        port.ask("DELETE", target, status=204)
        port.ask("POST", "/v1/transfers", {"content": hits[0]["content"]}, 403)  # the owner fetched it
        _, hits = port.search({"terms": "two"})
        started = port.ask("POST", "/v1/transfers", {"content": hits[0]["content"], "search": hits[0]["query"]}, 201)
        port.ask("GET", started.header("Location"))
        port.ask("GET", started.header("Location") + "/events")
        port.ask("POST", "/v1/transfers", {"content": hits[0]["content"], "folder": "/tmp"}, 403)
        port.ask("GET", "/v1/transfers")
        port.ask("GET", f"/v1/files/{hits[0]['content']}/content")
        port.ask("POST", "/v1/uploads?name=three.txt", b"three", 201)
        port.ask("POST", "/upload?nombre=four.txt", b"four", 201)
        port.ask("GET", "/search?nombre=big&ttl=2")
        port.ask("GET", "/search", status=400)
        port.ask("POST", "/loadfiles", {"archivo": "two.mp3", "user": "any"}, 201)
        port.ask("POST", "/loadfiles", {"archivo": "two.mp3", "url": "http://127.0.0.1:1"}, 404)
        port.ask("POST", "/loadfiles", {}, 400)
        port.ask("GET", "/loadfiles")
        port.guards()
        self.finish(port)
        self.side.ask("DELETE", "/v1/tokens/phone")
        self.side.ask("DELETE", "/v1/tokens/phone", status=404)

    def end(self):
        self.side.guards()
        self.side.ask("DELETE", "/v1/friends/" + self.luis.get("/v1/peer")["id"], status=204)
        self.side.ask("POST", "/v1/shutdown", status=202)
        if self.ana.process.wait(20) != 0:
            raise Wrong("the peer ended badly: " + self.ana.output())
        self.finish(self.side)

    @staticmethod
    def finish(side):
        unproven = list(side.document.unproven())
        if unproven:
            raise Wrong("\n".join(unproven))
        print(f"{len(list(side.document.operations()))} operations, each answered as described")


def walk(bin_folder, folder):
    walker = Walk(bin_folder, folder)
    for step in (walker.look, walker.friends, walker.shares, walker.searches, walker.transfers, walker.folders,
                 walker.puts_and_inbox, walker.at_the_directory, walker.at_the_public_port, walker.end):
        began = time.monotonic()
        step()
        print(f"{step.__name__}: {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    print(structure.validator())
    with tempfile.TemporaryDirectory(prefix="shoal-openapi-") as place:
        walk(sys.argv[1], place)
