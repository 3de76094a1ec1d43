"""Whether a text of SQL does nothing but read or change tables."""

from __future__ import annotations

import re
from typing import Final

from evenflow.database.plan import Kind

_TOKEN: Final = re.compile(
    r"""
      --[^\n]*                            # comments
    | /\*.*?(?:\*/|\Z)
    | '(?:[^']|'')*(?:'|\Z)               # strings
    | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
    | (?P<variable>@\w+)                  # MySQL: SELECT @x := 1
    | (?:(?P<into>INTO)\s+)?
      (?P<name>(?:[^\W\d][\w$]*|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])(?:\s*\.\s*(?:[^\W\d][\w$]*|"(?:[^"]|"")*"|`[^`]*`))*)
      (?P<open>\s*\()?
    """,
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)

_SYNTAX = """
    all and any array as asc between by case cast check conflict convert cube default delete desc distinct duplicate
    else end escape except exists extract false fetch filter following for from full group grouping having ilike in
    inner insert intersect interval into is join key lateral left like limit materialized natural not null offset on
    or order outer over partition preceding range recursive replace returning right rollup row rows select set sets
    similar some table then true union unique update using values when where window with within
"""
_TYPES_WITH_ARGUMENTS = """
    bigint binary bit char character datetime dec decimal double float int integer nchar numeric nvarchar real
    signed smallint time timestamp timestamptz unsigned varbinary varbit varchar varying
"""
_FUNCTIONS = """
    abs age array_agg array_length array_position array_to_string avg bit_and bit_or bool_and bool_or btrim
    cardinality ceil ceiling char_length character_length chr coalesce concat concat_ws count cume_dist current_date
    current_time current_timestamp curdate curtime date date_add date_format date_part date_sub date_trunc datediff
    day decode dense_rank encode every exp first_value floor format from_unixtime gen_random_uuid generate_series
    greatest group_concat hex hour if ifnull initcap instr isnull json_agg json_array json_array_elements
    json_array_elements_text json_array_length json_build_array json_build_object json_contains json_each
    json_extract json_extract_path_text json_object json_object_agg json_quote json_set json_typeof json_unquote
    json_valid jsonb_agg jsonb_array_elements jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each
    jsonb_extract_path jsonb_extract_path_text jsonb_object_agg jsonb_path_exists jsonb_path_query jsonb_set
    jsonb_typeof julianday lag last_value lead least length ln localtime localtimestamp log lower lpad ltrim
    make_date max md5 min minute mod month now nth_value ntile nullif octet_length overlay percent_rank
    percentile_cont percentile_disc plainto_tsquery position pow power random rand rank regexp_matches
    regexp_replace repeat reverse round row_number row_to_json rpad rtrim second sign split_part sqrt stddev
    strftime string_agg string_to_array strpos substr substring sum timestampdiff to_char to_date to_json to_jsonb
    to_number to_timestamp to_tsquery to_tsvector total translate trim trunc ts_rank unhex unix_timestamp unnest
    upper utc_timestamp uuid variance week year
"""
_KNOWN: Final = frozenset((_SYNTAX + _TYPES_WITH_ARGUMENTS + _FUNCTIONS).split())


def is_plain(sql: str, kind: Kind) -> bool:
    """Whether the text reads or changes tables and calls only functions that are known to do nothing else.

    Then it leaves the session of a server as it was, and a read may be run again. What is not known counts as not
    plain.
    """
    if kind not in (Kind.READ, Kind.WRITE) or "\\" in sql or ";" in sql.rstrip(" \n;"):
        # A backslash may or may not escape a quote, and behind a semicolon may stand anything.
        return False
    for token in _TOKEN.finditer(sql):
        if token["variable"]:
            return False
        if token["into"]:
            if kind is Kind.READ:  # SELECT ... INTO makes a table
                return False
        elif token["open"] and token["name"].lower() not in _KNOWN:
            return False
    return True
