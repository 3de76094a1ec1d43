"""The kinds of parameters: how each is declared, and texts that are right and wrong for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A type with texts for it."""

    annotation: str
    good: tuple[str, ...]
    bad: tuple[str, ...] = ("x", "", "1.5.2")
    defaults: tuple[str, ...] = ()
    markers: tuple[str, ...] = ("",)
    """Arguments for Query(...) and the like that fit this kind."""
    many: bool = False
    """Takes several values under one name, which a path does not have."""


TEXT = ("a", "ü x", "1", "longer text", " ", "%41", "é&=?")
SCALARS = {
    "str": Kind("str", TEXT, ("",), ("'d'", "''", "None"), ("", "min_length=1", "max_length=11", "pattern='^.'")),
    "int": Kind(
        "int", ("1", "-5", "007", "13"), ("x", "1.5", "", "99", "9" * 30), ("7", "'8'"), ("", "ge=-5", "lt=20, gt=-9")
    ),
    "float": Kind(
        "float", ("1", "2.5", "1e3"), ("x", "inf", "nan", "1e4"), ("0.5",), ("", "le=1000", "allow_inf_nan=False")
    ),
    "bool": Kind("bool", ("1", "true", "off", "no"), ("2", ""), ("False", "'yes'")),
    "uuid": Kind("UUID", ("12345678123456781234567812345678", "a8098c1a-f86e-11da-bd1a-00112444be1e"), ("x",)),
    "date": Kind("date", ("2020-02-29", "0"), ("2020-02-30", "x"), ("date(2020, 1, 1)", "'2020-01-02'")),
    "datetime": Kind("datetime", ("2020-02-29T10:00:00Z", "1600000000"), ("x",)),
    "timedelta": Kind("timedelta", ("P1D", "PT3S"), ("x", "3.5")),
    "decimal": Kind("Decimal", ("1.10", "1e2"), ("x",), ("Decimal('0.10')",), ("", "max_digits=3")),
    "enum": Kind("Colour", ("red", "blue"), ("green", "RED"), ("Colour.RED", "'blue'")),
    "level": Kind("Level", ("1", "2"), ("3", "LOW"), ("Level.LOW",)),
    "literal": Kind("Literal['a', 'b', 1]", ("a", "b"), ("c", "1"), ("'a'",)),
    "optional": Kind("int | None", ("1", "2"), ("", "x"), ("None", "5"), ("", "ge=1")),
    "optional str": Kind("str | None", TEXT, (), ("None", "'d'"), ("", "max_length=11")),
    "union": Kind("int | str", ("1", "x", "1.0"), (), ("None",)),
    "union date": Kind("date | datetime", ("2020-01-01", "2020-01-01T00:00:00"), ("x",)),
    "any": Kind("Any", TEXT, (), ("None", "[]", "{}")),
    "bytes": Kind("bytes", TEXT, (), ("b'd'",)),
    "strict int": Kind("int", ("1",), ("x",), ("3",), ("strict=True",)),
    "json": Kind("Json[list[int]]", ("[1, 2]", "[]"), ("[", "{}", "x"), ("'[3]'",)),
    "heard": Kind("Heard", ("1", "2"), ("13", "x"), ("13", "4")),
    "heard first": Kind("HeardFirst", ("1", "x"), ("13",), ("'13'", "'x'")),
    "heard around": Kind("HeardAround", ("1", "2"), ("x",), ("'x'", "4")),
    "secret": Kind("SecretStr", TEXT, (), ("SecretStr('d')",)),
}
MANY = {
    "list str": Kind("list[str]", TEXT, (), ("[]", "['d']", "None"), ("", "max_length=2"), many=True),
    "list int": Kind("list[int]", ("1", "2", "3"), ("x",), ("[]", "[1]"), many=True),
    "optional list": Kind("list[int] | None", ("1", "2"), ("x",), ("None",), many=True),
    "set": Kind("set[str]", ("a", "b", "a"), (), ("set()",), many=True),
    "tuple": Kind("tuple[int, str]", ("1", "2"), ("x",), (), many=True),
    "list": Kind("list", TEXT, (), ("[]",), many=True),
}
KINDS = SCALARS | MANY

MODELS = {
    "query": ("Filters", "Filters", "Filters", "StrictFilters"),
    "header": ("HeaderModel",),
    "cookie": ("CookieModel",),
    "form": ("FormModel", "FormWithFile"),
}
"""The models that collect the parameters of one place."""

MODEL_KEYS = {
    "Filters": {
        "limit": ("5", "x", "101"),
        "order": ("up",),
        "tags": ("a", "b"),
        "deepId": ("4", "x"),
        "deep_id": ("3",),
    },
    "StrictFilters": {"limit": ("5", "x"), "day": ("2020-01-01", "x")},
    "HeaderModel": {"x-token": ("t",), "x-many": ("a", "b"), "x-number": ("1", "x"), "x_token": ("u",)},
    "CookieModel": {"sid": ("s", ""), "age": ("3", "x")},
    "FormModel": {"name": ("n", ""), "size": ("2", "x", ""), "tags": ("a", "b")},
    "FormWithFile": {"name": ("n",), "upload": ("text",)},
}
"""The names under which a model's fields come, each with texts, the good one first."""

MARKERS = {
    "path": "Path",
    "query": "Query",
    "header": "Header",
    "cookie": "Cookie",
    "form": "Form",
    "file": "File",
    "body": "Body",
}
FILES = {
    "bytes": "bytes",
    "file": "UploadFile",
    "optional file": "UploadFile | None",
    "files": "list[UploadFile]",
    "list bytes": "list[bytes]",
}
