# SPDX-License-Identifier: Apache-2.0
"""What a server refuses before it knows the route: one request for each status, on every route."""
import http.client
import socket
import urllib.parse

from document import Wrong
from programs import Answer

TOO_LONG = "a" * 70_000


def requests(method, target, has_body):
    """Status and the bytes that get it."""
    line = f"{method} {target} HTTP/1.1\r\n"
    host = line + "Host: localhost\r\n"
    yield 400, line + "\r\n"
    yield 414, f"{method} {target}?{TOO_LONG} HTTP/1.1\r\n"
    yield 415, host + "Content-Encoding: gzip\r\n\r\n"
    yield 417, host + "Expect: more\r\n\r\n"
    yield 431, host + f"X-A: {TOO_LONG}\r\n\r\n"
    yield 501, host + "Transfer-Encoding: chunked\r\n\r\n"
    yield 505, f"{method} {target} HTTP/1.0\r\n\r\n"
    if has_body:
        yield 411, host + "\r\n"
        yield 413, host + "Content-Length: 9999999999999999\r\n\r\n"


def say(url, method, text):
    place = urllib.parse.urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        try:
            connection.sendall(text.encode())
        except ConnectionError:
            pass  # refused before its end; the answer is here
        answer = http.client.HTTPResponse(connection, method=method)
        answer.begin()
        return Answer(answer.status, answer.getheaders(), answer.read())


def check(url, document, target_of):
    for method, path in list(document.operations()):
        target = target_of(path)
        for status, text in requests(method, target, method in ("POST", "PUT", "PATCH")):
            answer = say(url, method, text)
            document.check_answer(method, target, answer)
            if answer.status != status:
                raise Wrong(f"{method} {target}: {answer.status} instead of {status}: {answer.body[:300]!r}")
