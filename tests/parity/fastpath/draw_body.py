"""Draws bodies: JSON, forms and files, whole and broken, in one piece and in several."""

from __future__ import annotations

import json
from random import Random
from typing import Any
from urllib.parse import urlencode

from .bodies import BODIES
from .draw_function import chance, pick
from .parameters import KINDS, MODEL_KEYS
from .spec import Param

Headers = list[tuple[bytes, bytes]]
BOUNDARY = "fuzzboundary"
BROKEN_JSON = (
    b"", b"{", b"nul", b"{'a': 1}", b'{"a": 1,}', b"[1, 2", b'"\\ud800"', b"\xff", b"\xef\xbb\xbf{}",
    '{"a": "é"}'.encode("utf-16"), b"[1,]", b'{"a":}',
    b'{"name": "a", "name": "b", "price": 1}', b"NaN", b"-Infinity", b"1" * 400, b"[" * 30, b" {} ", b"{} x",
    b'{"a": 1e999}', b"[" * 1500 + b"]" * 1500,
)  # fmt: skip
JSON_TYPES = (
    b"application/json; charset=utf-8",
    b"application/vnd.api+json",
    b"APPLICATION/JSON",
    b"application/geo+json",
)
FORM_TYPES = (
    b"application/x-www-form-urlencoded",
    b"application/x-www-form-urlencoded; charset=latin-1",
    b"Application/X-WWW-form-urlencoded",
)
OTHER_TYPES = (
    b"text/plain",
    b"application/xml",
    b"",
    b"application/x-www-form-urlencoded",
    b"nonsense",
    b"application/jsonx",
)
BROKEN_FORMS = (b"%", b"a=%ff", b"=&=", b"name", b"--fuzzboundary", b"\x00\x01", b"")
ODD_FORMS = (
    "N=1;N=2", "N=%", "&N=1&&", "N==", "N", "N=a=b", "N=%zz", "N=%C3%BC+x", "N=1&N=", "N=\xff", "N=1\r\n",
    " N=1", "+N=1", "%4E=1&N=3",
    "N=1&x=%00", "n%26=1&N=2", "N=\u20ac", "N=%E9", "N\x00=1", "?N=1", "N[]=1", "N=1#x",
)  # fmt: skip
"""N stands for the name of a field."""


def draw_body(random: Random, params: list[Param], wrong: float) -> tuple[Headers, list[bytes]]:
    """The headers and body messages for these parameters, wrong here and there where `wrong` is more than 0."""
    forms = [param for param in params if param.where in ("form", "file")]
    bodies = [param for param in params if param.where == "body"]
    if forms:
        content_type, body = form(random, forms, wrong)
    elif bodies or chance(random, 0.03):
        content_type, body = document(random, bodies, wrong)
    else:
        return [], []
    headers: Headers = [(b"content-length", str(len(body)).encode())] if chance(random, 0.8) else []
    if not chance(random, wrong * 0.3):
        headers.append((b"content-type", content_type))
    return headers, pieces(random, body)


def pieces(random: Random, body: bytes) -> list[bytes]:
    if not chance(random, 0.2):
        return [body]
    cut = sorted(random.randrange(len(body) + 1) for _ in range(random.choice((1, 2, 3))))
    return [body[start:end] for start, end in zip([0, *cut], [*cut, len(body)], strict=True)]


def document(random: Random, params: list[Param], wrong: float) -> tuple[bytes, bytes]:
    content_type = pick(random, JSON_TYPES) if chance(random, 0.1) else b"application/json"
    if chance(random, wrong * 0.4):
        content_type = pick(random, OTHER_TYPES)
    if chance(random, wrong * 0.6):
        return content_type, pick(random, BROKEN_JSON)
    values = {param.name: value(random, param, wrong) for param in params}
    embedded = len(params) != 1 or "embed" in params[0].marker
    if embedded and values and chance(random, wrong):
        del values[pick(random, list(values))]
    whole: Any = values if embedded and not chance(random, wrong * 0.3) else next(iter(values.values()), {"a": 1})
    separators = pick(random, ((",", ":"), (", ", ": ")))
    return content_type, json.dumps(whole, ensure_ascii=chance(random, 0.5), separators=separators).encode()


def value(random: Random, param: Param, wrong: float) -> Any:
    kind = BODIES[param.kind]
    return pick(random, kind.bad if kind.bad and chance(random, wrong) else kind.good)


def form(random: Random, params: list[Param], wrong: float) -> tuple[bytes, bytes]:
    pairs = form_pairs(random, params, wrong)
    files = any(param.where == "file" or param.kind == "FormWithFile" for param in params)
    if not files and chance(random, 0.6):
        body = urlencode(pairs, encoding=pick(random, ("utf-8", "utf-8", "latin-1")), errors="replace").encode()
        body = pick(random, BROKEN_FORMS) if chance(random, wrong * 0.4) else body
        if pairs and chance(random, 0.08):
            body = pick(random, ODD_FORMS).replace("N", pick(random, pairs)[0]).encode()
        return pick(random, FORM_TYPES) if chance(random, 0.1) else FORM_TYPES[0], body
    if chance(random, wrong * 0.3):
        return pick(
            random, (b"multipart/form-data", b"multipart/form-data; boundary=other", b"text/plain")
        ), b"--fuzzboundary\r\n"
    body = "".join(part(random, name, text) for name, text in pairs).encode() + f"--{BOUNDARY}--\r\n".encode()
    return f"multipart/form-data; boundary={BOUNDARY}".encode(), body[
        : len(body) - (5 if chance(random, wrong * 0.3) else 0)
    ]


def form_pairs(random: Random, params: list[Param], wrong: float) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for param in params:
        if chance(random, wrong):
            continue
        if param.kind in MODEL_KEYS:
            for name, texts in MODEL_KEYS[param.kind].items():
                found.append((name, pick(random, texts) if chance(random, wrong) else texts[0]))
        elif param.where == "file":
            found += [(f"{param.name}@", "content ü")] * (2 if "list" in param.kind or chance(random, 0.1) else 1)
        else:
            kind = KINDS[param.kind]
            texts = kind.bad if kind.bad and chance(random, wrong) else kind.good
            found += [(param.name, pick(random, texts)) for _ in range(2 if kind.many else 1)]
    return found


def part(random: Random, name: str, text: str) -> str:
    file = ""
    if name.endswith("@") or (name == "upload" and chance(random, 0.8)):
        chosen = pick(random, ("f.txt", "f.txt", "ü.bin", "f.txt", "f.txt", ""))
        file = f'; filename="{chosen}"\r\nContent-Type: text/x-file'
        text = text if chosen else ""
    disposition = f'Content-Disposition: form-data; name="{name.removesuffix("@")}"'
    return f"--{BOUNDARY}\r\n{disposition}{file}\r\n\r\n{text}\r\n"
