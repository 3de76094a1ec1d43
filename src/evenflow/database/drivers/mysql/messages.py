"""What the server says, without the values of a statement. MySQL puts them into many of its messages."""

from __future__ import annotations

import re

_CODES = """
    1004 1005 1006 1007 1008 1009 1010 1014 1015 1016 1021 1022 1025 1028 1030 1031 1034 1036 1037 1038 1041 1042 1046
    1047 1048 1050 1051 1052 1053 1054 1055 1056 1057 1059 1060 1061 1063 1065 1066 1067 1068 1069 1070 1071 1072 1073
    1074 1075 1090 1091 1093 1094 1095 1096 1099 1100 1101 1102 1103 1104 1106 1109 1110 1111 1112 1113 1114 1115 1116
    1117 1118 1120 1121 1122 1136 1137 1140 1142 1143 1144 1145 1146 1147 1148 1149 1153 1162 1163 1164 1165 1166 1167
    1168 1169 1170 1171 1173 1175 1176 1177 1178 1179 1180 1192 1193 1194 1195 1205 1206 1207 1209 1212 1213 1214 1215
    1216 1217 1221 1222 1223 1224 1225 1227 1228 1229 1230 1232 1233 1234 1235 1238 1239 1241 1242 1243 1245 1246 1247
    1248 1250 1253 1260 1264 1265 1267 1270 1271 1288 1289 1290 1293 1294 1295 1304 1305 1312 1314 1317 1318 1319 1320
    1321 1322 1323 1324 1325 1326 1327 1328 1329 1330 1331 1332 1333 1336 1337 1338 1339 1346 1347 1348 1349 1350 1351
    1352 1353 1354 1356 1357 1359 1360 1361 1362 1363 1364 1365 1370 1390 1393 1394 1395 1397 1400 1404 1406 1410 1415
    1419 1420 1421 1422 1424 1425 1426 1427 1428 1431 1436 1442 1443 1444 1449 1450 1451 1452 1453 1456 1461 1479 1553
    1557 1568 1570 1615 1637 1644 1701 1706 1712 1713 1761 1762 1785 1787 1789 1792 1793 1815 1824 1826 1830 1836 1846
    1901 1904 1906 1927 1969 3024 3105 3572 3819 4025 4031
"""
_HARMLESS = frozenset(map(int, _CODES.split()))
"""Codes whose messages name tables, columns and keys, but never hold a value."""

_QUOTED = re.compile(r"'.*'?", re.DOTALL)
_PLACE = re.compile(r"\b(?:at|for column) [^']*\bline \d+\s*$|\bat row \d+\s*$")
_COLUMN = re.compile(r"for column\s+(?:`[^`]*`\.`[^`]*`\.)?[`'](?P<column>[^`']+)[`']\s+at row \d+\s*$")
_KEY = re.compile(r"for key '(?P<key>[^']+)'\s*$")
_TABLE = re.compile(r"Table '(?P<table>[^']+)'")


def told(code: int, text: str) -> str:
    """The server's message as far as it may be shown."""
    if code in _HARMLESS or "'" not in text:
        return text
    if found := _KEY.search(text):
        return f"Duplicate entry '…' for key '{found['key']}'"
    hidden = _QUOTED.sub("'…'", text, count=1)
    if found := _COLUMN.search(text):
        return f"{hidden} for column '{found['column']}'"
    if found := _PLACE.search(text):
        return f"{hidden} {found[0].strip()}"
    return hidden


def sentence(code: int, text: str) -> str:
    """What happened and what to do."""
    if code == 1062 and (found := _KEY.search(text)):
        return f"UNIQUE constraint failed: a row has this {found['key']} already."
    if code == 1146:
        table = found["table"] if (found := _TABLE.search(text)) else "?"
        return f"no such table: {table}. Create it with `db.create_all(metadata)` or a migration."
    if code in _SENTENCES:
        return _SENTENCES[code]
    shown = told(code, text).rstrip(".")
    if not shown:
        return "MySQL could not run the statement."
    return f"MySQL says: {shown}." if code else "MySQL could not run the statement; the library says why."


_GONE = "The connection to MySQL was lost. What this statement did is not known."
_ENDED = "The statement was ended on the server: its time was up, or somebody killed it."

_SENTENCES = {
    1028: _ENDED,
    1053: "The MySQL server is shutting down.",
    1062: "UNIQUE constraint failed: such a row is there already.",
    1153: "The statement is longer than the server's max_allowed_packet: send less at once, or raise it.",
    1205: "Another transaction has held a lock for longer than innodb_lock_wait_timeout: run this one again.",
    1213: "Deadlock: MySQL has rolled this transaction back so that another one can go on. Run it again.",
    1290: "The database can only be read here: the server runs with --read-only, or with an option like it.",
    1317: _ENDED,
    1526: "A table has no partition for a value.",
    1792: "This transaction can only read: it was opened with readonly=True.",
    1836: "The database can only be read here.",
    1927: _GONE,
    1969: _ENDED,
    2006: _GONE,
    2013: _GONE,
    2014: _GONE,
    2045: _GONE,
    2055: _GONE,
    3024: _ENDED,
    4031: "The server has closed this connection, because it was idle for longer than wait_timeout.",
}
