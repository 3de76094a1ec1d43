"""Draws requests to an app: mostly right ones, and every kind of wrong."""

from __future__ import annotations

from random import Random
from urllib.parse import quote, quote_plus

from .draw_body import ODD_FORMS, draw_body
from .draw_function import chance, pick
from .draw_route import path_names
from .parameters import KINDS, MODEL_KEYS
from .spec import App, Param, Request, Target, targets
from .stage import RAISES

FILLED = {
    "int": ("7", "0", "12"),
    "float": ("1.5", "2"),
    "uuid": ("a8098c1a-f86e-11da-bd1a-00112444be1e",),
    "path": ("a/b", "me", ""),
}
ODD_PATHS = (
    "/nothing",
    "/",
    "",
    "//",
    "/items//",
    "/items/me/",
    "/ITEMS",
    "/openapi.json",
    "/docs",
    "/sub",
    "/sub/",
    "/items/\n",
)
ODD_QUERIES = (
    b"&",
    b"=",
    b"a",
    b"q",
    b"q=%ff%fe",
    b"q=%",
    b"q=\xe9",
    b"q=1;q=2",
    b"%71=1",
    b"picky=no",
    b"id=3",
    b"q=a+b%2Bc",
)
ODD_HEADERS = (
    (b"x-token", b"\xff\xe9"),
    (b"cookie", b'sid="q\\"uoted"; age=5; a; =b; key=k'),
    (b"cookie", b"sid=1; sid=2"),
    (b"x_token", b"under"),
    (b"authorization", b"Bearer "),
    (b"authorization", b"bearer token"),
    (b"authorization", b"Basic dTpw"),
    (b"authorization", b"Basic x"),
    (b"x-key", b"k"),
    (b"origin", b"http://a"),
    (b"accept-encoding", b"gzip"),
    (b"x-http-method-override", b"PUT"),
)
RIGHT = (b"authorization", b"Bearer token"), (b"x-key", b"k")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "DELETE", "PROPFIND", "get")


class RequestDrawer:
    """Draws requests to the routes of one app."""

    def __init__(self, random: Random, app: App) -> None:
        self.random, self.app = random, app
        self.targets = targets(app)
        self.names = [function.name for function in app.dependencies]

    def request(self) -> Request:
        random = self.random
        target = pick(random, self.targets) if self.targets else None
        if target is None or chance(random, 0.03):
            return Request(pick(random, METHODS), pick(random, ODD_PATHS))
        # A mood for the whole request: else hardly one with many parameters would be right.
        wrong = pick(random, (0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.3))
        params = [param for function in target.functions for param in function.params]
        headers, body = draw_body(random, params, wrong)
        headers = [*self.headers(params, wrong), *headers]
        random.shuffle(headers)
        return Request(
            method=pick(random, target.route.methods) if not chance(random, 0.06) else pick(random, METHODS),
            path=self.path(target, wrong),
            query=self.query(params, wrong),
            headers=tuple(headers),
            body=tuple(body),
            orders=self.orders(target),
            root_path="/mounted" if chance(random, 0.03) else "",
            # Before 2.4 a response that streams listens for the client's leaving: a race.
            leaves=(leaves := chance(random, 0.02)),
            spec_version="2.4" if leaves else pick(random, ("2.3", "2.4")),
            kind="websocket" if target.route.kind == "websocket" and chance(random, 0.8) else "http",
        )

    def path(self, target: Target, wrong: float) -> str:
        random = self.random
        path, kinds = target.path, {p.name: p for function in target.functions for p in function.params}
        for name, convertor in path_names(path):
            texts = FILLED.get(convertor) or self.texts(kinds.get(name), wrong)
            text = pick(random, texts)
            path = path.replace(f"{{{name}:{convertor}}}" if convertor else f"{{{name}}}", text, 1)
        if chance(random, 0.04):
            path = pick(
                random,
                (path + "/", path.rstrip("/"), path + "\n", path.upper(), path + "/more", path.replace("/", "//", 1)),
            )
        return path

    def texts(self, param: Param | None, wrong: float) -> tuple[str, ...]:
        if param is None or param.kind not in KINDS:
            return ("me", "x", "items", "1", "ü")
        kind = KINDS[param.kind]
        return kind.bad or kind.good if chance(self.random, wrong) else kind.good

    def query(self, params: list[Param], wrong: float) -> bytes:
        encode = pick(self.random, (quote, quote_plus))
        pairs = [f"{encode(name)}={encode(text)}" for name, text in self.pairs(params, "query", wrong)]
        if chance(self.random, 0.1):
            self.random.shuffle(pairs)
        query = "&".join(pairs).encode()
        if pairs and chance(self.random, 0.06):
            return pick(self.random, ODD_FORMS).replace("N", pick(self.random, pairs).split("=")[0]).encode()
        return query + b"&" + pick(self.random, ODD_QUERIES) if chance(self.random, 0.05) else query

    def headers(self, params: list[Param], wrong: float) -> list[tuple[bytes, bytes]]:
        random = self.random
        pairs = self.pairs(params, "header", wrong)
        headers = [(b"host", b"testserver")] if not chance(random, 0.02) else []
        for name, text in pairs:
            name = name if chance(random, 0.1) else name.replace("_", "-")
            headers.append((name.lower().encode(), text.encode("latin-1", "replace")))
        cookies = [f"{name}={quote(text)}" for name, text in self.pairs(params, "cookie", wrong)]
        if cookies:
            headers.append((b"cookie", "; ".join(cookies).encode()))
        if not chance(random, 0.1):
            headers += RIGHT
        if chance(random, 0.1):
            headers.append(pick(random, ODD_HEADERS))
        return headers

    def pairs(self, params: list[Param], where: str, wrong: float) -> list[tuple[str, str]]:
        """The names and texts of a request for the parameters of one place."""
        random, found = self.random, []
        for param in (param for param in params if param.where == where):
            if chance(random, 0.4 if param.default is not None else wrong):
                continue
            if param.kind in MODEL_KEYS:
                for name, texts in MODEL_KEYS[param.kind].items():
                    count = 0 if "_" in name and chance(random, 0.9) else random.choice((0, 1, 1, 1, 1, 2))
                    found += [(name, pick(random, texts) if chance(random, wrong) else texts[0]) for _ in range(count)]
                continue
            count = random.choice((1, 2, 3)) if KINDS[param.kind].many or chance(random, 0.06) else 1
            found += [(asked_as(param), pick(random, self.texts(param, wrong))) for _ in range(count)]
        return found

    def orders(self, target: Target) -> tuple[tuple[str, str], ...]:
        random = self.random
        if not chance(random, 0.3):
            return ()
        who = pick(random, target.functions).name
        others = [f"handler_{i}" for i in range(len(self.app.handlers))]
        draw = random.random()
        if draw < 0.45:
            order = (pick(random, (who, who, who, *others)), pick(random, tuple(RAISES)))
        elif draw < 0.6:
            order = (who + pick(random, (" exit", " work", " work 2")), pick(random, tuple(RAISES)))
        elif draw < 0.75:
            order = (
                f"{who} response",
                pick(random, ("status 201", "status 204", "status 404", "cookie", "type", "length")),
            )
        elif draw < 0.9:
            order = (f"{pick(random, (who, *others))} request", pick(random, ("body", "json", "form", "stream")))
        else:
            order = (who, f"override {pick(random, self.names)}" if self.names and chance(random, 0.8) else "restore")
        second = () if chance(random, 0.7) else self.orders(target)
        return tuple(({order[0]: order[1]} | dict(second)).items())


def asked_as(param: Param) -> str:
    """The name under which a request carries `param`."""
    for word in ("validation_alias=", " alias=", "alias="):
        if word in param.marker:
            return param.marker.split(word)[1].split("'")[1]
    return param.name


def draw_requests(seed: str, app: App, count: int) -> tuple[Request, ...]:
    """The requests of this seed to `app`."""
    drawer = RequestDrawer(Random(seed), app)
    return tuple(drawer.request() for _ in range(count))
