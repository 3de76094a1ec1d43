"""What a text of SQL is taken for."""

import pytest

from evenflow.database import rawsql
from evenflow.database.plain import is_plain
from evenflow.database.plan import Kind


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", Kind.READ),
        ("  select 1", Kind.READ),
        ("(SELECT 1) UNION (SELECT 2)", Kind.READ),
        ("VALUES (1)", Kind.READ),
        ("EXPLAIN QUERY PLAN DELETE FROM t", Kind.READ),
        ("EXPLAIN ANALYZE DELETE FROM t", Kind.ALONE),
        ("INSERT INTO t SELECT * FROM u", Kind.WRITE),
        ("replace into t values (1)", Kind.WRITE),
        ("UPDATE t SET a = 1", Kind.WRITE),
        ("DELETE FROM t", Kind.WRITE),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Kind.READ),
        ("WITH a AS (SELECT 1) VALUES (2)", Kind.READ),
        ("WITH a(x) AS (SELECT 1), b AS (SELECT 2) DELETE FROM t", Kind.WRITE),
        ("WITH RECURSIVE a AS (SELECT 1) INSERT INTO t SELECT * FROM a", Kind.WRITE),
        ("WITH a AS (DELETE FROM t RETURNING id) SELECT * FROM a", Kind.WRITE),
        ("BEGIN IMMEDIATE", Kind.CONTROL),
        ("COMMIT", Kind.CONTROL),
        ("end", Kind.CONTROL),
        ("ROLLBACK TO a", Kind.CONTROL),
        ("SAVEPOINT a", Kind.CONTROL),
        ("RELEASE a", Kind.CONTROL),
        ("START TRANSACTION", Kind.CONTROL),
        ("START SLAVE", Kind.ALONE),
        ("PRAGMA user_version", Kind.ALONE),
        ("CREATE TABLE t AS SELECT 1", Kind.ALONE),
        ("VACUUM", Kind.ALONE),
        ("", Kind.ALONE),
        ("-- only a comment", Kind.ALONE),
        ("-- SELECT\nDELETE FROM t", Kind.WRITE),
        ("/* UPDATE */ SELECT 1", Kind.READ),
        ("WITH a AS (SELECT ') DELETE') SELECT 1", Kind.READ),
        ('WITH "DELETE" AS (SELECT 1) SELECT 1', Kind.READ),
        ("WITH [UPDATE] AS (SELECT 1) SELECT 1", Kind.READ),
        ("WITH a AS (SELECT $x$ ) DELETE $x$) SELECT 1", Kind.READ),
        ("SELECT 'never closed", Kind.READ),
    ],
)
def test_the_words_tell_the_kind(sql: str, kind: Kind) -> None:
    assert rawsql.classify(sql) is kind


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT 1", True),
        ("PRAGMA user_version", True),
        ("INSERT INTO t VALUES (1) RETURNING id", True),
        ("INSERT INTO t VALUES ('RETURNING')", False),
        ("DELETE FROM t", False),
        ("CREATE TABLE t (id)", False),
        ("COMMIT", False),
    ],
)
def test_the_words_tell_whether_rows_come_back(sql: str, answer: bool) -> None:
    assert rawsql.returns_rows(sql, rawsql.classify(sql)) is answer


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("INSERT INTO t VALUES (1)", True),
        ("REPLACE INTO t VALUES (1)", True),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", True),
        ("UPDATE t SET a = 1", False),
        ("WITH a AS (SELECT 1) SELECT * FROM a", False),
        ("", False),
    ],
)
def test_an_insert_is_known(sql: str, answer: bool) -> None:
    assert rawsql.is_insert(sql) is answer


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1", True),
        ("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1", True),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", False),
        ("INSERT INTO t VALUES ('DO UPDATE')", False),
    ],
)
def test_an_upsert_is_known(sql: str, answer: bool) -> None:
    assert rawsql.updates_on_conflict(sql) is answer


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT t.id FROM t WHERE t.id = $1::INTEGER AND t.name IN ($2::VARCHAR(5))",
        "INSERT INTO t (a, b) VALUES ($1, now()) RETURNING t.id",
        "WITH r AS (SELECT count(*) FROM t) SELECT cast(n AS NUMERIC(10, 2)) FROM r WHERE a @> b",
        "SELECT 'set_config(1)' /* set_config( */ FROM t -- set_config(",
    ],
)
def test_statements_of_tables_and_known_functions_are_plain(sql: str) -> None:
    assert is_plain(sql, rawsql.classify(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT set_config('a', 'b', false)",
        "SELECT pg_catalog.set_config('a', 'b', false)",
        "SELECT \"set_config\" ('a', 'b', false)",
        "SELECT pg_advisory_lock(1)",
        "SELECT nextval('s')",
        "SELECT @x := 1",
        "SELECT * INTO x FROM y",
        "SELECT '\\'' || set_config('a', 'b', 'c')",
        "SET search_path = x",
        "SELECT 1; SET search_path = x",
        "CREATE TEMPORARY TABLE t (id int)",
    ],
)
def test_what_may_change_the_session_is_not_plain(sql: str) -> None:
    assert not is_plain(sql, rawsql.classify(sql))
