"""SQL that tries to take time, memory, files or the process itself: for the sandbox to survive."""

from __future__ import annotations

COUNTING = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
BIG = "hex(zeroblob(4900000))"  # nearly as long as a cell may be
THREE = "t AS a, t AS b, t AS c"

TABLES = """
CREATE TABLE t (a INTEGER, b TEXT, c REAL);
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 1000)
    INSERT INTO t SELECT n, 'name ' || n, n / 3.0 FROM r;
CREATE TABLE u (x UNIQUE);
CREATE VIEW v AS SELECT a.b || b.b AS x FROM t AS a, t AS b;
"""


def nested(opening: str, inner: str, closing: str, depth: int) -> str:
    return opening * depth + inner + closing * depth


def doubling(step: str, depth: int) -> str:
    """Each of these queries is twice in the next."""
    steps = [f"a{n} AS ({step.format(f'a{n - 1}')})" for n in range(1, depth)]
    return f"WITH a0 AS (SELECT 1 AS x), {', '.join(steps)} SELECT count(*) FROM a{depth - 1}"


def columns(cell: str, count: int = 1999) -> str:
    return ", ".join([cell] * count)


HOSTILE = {
    # without end
    "count": f"{COUNTING} SELECT count(*) FROM r",
    "rows": f"{COUNTING} SELECT n FROM r",
    "no rows": f"{COUNTING} SELECT n FROM r WHERE n < 0",
    "sorted": f"{COUNTING} SELECT n FROM r ORDER BY -n",
    "union": "WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "growing queue": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r UNION ALL SELECT n + 2 FROM r) "
    "SELECT count(*) FROM r",
    "queue of blobs": "WITH RECURSIVE r(n, z) AS (SELECT 1, zeroblob(9000000) UNION ALL "
    "SELECT n + 1, zeroblob(9000000) FROM r ORDER BY 1) SELECT count(*) FROM r",
    "cross join": f"SELECT count(*) FROM {THREE}, t AS d",
    "cross join of rows": f"SELECT * FROM {THREE}",
    "cross join, sorted": f"SELECT a.b || b.b || c.b AS x FROM {THREE} ORDER BY x",
    "cross join, grouped": f"SELECT a.b || b.b || c.b AS x, count(*) FROM {THREE} GROUP BY x",
    "cross join, distinct": f"SELECT DISTINCT a.b || b.b || c.b FROM {THREE}",
    "view": "SELECT count(*) FROM v AS p JOIN v AS q USING (x)",
    "sub-queries in rows": "SELECT count(*) FROM t AS x WHERE (SELECT count(*) FROM t AS y WHERE "
    "(SELECT count(*) FROM t AS z WHERE z.b LIKE '%' || y.b || x.b || '%') > 0) > 0",
    "window": f"SELECT row_number() OVER (ORDER BY b.b, c.c) FROM {THREE}",
    "window that excludes": "SELECT sum(a.a) OVER (ORDER BY a.a ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED "
    "FOLLOWING EXCLUDE CURRENT ROW) FROM t AS a, t AS b",
    "window of texts": "SELECT group_concat(b.b) OVER (ORDER BY a.a ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) "
    "FROM t AS a, t AS b",
    "joins": "SELECT count(*) FROM t AS t0 "
    + " ".join(f"LEFT JOIN t AS t{n} ON t{n}.a > t{n - 1}.a" for n in range(1, 60)),
    # within one operation
    "instr": f"SELECT instr({BIG}, hex(zeroblob(2400000)) || '1')",
    "replace": f"SELECT length(replace({BIG}, hex(zeroblob(2000000)) || '1', ''))",
    "trim": "SELECT length(trim(hex(zeroblob(2000000)), replace(hex(zeroblob(2000000)), '0', '1')))",
    "LIKE": f"SELECT {BIG} LIKE '{'%0' * 20_000}1'",
    "GLOB": f"SELECT {BIG} GLOB '{'*[0-9]' * 8_000}x'",
    "LIKE in rows": f"{COUNTING} SELECT count(*) FROM r WHERE {BIG} LIKE '%{'_0' * 500}1'",
    "printf": f"SELECT length(printf('{'%.9000000c' * 5_000}'{', 1' * 100}))",
    # memory
    "blobs": f"{COUNTING} SELECT randomblob(9999999) FROM r",
    "texts": f"{COUNTING} SELECT {BIG} FROM r",
    "few rows, then blobs": f"{COUNTING} SELECT CASE WHEN n < 4000 THEN n ELSE zeroblob(9999999) END FROM r",
    "a row of blobs": f"SELECT {columns('zeroblob(9999999)')}",
    "a row of texts": f"SELECT {columns(BIG)}",
    "wide rows of NULL": f"{COUNTING} SELECT {columns('NULL')} FROM r",
    "wide rows of integers": f"{COUNTING} SELECT {columns('n + 1000')} FROM r",
    "wide rows of texts": f"{COUNTING} SELECT {columns('n || 1')} FROM r",
    "a million rows": f"{COUNTING} SELECT n, n + 1, n * 1.5, 'x' || n, NULL FROM r",
    "sorted blobs": f"{COUNTING} SELECT n FROM (SELECT n, randomblob(1000000) AS z FROM r LIMIT 5000) ORDER BY z",
    "materialized": f"{COUNTING}, m AS MATERIALIZED (SELECT zeroblob(1000000) AS z FROM r) SELECT count(*) FROM m",
    "group_concat": f"{COUNTING} SELECT group_concat(n || '{'x' * 1_000}') FROM r",
    "json_group_array": f"{COUNTING} SELECT json_group_array(hex(zeroblob(10000))) FROM r",
    "json_group_object": f"{COUNTING} SELECT json_group_object(n, hex(zeroblob(10000))) FROM r",
    "json_tree": f"SELECT count(*) FROM json_tree('[' || substr(replace({BIG}, '00', '1,'), 1, 9000001) || '1]')",
    "deep JSON": f"SELECT json_valid(replace({BIG}, '0', '[')), json(replace(hex(zeroblob(999)), '00', '['))",
    "JSON path": "SELECT json_set('{}', '$' || replace(hex(zeroblob(20000)), '00', '.a'), 1)",
    "zeroblob": "SELECT zeroblob(9223372036854775807)",
    "randomblob": "SELECT randomblob(2147483647)",
    "width": "SELECT printf('%2147483647d', 1), printf('%.2147483647f', 1.0), printf('%-2147483648d', 1)",
    "replace that grows": f"SELECT replace({BIG}, '0', {BIG})",
    "quote": f"SELECT quote({BIG}), quote(zeroblob(5000000))",
    # the parser and the planner
    "doubling joins": doubling("SELECT p.x FROM {0} AS p, {0} AS q", 60),
    "doubling unions": doubling("SELECT * FROM {0} UNION ALL SELECT * FROM {0}", 40),
    "doubling columns": doubling("SELECT * FROM {0} AS p, {0} AS q", 14),
    "doubling sub-queries": doubling("SELECT (SELECT x FROM {0}) + (SELECT x FROM {0}) AS x", 30),
    "parentheses": f"SELECT {nested('(', '1', ')', 20_000)}",
    "signs": f"SELECT {'- ' * 40_000}1",
    "NOT": f"SELECT {'NOT ' * 20_000}1",
    "sum": f"SELECT 1{' + 1' * 20_000}",
    "CASE": f"SELECT {nested('CASE WHEN 1 THEN ', '1', ' END', 3_000)}",
    "sub-queries": f"SELECT {nested('(SELECT ', '1', ')', 5_000)}",
    "sub-queries in FROM": f"SELECT * FROM {nested('(SELECT * FROM ', 't', ')', 90)}",
    "EXISTS": f"SELECT 1 WHERE {nested('EXISTS (SELECT 1 WHERE ', '1', ')', 3_000)}",
    "IN": f"SELECT 1 WHERE 1 IN ({', '.join(['2'] * 30_000)})",
    "VALUES": f"VALUES {', '.join(['(1)'] * 15_000)}",
    "UNION": " UNION ".join(["SELECT 1"] * 5_000),
    "64 tables": "SELECT count(*) FROM " + ", ".join(f"t AS t{n}" for n in range(64)),
    "65 tables": "SELECT count(*) FROM " + ", ".join(f"t AS t{n}" for n in range(65)),
    "OR of AND": "SELECT * FROM t, u WHERE " + " AND ".join(f"(a = {n} OR x = {n} OR b = x)" for n in range(900)),
    "windows": "SELECT " + ", ".join(f"sum(a) OVER (ORDER BY a + {n})" for n in range(900)) + " FROM t",
    "columns": f"SELECT {columns('1', 3_000)}",
    "long names": f'WITH w("{"é" * 30_000}") AS (SELECT 1) SELECT {columns("*")} FROM w',
    "a long name": f"SELECT {'x' * 99_000}",
    "parameters": f"SELECT ?250000, {columns('?')}",
    "too long": f"SELECT '{'x' * 200_000}'",
    "comments": "/*" * 40_000,
    "NUL": "SELECT 1\0; DROP TABLE t",
    "surrogate": "SELECT '\ud800'",
    # functions that were not made for this
    "of extensions": "SELECT rtreenode(5, zeroblob(9000000)), rtreedepth(x'00'), sqlite_compileoption_get(99)",
    "fts5": "SELECT fts5(1), json_quote(fts5(2))",
    "snippet": "SELECT snippet(1), offsets(zeroblob(100)), matchinfo(x'0001', 'pcx')",
    "highlight": "SELECT highlight('a', 1, 2, 3), bm25(1)",
    "tokenizer": "SELECT fts3_tokenizer('simple', x'4141414141414141')",
    "load_extension": "SELECT load_extension('libc.so.6', 'system')",
    "numbers": "SELECT abs(-9223372036854775808), sum(9223372036854775807) OVER (), 1 / 0, 9e999 - 9e999 FROM t",
    "substr": "SELECT substr(zeroblob(9000000), -9223372036854775807, 9223372036854775807), char(-1), unicode('')",
    "dates": "SELECT date('now', '+999999999999 years'), strftime('" + "%Y%j" * 9_000 + "', 'now')",
    "dbstat": "SELECT * FROM dbstat, dbstat, dbstat, dbstat",
    # files and settings
    "attach": "ATTACH 'hostile.sqlite' AS h",
    "vacuum": "VACUUM INTO 'hostile.sqlite'",
    "temporary": "CREATE TEMP TABLE h AS SELECT zeroblob(1000000) FROM t",
    "trigger": "CREATE TEMP TRIGGER h AFTER INSERT ON t BEGIN SELECT 1; END",
    "heap": "PRAGMA hard_heap_limit = 0",
    "mmap": "PRAGMA mmap_size = 1000000000000",
    "cache": "PRAGMA cache_size = -10000000",
    "folder": "PRAGMA temp_store_directory = '/'",
    "schema": "PRAGMA writable_schema = ON",
    "schema table": "UPDATE sqlite_schema SET rootpage = 1",
    "lock": "BEGIN EXCLUSIVE",
    "drop": "DROP TABLE t",
    "two": "SELECT 1; DROP TABLE t",
    "explain": f"EXPLAIN {doubling('SELECT p.x FROM {0} AS p, {0} AS q', 13)}",
}
"""By what they do."""
