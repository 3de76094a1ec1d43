"""What a text of SQL is taken for."""

import pytest

from evenflow.database import rawsql
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
