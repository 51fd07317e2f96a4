"""What a network, a proxy or a broken server may say instead of an answer, as a table.

Beside each lie stands how the request then ends, for a poll of alerts, another read, and a write.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import replace

from honest import SECRET
from lying import (
    Lie,
    body,
    chunk,
    chunked,
    drip,
    encoded,
    endless,
    extended,
    framed,
    header,
    next_at,
    redirect,
    reset,
    resized,
    says,
    sends,
    silence,
    status,
)

from http_server import answer

BOMB = gzip.compress(bytes(5_000_000))
PASSES = {"poll": "read", "read": "read"}
FINE = ("read", "read", "Applied")
HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
OPEN = HEAD + b"Content-Length: 1000000000\r\n\r\n"

CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

NO_WHOLE_ANSWER = {
    "reset": Lie(reset),
    "closed without a word": sends(b""),
    "silence": Lie(silence, **PASSES, once=True),
    "drip": Lie(drip, **PASSES, once=True),
    "drip of interim answers": Lie(
        endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.02), **PASSES, once=True
    ),
    "flood of interim answers": Lie(
        endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500), **PASSES, once=True
    ),
    "interim answers and the truth": says(
        lambda truth, _: b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + truth.sent(), *FINE, stays=True
    ),
    "switched protocols": sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
    "HTTP/0.9": says(lambda truth, _: truth.body),
    "HTTP/1.0": says(lambda truth, _: truth.sent().replace(b"HTTP/1.1", b"HTTP/1.0"), *FINE),
    "HTTP/2": sends(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80"),
    "another protocol": sends(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
    "TLS alert": sends(b"\x15\x03\x01\x00\x02\x02\x28"),
    "status of two digits": sends(b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "status 000": sends(b"HTTP/1.1 000 None\r\nContent-Length: 2\r\n\r\n{}"),
    "300 kB in one header": sends(HEAD + b"X: " + b"x" * 300_000 + b"\r\n\r\n"),
    "300 kB of headers": sends(HEAD + b"X: y\r\n" * 50_000 + b"\r\n"),
    "endless headers": Lie(endless(HEAD, b"X: y\r\n" * 1_000)),
    "endless body": Lie(endless(OPEN, b"x" * 60_000)),
    "endless chunks": Lie(endless(CHUNKED, b"1\r\n{\r\n" * 500), **PASSES, once=True),
    "too short a length": says(resized(lambda right: right - 1)),
    "too great a length": says(resized(lambda right: right + 1)),
    "negative length": says(resized(lambda right: -right)),
    "signed length": says(resized(lambda right: f"+{right}")),
    "length in words": says(resized(lambda _: "some")),
    "length beyond counting": says(resized(lambda _: "9" * 5_000)),
    "two lengths": says(resized(lambda right: f"{right}\r\nContent-Length: {right + 1}")),
    "no length, and all there is": says(framed(lambda body: b"\r\n" + body), *FINE),
    "no length, and cut": says(framed(lambda body: b"\r\n" + body[:-1])),
    "whole chunks": says(chunked(lambda body: chunk(body) + b"0\r\n\r\n"), *FINE, stays=True),
    "chunk without a size": says(chunked(lambda body: b"zz\r\n" + body)),
    "chunk of negative size": says(chunked(lambda body: b"-1\r\n" + body)),
    "chunk beyond counting": says(chunked(lambda body: b"f" * 30 + b"\r\n" + body)),
    "chunk larger than all": says(chunked(lambda body: b"ffffffff\r\n" + body)),
    "no last chunk": says(chunked(chunk)),
    "endless trailer": says(
        chunked(lambda body: chunk(body) + b"0\r\n" + b"X: y\r\n" * 50_000)
    ),
    "gzip": encoded("gzip", change=gzip.compress),
    "deflate": encoded("deflate", change=zlib.compress),
    "br": encoded("br"),
    "zstd": encoded("zstd"),
    "gzip in gzip": encoded("gzip, gzip", change=lambda b: gzip.compress(gzip.compress(b))),
    "gzip in two headers": encoded("identity", "gzip", change=gzip.compress),
    "gzip bomb": encoded("gzip", change=lambda _: BOMB),
}  # fmt: skip


NOT_THE_JSON = {
    "log-in page of a Wi-Fi": says(
        lambda truth, _: answer(truth.status, b"<html>Log in", "Content-Type: text/html")
    ),
    "truth on a web page": says(
        lambda truth, _: answer(truth.status, truth.body, "Content-Type: text/html")
    ),
    "no content": says(lambda *_: b"HTTP/1.1 204 No Content\r\n\r\n", stays=True),
    "no content, with content": says(lambda truth, _: answer("204 No Content", truth.body)),
    "empty": body(lambda _: b""),
    "null": body(lambda _: b"null"),
    "list": body(lambda truth: b"[" + truth + b"]"),
    "empty object": body(lambda _: b"{}"),
    "objects for nulls and lists": body(
        lambda truth: json.dumps({name: {"a": 1} for name in json.loads(truth)}).encode()
    ),
    "cut short": body(lambda truth: truth[:-1]),
    "twice": body(lambda truth: truth + truth),
    "NaN": body(lambda _: b"NaN"),
    "nesting without end": body(lambda _: b"[" * 100_000),
    "UTF-16": body(lambda truth: truth.decode().encode("utf-16")),
    "Latin-1": body(lambda truth: b"\xe9" + truth),
    "byte order mark": body(lambda truth: b"\xef\xbb\xbf" + truth, poll="read"),
    "NaN beside the truth": body(extended(b'"x": NaN'), poll="read"),
    "lone surrogate beside the truth": body(extended(b'"x": "\\ud800"'), poll="read"),
    "number of 10,000 digits beside the truth": body(extended(b'"x": ' + b"9" * 10_000), *FINE),
    "deep nesting beside the truth": body(
        extended(b'"x": ' + b"[" * 100_000 + b"]" * 100_000),
    ),
    "lies before the truth by the same name": body(
        lambda truth: extended(json.dumps(dict.fromkeys(json.loads(truth)))[1:-1].encode())(truth),
        *FINE,
    ),
    "a second answer behind the first": says(
        lambda truth, _: truth.sent() + truth.sent(), *FINE, stays=True
    ),
    "cookies": header("Set-Cookie: a=b; Path=/; Max-Age=9999999", *FINE),
    "a credential sent back": header(f"X-Debug: Bearer {SECRET}", *FINE),
}

ELSEWHERE = {
    **{
        f"{line[:3]} to {location}": redirect(line, location)
        for line, location in (
            ("301 Moved", "{elsewhere}/steal"),
            ("302 Found", "{elsewhere}/steal"),
            ("303 See", "{elsewhere}/steal"),
            ("307 Moved", "{elsewhere}/steal"),
            ("308 Moved", "{elsewhere}/steal"),
            ("302 Found", "//evil.example/"),
            ("307 Moved", "https://evil.example/"),
            ("308 Moved", "http://user:pw@169.254.169.254/"),
            ("302 Found", "file:///etc/passwd"),
            ("302 Found", "http://["),
            ("302 Found", ""),
        )
    },
    **{
        f"next page at {origin}": next_at(origin)
        for origin in (
            "{elsewhere}",
            "http://localhost:{port}",
            "http://[::1]:{port}",
            "https://user:pw@127.0.0.1:{port}",
            "http://169.254.169.254",
            "https://monitor.twilio.com:8443",
            "https://mönitor.twilio.com",
            "//127.0.0.1:{port}",
            "file:///etc/passwd?",
            "https://[",
            "",
        )
    },
    "300 with no address": sends(answer("300 Choices", b"")),
    "304 without a condition": sends(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
}

_AGAIN = {"poll": "Unavailable", "read": "Unavailable"}

STATUSES = {
    # Which to Twilio means that the page token is void: the listing is begun anew.
    "400 Bad": replace(status("400 Bad", **_AGAIN, write="Refused"), turn="read"),
    **{
        line: status(line, **_AGAIN, write="Refused")
        for line in ("402 Pay", "405 Method", "406 Not", "410 Gone", "411 Length")
    },
    **{
        line: status(line, **_AGAIN, write="Refused")
        for line in ("413 Large", "414 Long", "415 Type", "421 Misdirected", "422 Invalid", "431 H")
    },
    **{
        line: status(line, poll="Unauthorized", read="Unauthorized", write="Unauthorized")
        for line in ("401 Who", "403 No")
    },
    **{
        line: status(line, **_AGAIN, write="Unknown")
        for line in ("408 Late", "409 Conflict", "418 Teapot", "425 Early", "499 Closed")
    },
    **{
        line: status(line, **_AGAIN, write="Unknown")
        for line in ("500 Oops", "501 What", "502 Bad", "503 Wait", "504 Late", "505 Version")
    },
    **{
        line: status(line, **_AGAIN, write="Unknown")
        for line in ("520 Odd", "521 Down", "522 Late", "523 Far", "524 Late", "529 Full", "599 X")
    },
    **{
        line: status(line, **_AGAIN, write="Unknown")
        for line in ("200 OK", "202 Accepted", "206 Part", "226 IM", "299 Odd", "600 X", "999 X")
    },
    **{
        f"429, {wait}": status("429 Slow", f"Retry-After: {wait}", **_AGAIN, write="Limited")
        for wait in ("1", "0", "-1", "1000000000", "Mon, 20 Jul 2026 12:00:00 GMT", "soon", "")
    },
    "429, nothing said": status("429 Slow", **_AGAIN, write="Limited"),
    "503, 1": status("503 Wait", "Retry-After: 1", **_AGAIN, write="Unknown"),
}
