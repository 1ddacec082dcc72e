# SPDX-License-Identifier: Apache-2.0
"""Calls every path of a directory's OpenAPI document and holds every answer against it.

What a peer signs comes from real peers: they are led through a proxy that passes on what they send,
holds it and its answer against the document too, and sends some of it by the short routes instead.
"""
import http.server
import json
import os
import sys
import tempfile
import threading

import refusals
import structure
from document import Document, Wrong
from programs import Directory, Peer, send, soon

PASSWORD = "four words are better"


class Proxy(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, url, document):
        super().__init__(("127.0.0.1", 0), Passing)
        self.to, self.document, self.troubles, self.replaced = url, document, [], 0
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def spelling(self, method, target):
        """An index is replaced by each of its three names in turn."""
        if (method, target) != ("PUT", "/v1/index"):
            return method, target
        self.replaced += 1
        return [("POST", "/index"), ("PUT", "/loadfiles"), ("PUT", "/v1/index")][self.replaced % 3]


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        headers = {name: value for name, value in self.headers.items() if name != "Connection"}
        proxy = self.server
        method, target = proxy.spelling(self.command, self.path)
        answer = send(proxy.to, method, target, body, headers)
        try:
            proxy.document.check_answer(method, target, answer)
            if answer.status < 300:
                proxy.document.check_request(method, target, body)
        except Wrong as wrong:
            proxy.troubles.append(str(wrong))
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in ("connection", "keep-alive", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = pass_on


class Walk:
    def __init__(self, url, document):
        self.url, self.document, self.token = url, document, None

    def ask(self, method, target, body=None, status=200, headers=None):
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        answer = send(self.url, method, target, body, headers)
        self.document.check_answer(method, target, answer)
        if answer.status != status:
            raise Wrong(f"{method} {target}: {answer.status} instead of {status}: {answer.body[:300]!r}")
        if status < 300:
            sent = None if body is None else send_text(body)
            self.document.check_request(method, target, sent)
        return answer

    def users(self):
        ana = {"name": "ana", "password": PASSWORD, "address": "127.0.0.1", "port": 7401}
        self.ask("POST", "/v1/users", ana, 201)
        self.ask("POST", "/v1/users", ana, 409)
        self.ask("POST", "/v1/users", {"name": "pedro"}, 400)
        self.ask("POST", "/v1/users", {"name": "pedro", "password": "x" * 9000}, 413)
        self.ask("POST", "/v1/sessions", {"name": "ana", "password": "wrong"}, 401)
        self.ask("GET", "/v1/users/ana", status=401)
        self.ask("GET", "/v1/sessions", status=401)
        self.token = self.ask("POST", "/v1/sessions", ana, 201).json()["token"]
        self.ask("POST", "/v1/sessions", {**ana, "port": 7402}, 409)
        self.ask("GET", "/v1/sessions")
        self.ask("GET", "/v1/users/ana")
        self.ask("GET", "/v1/users/nobody", status=404)
        self.ask("DELETE", "/v1/sessions?user=luis", status=403)
        self.ask("DELETE", "/v1/sessions?user=ana", status=204)
        self.token = None
        luis = {"user": "luis", "password": PASSWORD, "url": "http://127.0.0.1:7402"}
        self.ask("POST", "/register", luis, 201)
        self.token = self.ask("POST", "/login", luis, 201).json()["token"]
        self.ask("POST", "/logout", {"user": "ana"}, 403)
        self.ask("POST", "/logout", {"user": "luis"}, 204)
        self.token = None

    def peers(self, known):
        self.ask("GET", "/v1/peers")
        page = self.ask("GET", "/v1/peers?limit=1")
        if page.header("Link") is None:
            raise Wrong("a page with more behind it has no Link")
        self.ask("GET", "/v1/peers?limit=1&cursor=" + page.json()["next_cursor"])
        self.ask("GET", "/peers?limit=2")
        self.ask("GET", "/v1/peers?limit=0", status=400)
        self.ask("GET", "/v1/peers/" + known)
        self.ask("GET", "/v1/peers/nobody", status=400)
        self.ask("GET", f"/v1/peers/{known}/suggestion")
        self.ask("PUT", "/v1/peers/" + known, {}, 400)
        self.ask("DELETE", "/v1/peers/" + known, status=400)
        self.ask("GET", "/healthz")

    def index(self, owner):
        for target in ("/v1/index", "/index", "/v1/search?name=handbook.txt", "/v1/search?q=hand", "/search?archivo=handbook.txt"):
            answer = self.ask("GET", target)
            if not answer.json()["items"]:
                raise Wrong(target + " finds nothing")
            self.ask("GET", target, status=304, headers={"If-None-Match": answer.header("ETag")})
            self.ask("GET", target, headers={"If-None-Match": '"another"'})
        self.ask("GET", "/v1/index?limit=1&peer=" + owner)
        self.ask("GET", "/v1/search?name=handbook.txt&asker=" + owner)
        self.ask("GET", "/v1/search", status=400)
        self.ask("PUT", "/v1/index", {}, 400)
        self.ask("PATCH", "/v1/index", {}, 400)
        self.ask("PUT", "/v1/index", {"files": ["x" * 300_000]}, 413)

    def guards(self):
        """Host and Origin are looked at before anything else, on every route."""
        def target_of(path):
            return path.replace("{id}", "a" * 53).replace("{name}", "ana")
        refusals.check(self.url, self.document, target_of)
        for method, path in list(self.document.operations()):
            target = target_of(path)
            for headers, status in (({"Host": "evil.example"}, 421), ({"Origin": "http://evil.example"}, 403)):
                self.ask(method, target, None, status, headers)


def send_text(body):
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def walk(bin_folder, folder):
    directory = Directory(bin_folder, folder + "/directory")
    answer = send(directory.url, "GET", "/v1/openapi.json")
    document = Document(answer.body)
    document.check_answer("GET", "/v1/openapi.json", answer)
    proxy = Proxy(directory.url, document)
    publishes = ["--directory", proxy.url, "--set", "directory.index=true"]
    peers = [Peer(bin_folder, folder, name, publishes) for name in ("ana", "luis", "rosa")]
    for peer in peers:
        shared = f"{folder}/{peer.home.rsplit('/', 1)[1]}-books"
        os.makedirs(shared)
        for name in ("handbook.txt", "notes.txt"):
            with open(f"{shared}/{name}", "w", encoding="utf-8") as file:
                file.write(name + shared)
        if peer.rest("POST", "/v1/shares", {"path": shared}).status != 200:
            raise Wrong("a folder is not shared")
        if not soon(lambda: peer.get("/v1/directory")["index"]["current"] and peer.get("/v1/directory")["index"]["files"] == 2):
            raise Wrong(f"not published: {peer.get('/v1/directory')}")
        with open(f"{shared}/more.txt", "w", encoding="utf-8") as file:  # a change, hence PATCH
            file.write("more" + shared)
        peer.rest("POST", "/v1/shares/rescan")
        if not soon(lambda: peer.get("/v1/directory")["index"]["files"] == 3):
            raise Wrong(f"a change is not published: {peer.get('/v1/directory')}")
    walker = Walk(directory.url, document)
    walker.users()
    walker.peers(peers[0].get("/v1/peer")["id"])
    walker.index(peers[1].get("/v1/peer")["id"])
    walker.guards()
    for peer in peers:  # gives its lease back
        if peer.end() != 0:
            raise Wrong("a peer ended badly: " + peer.output())
    if directory.end() != 0:
        raise Wrong("the directory ended badly: " + directory.output())
    wrong = proxy.troubles + list(document.unproven())
    if wrong:
        raise Wrong("\n".join(wrong))
    print(f"{len(list(document.operations()))} operations, each answered as described")


if __name__ == "__main__":
    print(structure.validator())
    with tempfile.TemporaryDirectory(prefix="shoal-openapi-") as place:
        walk(sys.argv[1], place)
