"""The parity corpus: kinds of statements, each built of generated values."""

import datetime
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy import bindparam, case, func, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from tests.parity.schema import (
    METADATA,
    Color,
    addresses,
    documents,
    everything,
    grants,
    log,
    odd,
    tags,
    tokens,
    tree,
    users,
)


@dataclass(frozen=True)
class Values:
    """One drawing of generated values."""

    n: int
    m: int
    s: str
    t: str
    flag: bool
    moment: datetime.datetime
    day: datetime.date
    clock: datetime.time
    price: Decimal
    ratio: float
    color: Color
    word: str
    document: Any
    blob: bytes
    uid: uuid.UUID
    span: datetime.timedelta
    ns: list[int]
    ss: list[str]


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
VALUES = st.builds(
    Values,
    n=st.integers(-(2**40), 2**40),
    m=st.integers(0, 5),
    s=WORDS,
    t=WORDS,
    flag=st.booleans(),
    moment=st.datetimes(),
    day=st.dates(),
    clock=st.times(),
    price=st.decimals(-9999, 9999, places=2),
    ratio=st.floats(allow_nan=False, allow_infinity=False, width=32),
    color=st.sampled_from(Color),
    word=st.sampled_from(["one", "two"]),
    document=st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | WORDS, st.lists, max_leaves=4),
    blob=st.binary(max_size=20),
    uid=st.uuids(),
    span=st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=4000)),
    ns=st.lists(st.integers(0, 9), max_size=5),
    ss=st.lists(WORDS, max_size=4),
)

Case = Callable[[Values], Any]
CASES: dict[str, Case] = {}
MANY: dict[str, Case] = {}


def kind(build: Case) -> Case:
    """One kind of statement; `build` answers a statement, or a statement and the values of the call."""
    assert build.__name__ not in CASES
    CASES[build.__name__] = build
    return build


def many(build: Case) -> Case:
    """One kind of statement for many rows; `build` answers a statement and the rows."""
    assert build.__name__ not in MANY
    MANY[build.__name__] = build
    return build


def kinds(**builds: Case) -> None:
    for name, build in builds.items():
        assert name not in CASES, name
        CASES[name] = build


# One family for each type of column

TYPED: Mapping[str, Callable[[Values], Any]] = {
    "whole": lambda v: v.n,
    "big": lambda v: v.n * 1000,
    "small": lambda v: v.m,
    "short": lambda v: v.s,
    "long": lambda v: v.s,
    "wide": lambda v: v.t,
    "flag": lambda v: v.flag,
    "moment": lambda v: v.moment,
    "zoned": lambda v: v.moment,
    "day": lambda v: v.day,
    "clock": lambda v: v.clock,
    "price": lambda v: v.price,
    "loose": lambda v: float(v.price),
    "ratio": lambda v: v.ratio,
    "exact": lambda v: v.price,
    "twice": lambda v: v.ratio,
    "color": lambda v: v.color,
    "word": lambda v: v.word,
    "document": lambda v: v.document,
    "blob": lambda v: v.blob,
    "uid": lambda v: v.uid,
    "uid_text": lambda v: str(v.uid),
    "span": lambda v: v.span,
    "thing": lambda v: {"a": v.s, "b": [v.n]},
    "mirrored": lambda v: v.s,
    "uncached": lambda v: v.s,
    "shout": lambda v: v.s,
    "varied": lambda v: v.s,
}


def typed(name: str, value: Callable[[Values], Any]) -> Iterator[tuple[str, Case]]:
    column = everything.c[name]
    yield f"{name}_equal", lambda v: select(everything).where(column == value(v))
    yield f"{name}_inserted", lambda v: everything.insert().values({name: value(v)})
    yield f"{name}_given", lambda v: (everything.insert(), {name: value(v)})
    yield (f"{name}_updated", lambda v: everything.update().where(everything.c.id == v.m).values({name: value(v)}))
    yield (
        f"{name}_returned",
        lambda v: everything.insert().values({name: value(v)}).returning(column, everything.c.id),
    )
    yield f"{name}_in_list", lambda v: select(column).where(column.in_([value(v)] * v.m))
    yield f"{name}_literal", lambda v: select(sa.literal(value(v), column.type).label("x"), column)


for _name, _value in TYPED.items():
    CASES.update(typed(_name, _value))


# Selects

users2 = users.alias("u2")

kinds(
    select_all=lambda v: select(users),
    select_columns=lambda v: select(users.c.id, users.c.name),
    select_where=lambda v: users.select().where(users.c.id == v.m),
    select_two_conditions=lambda v: select(users).where(users.c.id > v.m, users.c.name != v.s),
    select_or=lambda v: select(users).where(sa.or_(users.c.id == v.m, users.c.name == v.s)),
    select_not=lambda v: select(users).where(~(users.c.id == v.m)),
    select_null=lambda v: select(users).where(users.c.seen.is_(None)),
    select_equal_none=lambda v: select(users).where(users.c.seen == None),  # noqa: E711
    select_between=lambda v: select(users).where(users.c.age.between(v.m, v.n)),
    select_like=lambda v: select(users).where(users.c.name.like(f"%{v.s}%")),
    select_ilike=lambda v: select(users).where(users.c.name.ilike(v.s)),
    select_contains=lambda v: select(users).where(users.c.name.contains(v.s, autoescape=True)),
    select_startswith=lambda v: select(users).where(users.c.name.startswith(v.s)),
    select_endswith=lambda v: select(users).where(users.c.name.endswith("n")),
    select_regexp=lambda v: select(users).where(users.c.name.regexp_match("^a")),
    select_in=lambda v: select(users).where(users.c.id.in_(v.ns)),
    select_in_empty=lambda v: select(users).where(users.c.id.in_([])),
    select_not_in=lambda v: select(users).where(users.c.name.not_in(v.ss)),
    select_two_lists=lambda v: select(users).where(users.c.id.in_(v.ns), users.c.name.in_(v.ss), users.c.age > v.m),
    select_same_list=lambda v: select(users).where(sa.or_(users.c.id.in_(v.ns), users.c.age.in_(v.ns))),
    select_in_tuples=lambda v: select(grants).where(
        sa.tuple_(grants.c.user_id, grants.c.role).in_([(n, "a") for n in [*v.ns, 1]])
    ),
    select_in_select=lambda v: select(users).where(
        users.c.id.in_(select(addresses.c.user_id).where(addresses.c.city == v.s))
    ),
    select_in_bind=lambda v: (select(users).where(users.c.id.in_(bindparam("ids", expanding=True))), {"ids": v.ns}),
    select_literal_execute=lambda v: select(users).where(users.c.id == bindparam("i", v.m, literal_execute=True)),
    select_literal_column=lambda v: select(sa.literal_column("1 + 1").label("two")),
    select_order=lambda v: select(users).order_by(users.c.name.desc(), users.c.id),
    select_order_nulls=lambda v: select(users).order_by(users.c.seen.desc().nulls_last()),
    select_limit=lambda v: select(users).order_by(users.c.id).limit(v.m),
    select_offset=lambda v: select(users).order_by(users.c.id).limit(2).offset(v.m),
    select_only_offset=lambda v: select(users).order_by(users.c.id).offset(v.m),
    select_distinct=lambda v: select(users.c.state).distinct(),
    select_count=lambda v: select(func.count()).select_from(users),
    select_group=lambda v: select(users.c.state, func.count(users.c.id).label("number")).group_by(users.c.state),
    select_having=lambda v: select(users.c.age).group_by(users.c.age).having(func.count() > v.m),
    select_label=lambda v: select((users.c.age + v.m).label("later"), users.c.name.label("who")),
    select_arithmetic=lambda v: select(users.c.age * v.m + 1, -users.c.age, users.c.age % 5),
    select_concat=lambda v: select(users.c.name + v.s, users.c.name.concat("!")),
    select_anonymous=lambda v: select(func.lower(users.c.name), func.lower(users.c.state)),
    select_case=lambda v: select(case((users.c.age > v.m, v.s), (users.c.age == v.n, "n"), else_="e").label("c")),
    select_case_value=lambda v: select(case({"new": v.s, "old": "o"}, value=users.c.state)),
    select_cast=lambda v: select(sa.cast(users.c.age, sa.String), sa.cast(v.s, sa.Text)),
    select_type_coerce=lambda v: select(sa.type_coerce(users.c.name, everything.c.mirrored.type)),
    select_coalesce=lambda v: select(func.coalesce(users.c.seen, v.moment)),
    select_extract=lambda v: select(sa.extract("year", users.c.born)),
    select_true=lambda v: select(users).where(sa.true()),
    select_false=lambda v: select(users).where(sa.false()),
    select_null_literal=lambda v: select(sa.null(), sa.literal(v.s)),
    select_bind=lambda v: (select(users).where(users.c.name == bindparam("who")), {"who": v.s}),
    select_bind_default=lambda v: select(users).where(users.c.name == bindparam("who", v.s)),
    select_bind_default_given=lambda v: (select(users).where(users.c.name == bindparam("who", v.s)), {"who": v.t}),
    select_bind_twice=lambda v: (
        select(users).where(sa.or_(users.c.name == bindparam("w"), users.c.state == bindparam("w"))),
        {"w": v.s},
    ),
    select_bind_callable=lambda v: select(users).where(users.c.name == bindparam("f", callable_=lambda: v.s)),
    select_bind_unique=lambda v: select(users).where(users.c.name == bindparam("u", v.s, unique=True)),
    select_bind_typed=lambda v: (select(bindparam("d", type_=sa.DateTime).label("d")), {"d": v.moment}),
    select_bind_odd_name=lambda v: (
        select(users).where(users.c.name == bindparam("a b:c.d(e)%")),
        {"a b:c.d(e)%": v.s},
    ),
    select_params=lambda v: select(users).where(users.c.name == bindparam("who")).params(who=v.s),
    select_params_and_values=lambda v: (
        select(users).where(users.c.name == bindparam("who"), users.c.age > bindparam("old")).params(who=v.s, old=1),
        {"old": v.m},
    ),
    select_for_update=lambda v: select(users).with_for_update(),
    select_prefix=lambda v: select(users.c.id).prefix_with("ALL"),
    select_suffix=lambda v: select(users.c.id).suffix_with("-- done"),
    select_hint=lambda v: select(users).with_hint(users, "x", "oracle"),
    select_alias=lambda v: select(users2).where(users2.c.id == v.m),
    select_anonymous_alias=lambda v: select(users.alias()).limit(v.m),
    select_join=lambda v: select(users.c.name, addresses.c.city).join_from(users, addresses),
    select_outer_join=lambda v: (
        select(users, addresses.c.city).select_from(users.outerjoin(addresses)).where(users.c.id > v.m)
    ),
    select_both_ids=lambda v: select(users.c.id, addresses.c.id).join_from(users, addresses),
    select_both_tables=lambda v: select(users, addresses).join_from(users, addresses),
    select_self_join=lambda v: select(users.c.name, users2.c.name).join_from(
        users, users2, users.c.manager_id == users2.c.id
    ),
    select_labels_style=lambda v: (
        select(users, addresses).join_from(users, addresses).set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
    ),
    select_no_labels=lambda v: (
        select(users.c.id, addresses.c.id).join_from(users, addresses).set_label_style(sa.LABEL_STYLE_NONE)
    ),
    select_same_column_twice=lambda v: select(users.c.id, users.c.id),
    select_subquery=lambda v: select(select(users).where(users.c.id > v.m).subquery("old")),
    select_anonymous_subquery=lambda v: select(select(users.c.name, users.c.born).limit(v.m).subquery()),
    select_scalar_subquery=lambda v: select(
        users.c.name,
        select(func.count(addresses.c.id)).where(addresses.c.user_id == users.c.id).scalar_subquery().label("n"),
    ),
    select_exists=lambda v: select(users).where(
        select(addresses.c.id).where(addresses.c.user_id == users.c.id, addresses.c.city == v.s).exists()
    ),
    exists_select=lambda v: sa.exists().where(users.c.name == v.s).select(),
    select_any_lateral_free=lambda v: select(users.c.id).where(
        users.c.id == select(func.max(users.c.id)).scalar_subquery()
    ),
    select_cte=lambda v: select(select(users).where(users.c.age > v.m).cte("grown")),
    select_two_ctes=lambda v: _two_ctes(v),
    select_recursive=lambda v: _recursive(v),
    select_union=lambda v: sa.union(select(users.c.name).where(users.c.id == v.m), select(tags.c.slug)),
    select_union_all=lambda v: sa.union_all(select(users.c.id, users.c.name), select(addresses.c.id, addresses.c.city)),
    select_union_ordered=lambda v: (
        sa.union(select(users.c.name.label("x")), select(tags.c.slug)).order_by("x").limit(v.m)
    ),
    select_intersect=lambda v: select(users.c.name).intersect(select(tags.c.title)),
    select_except=lambda v: select(users.c.name).except_(select(tags.c.title).where(tags.c.slug == v.s)),
    select_union_typed=lambda v: sa.union_all(
        select(everything.c.moment, everything.c.color),
        select(sa.literal(v.moment), sa.literal(v.color, everything.c.color.type)),
    ),
    select_from_union=lambda v: select(sa.union(select(users.c.name), select(tags.c.slug)).subquery().c.name),
    select_window=lambda v: select(
        users.c.name, func.row_number().over(partition_by=users.c.state, order_by=users.c.id).label("place")
    ),
    select_window_rows=lambda v: select(func.sum(users.c.age).over(order_by=users.c.id, rows=(-v.m, 0))),
    select_filter=lambda v: select(func.count(users.c.id).filter(users.c.age > v.m)),
    select_values=lambda v: select(
        sa.values(sa.column("a", sa.Integer), sa.column("b", sa.DateTime), name="given").data(
            [(v.n, v.moment), (1, v.moment)]
        )
    ),
    select_tuple_compare=lambda v: select(grants).where(sa.tuple_(grants.c.user_id, grants.c.role) > (v.m, v.s)),
    select_collate=lambda v: select(users).order_by(sa.collate(users.c.name, "NOCASE")),
    select_function_typed=lambda v: select(func.max(everything.c.moment), func.min(everything.c.day)),
    select_custom_function=lambda v: select(func.substr(users.c.name, 1, v.m, type_=sa.String)),
    select_json_index=lambda v: select(everything.c.document["a"], everything.c.document[("a", "b")]),
    select_json_as=lambda v: select(everything.c.document["a"].as_string(), everything.c.document["n"].as_integer()),
    select_json_index_bound=lambda v: select(everything.c.document[v.word]),
    select_json_none=lambda v: select(everything).where(everything.c.document == sa.JSON.NULL),
    select_interval_sum=lambda v: select(everything.c.id).where(everything.c.span > v.span),
    select_bool_column=lambda v: select(everything.c.id).where(everything.c.flag),
    select_not_bool=lambda v: select(everything.c.id).where(sa.not_(everything.c.flag)),
    select_is_distinct=lambda v: select(users.c.id).where(users.c.name.is_distinct_from(v.s)),
    select_op=lambda v: select(users.c.age.op("&")(v.m)),
    select_bitwise=lambda v: select(users.c.age.bitwise_or(v.m)),
    select_light_table=lambda v: select(sa.table("users", sa.column("id"), sa.column("name"))).where(
        sa.column("id") == v.m
    ),
    select_light_typed=lambda v: select(sa.column("born", sa.DateTime)).select_from(sa.table("users")),
    select_star=lambda v: select(text("*")).select_from(users),
    select_literal_star=lambda v: select(sa.literal_column("*")).select_from(users),
    select_star_and_column=lambda v: select(users.c.born, sa.literal_column("*")).select_from(users),
    select_text_columns=lambda v: select(text("name, age")).select_from(text("users")),
    select_text_where=lambda v: select(users).where(text("users.age > :limit").bindparams(limit=v.m)),
    select_text_order=lambda v: select(users.c.id).order_by(text("name DESC")),
    select_odd=lambda v: select(odd).where(odd.c["my col"] == v.s),
    select_odd_percent=lambda v: select(odd.c["per%cent"], odd.c["a:b"]).where(odd.c["per%cent"] > v.m),
    select_odd_key=lambda v: select(odd.c.renamed, odd.c["select"]).where(odd.c.renamed == v.s),
    select_odd_label=lambda v: select(odd.c.id.label("keys"), odd.c.id.label("a.b"), odd.c.id.label('say "x"')),
    select_percent_literal=lambda v: select(sa.literal_column("'50%'").label("p"), users.c.age % v.n),
    select_no_columns_from=lambda v: select(sa.literal(1)).select_from(users),
    select_long_label=lambda v: select(users.c.id.label("x" * 90)),
    select_constant_column=lambda v: select(users.c.id, sa.text("'x' AS marker")),
    select_in_insert_cte=lambda v: select(users).where(
        users.c.id.in_(select(users2.c.id).where(users2.c.id.in_(v.ns)))
    ),
    select_lambda_built=lambda v: _built_in_steps(v),
    select_nested=lambda v: select(select(select(users).subquery("a")).where(sa.column("id") > v.m).subquery("b")),
    select_correlated=lambda v: select(addresses).where(
        addresses.c.id
        == select(func.max(addresses.c.id))
        .where(addresses.c.user_id == users.c.id)
        .correlate(addresses)
        .scalar_subquery()
    ),
    select_execution_options=lambda v: select(users).execution_options(stream_results=True).where(users.c.id == v.m),
    function_alone=lambda v: func.upper(v.s),
    function_count=lambda v: func.count(users.c.id),
    function_select=lambda v: func.coalesce(None, v.n).select(),
    select_group_concat=lambda v: select(func.group_concat(users.c.name, v.s)),
    select_within_types=lambda v: select(*everything.c).where(everything.c.id > v.m),
    select_having_bind=lambda v: (
        select(users.c.state).group_by(users.c.state).having(func.count() > bindparam("least")),
        {"least": v.m},
    ),
)


def _two_ctes(v: Values) -> Any:
    old = select(users.c.id, users.c.name).where(users.c.age > v.m).cte("old")
    housed = select(addresses.c.user_id).where(addresses.c.city != v.s).cte("housed")
    return select(old.c.name).join_from(old, housed, old.c.id == housed.c.user_id).where(old.c.id.in_(v.ns))


def _recursive(v: Values) -> Any:
    top = (
        select(tree.c.id, tree.c.name, sa.literal(0).label("depth")).where(tree.c.id == v.m).cte("down", recursive=True)
    )
    child = select(tree.c.id, tree.c.name, top.c.depth + 1).join(top, tree.c.parent_id == top.c.id)
    return select(top.union_all(child))


def _built_in_steps(v: Values) -> Any:
    statement = select(users)
    for number in range(v.m):
        statement = statement.where(users.c.id != number)
    return statement


# Inserts

kinds(
    insert_values=lambda v: users.insert().values(name=v.s, age=v.n),
    insert_given=lambda v: (users.insert(), {"name": v.s, "age": v.n}),
    insert_one_default=lambda v: (users.insert(), {"name": v.s}),
    insert_all_given=lambda v: (
        users.insert(),
        {"name": v.s, "nick": v.t, "born": v.moment, "changes": 1, "loud": "x"},
    ),
    insert_values_and_given=lambda v: (users.insert().values(name=v.s), {"age": v.n}),
    insert_overridden=lambda v: (users.insert().values(name=v.s), {"name": v.t}),
    insert_with_id=lambda v: users.insert().values(id=v.n, name=v.s),
    insert_with_id_none=lambda v: (users.insert(), {"id": None, "name": v.s}),
    insert_none=lambda v: users.insert().values(name=v.s, age=None),
    insert_expression=lambda v: users.insert().values(name=v.s, nick=func.upper(v.t), age=users.c.id),
    insert_subquery=lambda v: users.insert().values(name=v.s, age=select(func.max(users.c.age)).scalar_subquery()),
    insert_list=lambda v: users.insert().values((v.n, v.s)),
    insert_several=lambda v: users.insert().values([{"name": v.s + "1"}, {"name": v.s + "2"}]),
    insert_several_full=lambda v: addresses.insert().values(
        [{"city": v.s, "since": v.day}, {"city": v.t, "since": None}]
    ),
    insert_several_tuples=lambda v: log.insert().values([(v.s, v.n), (v.t, 2), ("z", 3)]),
    insert_several_none=lambda v: users.insert().values(
        [{"name": v.s + "1", "nick": "a"}, {"name": v.s + "2", "nick": None}]
    ),
    insert_nothing=lambda v: addresses.insert(),
    insert_empty_defaults=lambda v: tokens.insert(),
    insert_from_select=lambda v: addresses.insert().from_select(
        ["city", "user_id"], select(users.c.name, users.c.id).where(users.c.id > v.m)
    ),
    insert_from_select_defaults=lambda v: users.insert().from_select(
        ["name", "nick"], select(tags.c.slug + v.s, tags.c.title)
    ),
    insert_from_select_bare=lambda v: log.insert().from_select(
        ["line"], select(tags.c.slug).where(tags.c.slug != v.s), include_defaults=False
    ),
    insert_from_cte=lambda v: _insert_from_cte(v),
    insert_string_key=lambda v: (tags.insert(), {"slug": v.s, "title": v.t}),
    insert_composite=lambda v: (grants.insert(), {"user_id": v.n, "role": v.s, "given": v.day}),
    insert_composite_values=lambda v: grants.insert().values(user_id=v.n, role=v.s),
    insert_uuid_default=lambda v: (documents.insert(), {"body": v.document}),
    insert_uuid_given=lambda v: (documents.insert(), {"uid": v.uid, "body": v.document}),
    insert_server_key=lambda v: (tokens.insert(), {"note": v.s}),
    insert_server_key_given=lambda v: (tokens.insert(), {"token": v.s, "note": v.t}),
    insert_no_key=lambda v: (log.insert(), {"line": v.s, "level": v.n}),
    insert_light=lambda v: sa.insert(sa.table("log", sa.column("line"), sa.column("level"))).values(
        line=v.s, level=v.n
    ),
    insert_odd=lambda v: odd.insert().values({"select": v.n, "my col": v.s, "per%cent": 1, "a:b": v.t, "Größe": 2}),
    insert_odd_given=lambda v: (odd.insert(), {"select": v.n, "my col": v.s, "a:b": v.t, "(brackets)": v.m}),
    insert_odd_key=lambda v: (odd.insert(), {"renamed": v.s}),
    insert_bind=lambda v: (users.insert().values(name=bindparam("who"), nick="n"), {"who": v.s}),
    insert_inline=lambda v: users.insert().inline().values(name=v.s),
    insert_prefix=lambda v: tags.insert().prefix_with("OR REPLACE").values(slug=v.s, title=v.t),
    insert_ignore=lambda v: tags.insert().prefix_with("OR IGNORE").values(slug="red", title=v.t),
    insert_returning=lambda v: users.insert().values(name=v.s).returning(users),
    insert_returning_id=lambda v: (users.insert().returning(users.c.id), {"name": v.s}),
    insert_returning_label=lambda v: (
        users.insert().values(name=v.s).returning((users.c.age + v.m).label("x"), users.c.born)
    ),
    insert_several_returning=lambda v: addresses.insert().values([{"city": v.s}, {"city": v.t}]).returning(addresses),
    insert_select_returning=lambda v: (
        addresses.insert()
        .from_select(["city"], select(tags.c.slug).where(tags.c.slug != v.s))
        .returning(addresses.c.city)
    ),
    insert_return_defaults=lambda v: users.insert().values(name=v.s).return_defaults(),
    insert_everything=lambda v: (
        everything.insert(),
        {name: value(v) for name, value in TYPED.items() if name != "uncached"},
    ),
    upsert_nothing=lambda v: upsert(tags).values(slug=v.s, title=v.t).on_conflict_do_nothing(),
    upsert_nothing_on=lambda v: (
        upsert(tags).values(slug="red", title=v.t).on_conflict_do_nothing(index_elements=["slug"])
    ),
    upsert_update=lambda v: _upsert_excluded(v),
    upsert_update_value=lambda v: (
        upsert(tags)
        .values(slug="red", title=v.t)
        .on_conflict_do_update(index_elements=[tags.c.slug], set_={"title": v.s})
    ),
    upsert_update_where=lambda v: (
        upsert(users)
        .values(name="ann", age=v.m)
        .on_conflict_do_update(index_elements=["name"], set_={"age": users.c.age + v.m}, where=users.c.age < v.n)
    ),
    upsert_given=lambda v: (
        upsert(tags).on_conflict_do_update(index_elements=["slug"], set_={"title": "again"}),
        {"slug": v.s, "title": v.t},
    ),
    upsert_several=lambda v: (
        upsert(tags)
        .values([{"slug": "red", "title": v.s}, {"slug": "blue", "title": v.t}])
        .on_conflict_do_update(index_elements=["slug"], set_={"title": v.s})
    ),
    upsert_returning=lambda v: _upsert_excluded(v).returning(tags),
)


def _insert_from_cte(v: Values) -> Any:
    chosen = select(tags.c.slug).where(tags.c.slug != v.s).cte("chosen")
    return log.insert().from_select(["line", "level"], select(chosen.c.slug, sa.literal(v.n)))


def _upsert_excluded(v: Values) -> Any:
    statement = upsert(tags).values(slug="red", title=v.t)
    return statement.on_conflict_do_update(index_elements=["slug"], set_={"title": statement.excluded.title + v.s})


# Updates and deletes

kinds(
    update_values=lambda v: addresses.update().values(city=v.s),
    update_where=lambda v: users.update().where(users.c.id == v.m).values(name=v.s),
    update_given=lambda v: (users.update().where(users.c.id == 1), {"name": v.s, "age": v.n}),
    update_bound_where=lambda v: (users.update().where(users.c.id == bindparam("which")), {"which": v.m, "age": v.n}),
    update_values_and_bind=lambda v: (
        addresses.update().where(addresses.c.id == bindparam("which")).values(city=bindparam("town")),
        {"which": v.m, "town": v.s},
    ),
    update_expression=lambda v: users.update().values(age=users.c.age + v.m),
    update_two_expressions=lambda v: users.update().values({users.c.age: users.c.age * v.m, users.c.state: "x"}),
    update_ordered=lambda v: users.update().ordered_values((users.c.state, v.s), (users.c.age, v.m)),
    update_none=lambda v: addresses.update().where(addresses.c.city == v.s).values(since=None),
    update_subquery=lambda v: addresses.update().values(
        city=select(users.c.name).where(users.c.id == addresses.c.user_id).scalar_subquery()
    ),
    update_in=lambda v: users.update().where(users.c.id.in_(v.ns)).values(age=v.m),
    update_in_addresses=lambda v: addresses.update().where(addresses.c.id.in_(v.ns)).values(city=v.s),
    update_from=lambda v: (
        addresses.update().values(city=users.c.name).where(addresses.c.user_id == users.c.id, users.c.age > v.m)
    ),
    update_from_cte=lambda v: _update_from_cte(v),
    update_returning=lambda v: (
        users.update().where(users.c.id == v.m).values(age=v.m).returning(users.c.id, users.c.seen)
    ),
    update_onupdate_given=lambda v: users.update().values(seen=v.moment, changes=v.m),
    update_only_onupdate=lambda v: users.update().where(users.c.id == v.m),
    update_composite=lambda v: grants.update().where(grants.c.user_id == v.m, grants.c.role == v.s).values(given=v.day),
    update_odd=lambda v: odd.update().values({"my col": v.s, "select": v.m, "a:b": v.t}),
    update_odd_given=lambda v: (odd.update().where(odd.c["per%cent"] == v.m), {"a:b": v.s}),
    update_same_name_bind=lambda v: (
        addresses.update().where(addresses.c.city == bindparam("old_city")),
        {"old_city": v.s, "city": v.t},
    ),
    update_json=lambda v: documents.update().values(body=v.document),
    update_case=lambda v: users.update().values(state=case((users.c.age > v.m, "old"), else_=v.s)),
    delete_all=lambda v: log.delete(),
    delete_where=lambda v: addresses.delete().where(addresses.c.id == v.m),
    delete_bound=lambda v: (addresses.delete().where(addresses.c.id == bindparam("i")), {"i": v.m}),
    delete_in=lambda v: addresses.delete().where(addresses.c.id.in_(v.ns)),
    delete_exists=lambda v: addresses.delete().where(
        sa.exists().where(users.c.id == addresses.c.user_id, users.c.name == v.s)
    ),
    delete_in_select=lambda v: tags.delete().where(tags.c.slug.in_(select(tags.c.title).where(tags.c.title != v.s))),
    delete_returning=lambda v: tags.delete().where(tags.c.slug != v.s).returning(tags),
    delete_composite=lambda v: grants.delete().where(grants.c.user_id == v.m, grants.c.given < v.day),
    delete_cte=lambda v: _delete_cte(v),
)


def _update_from_cte(v: Values) -> Any:
    grown = select(users.c.id).where(users.c.age > v.m).cte("grown")
    return addresses.update().where(addresses.c.user_id.in_(select(grown.c.id))).values(city=v.s)


def _delete_cte(v: Values) -> Any:
    old = select(addresses.c.id).where(addresses.c.since < v.day).cte("old")
    return addresses.delete().where(addresses.c.id.in_(select(old.c.id)))


# Texts

kinds(
    text_plain=lambda v: text("SELECT id, name FROM users"),
    text_star=lambda v: text("SELECT * FROM users"),
    text_bound=lambda v: text("SELECT * FROM users WHERE name = :name").bindparams(name=v.s),
    text_given=lambda v: (text("SELECT * FROM users WHERE name = :name AND age > :age"), {"name": v.s, "age": v.n}),
    text_given_typed=lambda v: (
        text("SELECT :moment AS m, :uid AS u").bindparams(
            bindparam("moment", type_=sa.DateTime), bindparam("uid", type_=sa.Uuid)
        ),
        {"moment": v.moment, "uid": v.uid},
    ),
    text_bound_moment=lambda v: text("SELECT :a AS a").bindparams(a=v.moment),
    text_bound_day=lambda v: text("SELECT :a AS a").bindparams(a=v.day),
    text_bound_many=lambda v: text("SELECT :a, :b, :c, :d, :e").bindparams(a=v.n, b=v.s, c=v.flag, d=v.ratio, e=v.blob),
    text_bound_uid=lambda v: text("SELECT :a AS a").bindparams(a=v.uid),
    text_bound_none=lambda v: text("SELECT :a AS a").bindparams(a=None),
    text_twice=lambda v: text("SELECT :a AS a, :a AS b").bindparams(a=v.s),
    text_expanding=lambda v: text("SELECT id FROM users WHERE id IN :ids").bindparams(
        bindparam("ids", v.ns, expanding=True)
    ),
    text_escaped=lambda v: text(r"SELECT 'a\:b' AS x, :y AS y").bindparams(y=v.n),
    text_percent=lambda v: text("SELECT '100%' AS p, 7 % 4 AS m"),
    text_duplicate_names=lambda v: text("SELECT users.id, addresses.id FROM users, addresses"),
    text_dotted=lambda v: text('SELECT id AS "users.id" FROM users'),
    text_columns=lambda v: text("SELECT id, born, state FROM users").columns(users.c.id, users.c.born, users.c.state),
    text_columns_renamed=lambda v: text("SELECT id AS a, born AS b FROM users").columns(users.c.id, users.c.born),
    text_columns_named=lambda v: text("SELECT id, born, state FROM users").columns(born=sa.DateTime, id=sa.Integer),
    text_columns_fewer=lambda v: text("SELECT id, name, born FROM users").columns(sa.column("id"), sa.column("name")),
    text_columns_bound=lambda v: (
        text("SELECT id, born FROM users WHERE id > :i").bindparams(i=v.m).columns(id=sa.Integer, born=sa.DateTime)
    ),
    text_columns_mixed=lambda v: text("SELECT id, moment FROM everything").columns(
        everything.c.id, moment=everything.c.moment.type
    ),
    text_subquery=lambda v: select(
        text("SELECT id, born FROM users").columns(users.c.id, users.c.born).subquery("t")
    ).where(sa.column("id") > v.m),
    text_cte=lambda v: select(text("SELECT id FROM users").columns(sa.column("id", sa.Integer)).cte("t")),
    text_insert=lambda v: text("INSERT INTO log (line, level) VALUES (:line, :level)").bindparams(line=v.s, level=v.n),
    text_update=lambda v: (text("UPDATE users SET age = :age WHERE id = :id"), {"age": v.n, "id": v.m}),
    text_delete=lambda v: text("DELETE FROM log"),
    text_with=lambda v: text("WITH x AS (SELECT 1 AS a) SELECT a FROM x"),
    text_values=lambda v: text("VALUES (1, 'a'), (2, 'b')"),
    text_pragma=lambda v: text("PRAGMA table_info(users)"),
    text_returning=lambda v: text("INSERT INTO log (line) VALUES (:a) RETURNING line, level").bindparams(a=v.s),
    text_comment=lambda v: text("-- a comment\nSELECT /* and one */ 1 AS one"),
    text_changing_type=lambda v: text("SELECT :a AS a").bindparams(a=v.n if v.flag else v.s),
    text_column_of_text=lambda v: select(sa.text("upper(name) AS n"), users.c.born).select_from(users),
)


# Definitions

_spare = sa.Table("spare", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.JSON))
_index = sa.Index("by_city", addresses.c.city)
addresses.indexes.discard(_index)

kinds(
    ddl_create_table=lambda v: sa.schema.CreateTable(_spare),
    ddl_create_if_missing=lambda v: sa.schema.CreateTable(_spare, if_not_exists=True),
    ddl_drop_table=lambda v: sa.schema.DropTable(log),
    ddl_create_index=lambda v: sa.schema.CreateIndex(_index),
    ddl_text=lambda v: sa.DDL("CREATE VIEW v AS SELECT 1 AS one"),
)


# Many rows at once


@many
def many_inserts(v: Values) -> Any:
    return users.insert(), [{"name": v.s + "1", "age": v.n}, {"name": v.s + "2", "age": None}]


@many
def many_inserts_with_values(v: Values) -> Any:
    return addresses.insert().values(since=v.day), [{"city": v.s}, {"city": v.t}, {"city": "z"}]


@many
def many_inserts_typed(v: Values) -> Any:
    row = {name: value(v) for name, value in TYPED.items() if name != "uncached"}
    return everything.insert(), [row, row]


@many
def many_inserts_default_key(v: Values) -> Any:
    return tokens.insert(), [{"token": v.s + "1", "note": v.t}, {"token": v.s + "2", "note": "n"}]


@many
def many_inserts_composite(v: Values) -> Any:
    return grants.insert(), [{"user_id": n, "role": v.s, "given": v.day} for n in (11, 12)]


@many
def many_upserts(v: Values) -> Any:
    return upsert(tags).on_conflict_do_nothing(), [{"slug": v.s, "title": v.t}, {"slug": "red", "title": v.s}]


@many
def many_updates(v: Values) -> Any:
    return (
        users.update().where(users.c.id == bindparam("which")).values(age=bindparam("years")),
        [{"which": 1, "years": v.n}, {"which": 2, "years": v.m}],
    )


@many
def many_updates_given(v: Values) -> Any:
    return (
        addresses.update().where(addresses.c.id == bindparam("which")),
        [{"which": 1, "city": v.s}, {"which": 2, "city": v.t}],
    )


@many
def many_deletes(v: Values) -> Any:
    return addresses.delete().where(addresses.c.id == bindparam("i")), [{"i": v.m}, {"i": v.n}]


@many
def many_texts(v: Values) -> Any:
    return text("INSERT INTO log (line, level) VALUES (:line, :level)"), [{"line": v.s, "level": n} for n in (1, 2)]


@many
def many_odd(v: Values) -> Any:
    return odd.insert(), [{"select": v.n, "my col": v.s, "a:b": v.t}, {"select": 1, "my col": "", "a:b": None}]


SEED: Sequence[tuple[sa.Table, Sequence[Mapping[str, Any]]]] = [
    (
        users,
        [
            {"id": 1, "name": "ann", "age": 30, "born": datetime.datetime(1990, 1, 2, 3, 4, 5, 6), "manager_id": None},  # a row of a table
            {"id": 2, "name": "bob", "age": 20, "born": datetime.datetime(1991, 1, 2), "manager_id": 1},
            {"id": 3, "name": "cid", "age": None, "born": None, "manager_id": 1},
        ],
    ),
    (
        addresses,
        [
            {"id": 1, "user_id": 1, "city": "Rome", "since": datetime.date(2001, 2, 3)},
            {"id": 2, "user_id": 1, "city": "Oslo", "since": None},
            {"id": 3, "user_id": 2, "city": "Bern", "since": datetime.date(2011, 2, 3)},
        ],
    ),
    (tags, [{"slug": "red", "title": "Red"}, {"slug": "dark", "title": "red"}]),
    (grants, [{"user_id": 1, "role": "a", "given": datetime.date(2020, 1, 1)}]),
    (odd, [{"id": 1, "select": 3, "my col": "x", "per%cent": 4, "a:b": "y", "Größe": 5, "renamed": "k", "(brackets)": 6}]),  # a row of a table
    (log, [{"line": "one", "level": 1}]),
    (tree, [{"id": 1, "parent_id": None, "name": "top"}, {"id": 2, "parent_id": 1, "name": "left"}]),
    (
        everything,
        [
            {
                "id": 1, "whole": 1, "big": 2, "small": 3, "short": "s", "long": "l", "wide": "w", "flag": True,  # a row of a table
                "moment": datetime.datetime(2020, 1, 2, 3, 4, 5), "zoned": datetime.datetime(2020, 1, 2),
                "day": datetime.date(2020, 1, 2), "clock": datetime.time(1, 2, 3), "price": Decimal("1.50"),
                "loose": 2.5, "ratio": 0.5, "exact": Decimal("0.25"), "twice": 1e20, "color": Color.RED, "word": "one",  # a row of a table
                "document": {"a": {"b": "c"}, "n": 4, "one": [1], "two": None}, "blob": b"\x00b",
                "uid": uuid.UUID(int=1), "uid_text": str(uuid.UUID(int=2)), "span": datetime.timedelta(days=1),  # a row of a table
                "thing": {1, 2}, "mirrored": "abc", "uncached": {"k": 1}, "shout": "Hey", "varied": "v",
            },
            {"id": 2},
        ],
    ),
]  # fmt: skip

assert METADATA.tables
