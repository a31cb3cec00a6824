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
CREATE TABLE derived (a INTEGER, big AS (hex(zeroblob(a * 4000000))) VIRTUAL, twice AS (a * 2) STORED);
INSERT INTO derived VALUES (1), (1), (1);
CREATE TABLE triggered (a);
CREATE TRIGGER writes AFTER INSERT ON triggered BEGIN DELETE FROM t; END;
"""
VIRTUAL_TABLES = (  # not every SQLite has them
    "CREATE VIRTUAL TABLE words USING fts5(word); INSERT INTO words VALUES ('one'), ('two');",
    "CREATE VIRTUAL TABLE boxes USING rtree(id, low, high); INSERT INTO boxes VALUES (1, 2, 3);",
)


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
    "count": ("timeout", f"{COUNTING} SELECT count(*) FROM r"),
    "rows": ("timeout ok", f"{COUNTING} SELECT n FROM r"),
    "no rows": ("timeout", f"{COUNTING} SELECT n FROM r WHERE n < 0"),
    "sorted": ("timeout too_big", f"{COUNTING} SELECT n FROM r ORDER BY -n"),
    "union": ("timeout", "WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n + 1 FROM r) SELECT count(*) FROM r"),
    "growing queue": (
        "timeout too_big",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r UNION ALL SELECT n + 2 FROM r) "
        "SELECT count(*) FROM r",
    ),
    "queue of blobs": (
        "timeout too_big",
        "WITH RECURSIVE r(n, z) AS (SELECT 1, zeroblob(9000000) UNION ALL "
        "SELECT n + 1, zeroblob(9000000) FROM r ORDER BY 1) SELECT count(*) FROM r",
    ),
    "cross join": ("timeout", f"SELECT count(*) FROM {THREE}, t AS d"),
    "cross join of rows": ("timeout ok", f"SELECT * FROM {THREE}"),
    "cross join, sorted": ("timeout too_big", f"SELECT a.b || b.b || c.b AS x FROM {THREE} ORDER BY x"),
    "cross join, grouped": ("timeout too_big", f"SELECT a.b || b.b || c.b AS x, count(*) FROM {THREE} GROUP BY x"),
    "cross join, distinct": ("timeout too_big", f"SELECT DISTINCT a.b || b.b || c.b FROM {THREE}"),
    "view": ("timeout", "SELECT count(*) FROM v AS p JOIN v AS q USING (x)"),
    "sub-queries in rows": (
        "timeout",
        "SELECT count(*) FROM t AS x WHERE (SELECT count(*) FROM t AS y WHERE "
        "(SELECT count(*) FROM t AS z WHERE z.b LIKE '%' || y.b || x.b || '%') > 0) > 0",
    ),
    "window": ("timeout ok", f"SELECT row_number() OVER (ORDER BY b.b, c.c) FROM {THREE}"),
    "window that excludes": (
        "timeout ok",
        "SELECT sum(a.a) OVER (ORDER BY a.a ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED "
        "FOLLOWING EXCLUDE CURRENT ROW) FROM t AS a, t AS b",
    ),
    "window of texts": (
        "timeout ok",
        "SELECT group_concat(b.b) OVER (ORDER BY a.a ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) "
        "FROM t AS a, t AS b",
    ),
    "joins": (
        "timeout",
        "SELECT count(*) FROM t AS t0 " + " ".join(f"LEFT JOIN t AS t{n} ON t{n}.a > t{n - 1}.a" for n in range(1, 60)),
    ),
    # within one operation
    "instr": ("timeout", f"SELECT instr({BIG}, hex(zeroblob(2400000)) || '1')"),
    "replace": ("timeout", f"SELECT length(replace({BIG}, hex(zeroblob(2000000)) || '1', ''))"),
    "trim": ("too_big", "SELECT length(trim(hex(zeroblob(2000000)), replace(hex(zeroblob(2000000)), '0', '1')))"),
    "LIKE": ("timeout too_big ok", f"SELECT {BIG} LIKE '{'%0' * 20_000}1'"),
    "GLOB": ("timeout too_big ok", f"SELECT {BIG} GLOB '{'*[0-9]' * 8_000}x'"),
    "LIKE in rows": ("timeout", f"{COUNTING} SELECT count(*) FROM r WHERE {BIG} LIKE '%{'_0' * 500}1'"),
    "printf": ("timeout too_big", f"SELECT length(printf('{'%.9000000c' * 5_000}'{', 1' * 100}))"),
    # memory
    "blobs": ("timeout ok", f"{COUNTING} SELECT randomblob(9999999) FROM r"),
    "texts": ("timeout ok", f"{COUNTING} SELECT {BIG} FROM r"),
    "few rows, then blobs": (
        "timeout ok",
        f"{COUNTING} SELECT CASE WHEN n < 4000 THEN n ELSE zeroblob(9999999) END FROM r",
    ),
    "a row of blobs": ("timeout too_big", f"SELECT {columns('zeroblob(9999999)')}"),
    "a row of texts": ("timeout too_big", f"SELECT {columns(BIG)}"),
    "wide rows of NULL": ("timeout ok", f"{COUNTING} SELECT {columns('NULL')} FROM r"),
    "wide rows of integers": ("timeout ok", f"{COUNTING} SELECT {columns('n + 1000')} FROM r"),
    "wide rows of texts": ("timeout ok", f"{COUNTING} SELECT {columns('n || 1')} FROM r"),
    "a million rows": ("timeout ok", f"{COUNTING} SELECT n, n + 1, n * 1.5, 'x' || n, NULL FROM r"),
    "sorted blobs": (
        "timeout too_big",
        f"{COUNTING} SELECT n FROM (SELECT n, randomblob(1000000) AS z FROM r LIMIT 5000) ORDER BY z",
    ),
    "materialized": (
        "timeout too_big",
        f"{COUNTING}, m AS MATERIALIZED (SELECT zeroblob(1000000) AS z FROM r) SELECT count(*) FROM m",
    ),
    "group_concat": ("timeout too_big", f"{COUNTING} SELECT group_concat(n || '{'x' * 1_000}') FROM r"),
    "json_group_array": ("timeout too_big", f"{COUNTING} SELECT json_group_array(hex(zeroblob(10000))) FROM r"),
    "json_group_object": ("timeout too_big", f"{COUNTING} SELECT json_group_object(n, hex(zeroblob(10000))) FROM r"),
    "json_tree": (
        "timeout ok",
        f"SELECT count(*) FROM json_tree('[' || substr(replace({BIG}, '00', '1,'), 1, 9000001) || '1]')",
    ),
    "deep JSON": (
        "invalid ok",
        f"SELECT json_valid(replace({BIG}, '0', '[')), json(replace(hex(zeroblob(999)), '00', '['))",
    ),
    "JSON path": ("invalid ok", "SELECT json_set('{}', '$' || replace(hex(zeroblob(20000)), '00', '.a'), 1)"),
    "zeroblob": ("too_big", "SELECT zeroblob(9223372036854775807)"),
    "randomblob": ("too_big", "SELECT randomblob(2147483647)"),
    "width": (
        "ok too_big",
        "SELECT printf('%2147483647d', 1), printf('%.2147483647f', 1.0), printf('%-2147483648d', 1)",
    ),
    "replace that grows": ("timeout too_big", f"SELECT replace({BIG}, '0', {BIG})"),
    "quote": ("too_big", f"SELECT quote({BIG}), quote(zeroblob(5000000))"),
    # the parser and the planner
    "doubling joins": ("timeout too_big", doubling("SELECT p.x FROM {0} AS p, {0} AS q", 60)),
    "doubling unions": ("timeout", doubling("SELECT * FROM {0} UNION ALL SELECT * FROM {0}", 40)),
    "doubling columns": ("too_big", doubling("SELECT * FROM {0} AS p, {0} AS q", 14)),
    "doubling sub-queries": ("timeout too_big", doubling("SELECT (SELECT x FROM {0}) + (SELECT x FROM {0}) AS x", 30)),
    "parentheses": ("too_big", f"SELECT {nested('(', '1', ')', 20_000)}"),
    "signs": ("too_big", f"SELECT {'- ' * 40_000}1"),
    "NOT": ("too_big", f"SELECT {'NOT ' * 20_000}1"),
    "sum": ("too_big", f"SELECT 1{' + 1' * 20_000}"),
    "CASE": ("too_big", f"SELECT {nested('CASE WHEN 1 THEN ', '1', ' END', 3_000)}"),
    "sub-queries": ("too_big", f"SELECT {nested('(SELECT ', '1', ')', 5_000)}"),
    "sub-queries in FROM": ("too_big ok", f"SELECT * FROM {nested('(SELECT * FROM ', 't', ')', 90)}"),
    "EXISTS": ("too_big", f"SELECT 1 WHERE {nested('EXISTS (SELECT 1 WHERE ', '1', ')', 3_000)}"),
    "IN": ("ok", f"SELECT 1 WHERE 1 IN ({', '.join(['2'] * 30_000)})"),
    "VALUES": ("ok", f"VALUES {', '.join(['(1)'] * 15_000)}"),
    "UNION": ("too_big", " UNION ".join(["SELECT 1"] * 5_000)),
    "64 tables": ("timeout", "SELECT count(*) FROM " + ", ".join(f"t AS t{n}" for n in range(64))),
    "65 tables": ("too_big", "SELECT count(*) FROM " + ", ".join(f"t AS t{n}" for n in range(65))),
    "OR of AND": (
        "ok",
        "SELECT * FROM t, u WHERE " + " AND ".join(f"(a = {n} OR x = {n} OR b = x)" for n in range(900)),
    ),
    "windows": (
        "timeout too_big",
        "SELECT " + ", ".join(f"sum(a) OVER (ORDER BY a + {n})" for n in range(900)) + " FROM t",
    ),
    "columns": ("too_big", f"SELECT {columns('1', 3_000)}"),
    "long names": ("timeout too_big", f'WITH w("{"é" * 30_000}") AS (SELECT 1) SELECT {columns("*")} FROM w'),
    "a long name": ("no_such_column", f"SELECT {'x' * 99_000}"),
    "parameters": ("too_big", f"SELECT ?250000, {columns('?')}"),
    "too long": ("too_big", f"SELECT '{'x' * 200_000}'"),
    "comments": ("syntax", "/*" * 40_000),
    "NUL": ("syntax", "SELECT 1\0; DROP TABLE t"),
    "surrogate": ("syntax", "SELECT '\ud800'"),
    # functions that were not made for this
    "of extensions": (
        "invalid ok no_such_function",
        "SELECT rtreenode(5, zeroblob(9000000)), rtreedepth(x'00'), sqlite_compileoption_get(99)",
    ),
    "fts5": ("invalid ok no_such_function", "SELECT fts5(1), json_quote(fts5(2))"),
    "snippet": ("invalid ok no_such_function", "SELECT snippet(1), offsets(zeroblob(100)), matchinfo(x'0001', 'pcx')"),
    "highlight": ("invalid ok no_such_function", "SELECT highlight('a', 1, 2, 3), bm25(1)"),
    "tokenizer": ("not_a_query no_such_function", "SELECT fts3_tokenizer('simple', x'4141414141414141')"),
    "load_extension": ("not_a_query no_such_function", "SELECT load_extension('libc.so.6', 'system')"),
    "numbers": (
        "invalid",
        "SELECT abs(-9223372036854775808), sum(9223372036854775807) OVER (), 1 / 0, 9e999 - 9e999 FROM t",
    ),
    "substr": (
        "ok",
        "SELECT substr(zeroblob(9000000), -9223372036854775807, 9223372036854775807), char(-1), unicode('')",
    ),
    "dates": ("ok", "SELECT date('now', '+999999999999 years'), strftime('" + "%Y%j" * 9_000 + "', 'now')"),
    "dbstat": ("ambiguous_column no_such_table", "SELECT * FROM dbstat, dbstat, dbstat, dbstat"),
    # files and settings
    "attach": ("not_a_query", "ATTACH 'hostile.sqlite' AS h"),
    "vacuum": ("not_a_query", "VACUUM INTO 'hostile.sqlite'"),
    "temporary": ("not_a_query", "CREATE TEMP TABLE h AS SELECT zeroblob(1000000) FROM t"),
    "trigger": ("not_a_query", "CREATE TEMP TRIGGER h AFTER INSERT ON t BEGIN SELECT 1; END"),
    "heap": ("not_a_query", "PRAGMA hard_heap_limit = 0"),
    "mmap": ("not_a_query", "PRAGMA mmap_size = 1000000000000"),
    "cache": ("not_a_query", "PRAGMA cache_size = -10000000"),
    "folder": ("not_a_query", "PRAGMA temp_store_directory = '/'"),
    "schema": ("not_a_query", "PRAGMA writable_schema = ON"),
    "schema table": ("invalid not_a_query", "UPDATE sqlite_schema SET rootpage = 1"),
    "lock": ("not_a_query", "BEGIN EXCLUSIVE"),
    "drop": ("not_a_query", "DROP TABLE t"),
    "two": ("multi_statement", "SELECT 1; DROP TABLE t"),
    "explain": ("ok", f"EXPLAIN {doubling('SELECT p.x FROM {0} AS p, {0} AS q', 13)}"),
    # files and settings, more of them
    "attach a URI": ("not_a_query", "ATTACH 'file:hostile.sqlite?mode=rwc' AS h"),
    "attach memory": ("not_a_query", "ATTACH ':memory:' AS h"),
    "attach, detach": ("not_a_query multi_statement", "ATTACH 'hostile.sqlite' AS h; DETACH h"),
    "vacuum a URI": ("not_a_query", "VACUUM main INTO 'file:hostile.sqlite?mode=rwc'"),
    "explain vacuum": ("ok not_a_query", "EXPLAIN VACUUM INTO 'hostile.sqlite'"),
    "readfile": ("no_such_function not_a_query", "SELECT readfile('/etc/passwd')"),
    "writefile": ("no_such_function not_a_query", "SELECT writefile('hostile.txt', zeroblob(9))"),
    "edit": ("no_such_function not_a_query", "SELECT edit('a', 'touch hostile.txt')"),
    "write and read": ("syntax", "WITH h AS (DELETE FROM t RETURNING a) SELECT * FROM h"),
    "insert": ("not_a_query", "INSERT INTO t SELECT * FROM t AS a, t AS b, t AS c"),
    "insert that returns": ("not_a_query", "INSERT INTO t VALUES (1, 2, 3) RETURNING *"),
    "upsert": ("not_a_query", "INSERT INTO u VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2"),
    "replace into": ("not_a_query", "REPLACE INTO u VALUES (1)"),
    "update": ("not_a_query", "UPDATE t SET b = zeroblob(9000000)"),
    "delete": ("not_a_query", "WITH h AS (SELECT 1) DELETE FROM t"),
    "with and drop": ("syntax", "WITH h AS (SELECT 1) DROP TABLE t"),
    "trigger of ours": ("not_a_query", "INSERT INTO triggered VALUES (1)"),
    "generated, written": ("not_a_query invalid", "INSERT INTO derived VALUES (1, 2, 3)"),
    "temporary view": ("not_a_query", "CREATE TEMP VIEW h AS SELECT * FROM t"),
    "temporary of a name": ("not_a_query", "CREATE TABLE temp.t (a)"),
    "table of a file": ("not_a_query", "CREATE VIRTUAL TABLE temp.h USING csv(filename='/etc/passwd')"),
    "virtual": ("not_a_query", "CREATE VIRTUAL TABLE h USING fts5(x)"),
    "PRAGMA function": ("ok not_a_query", "SELECT * FROM pragma_journal_mode"),
    "PRAGMA in a query": ("not_a_query no_such_table", "SELECT * FROM pragma_wal_checkpoint, pragma_optimize"),
    "user_version": ("not_a_query", "PRAGMA user_version = 7"),
    "trusted": ("not_a_query", "PRAGMA trusted_schema = ON"),
    "page size": ("not_a_query", "PRAGMA page_size = 65536"),
    "incremental": ("not_a_query", "PRAGMA incremental_vacuum(1)"),
    "shrink": ("not_a_query", "PRAGMA shrink_memory"),
    "case": ("not_a_query", "PRAGMA case_sensitive_like = ON"),
    "integrity": ("not_a_query", "PRAGMA integrity_check"),
    "reindex": ("not_a_query", "REINDEX t"),
    "analyze": ("not_a_query", "ANALYZE main"),
    "commit": ("not_a_query", "COMMIT"),
    "savepoint": ("not_a_query", "SAVEPOINT h"),
    "rename": ("not_a_query", "ALTER TABLE t RENAME TO h"),
    "comment, then drop": ("multi_statement", "SELECT 1 /* ; */; -- ;\nDROP TABLE t"),
    "hidden drop": ("not_a_query", "/* SELECT */ -- SELECT\nDROP TABLE t"),
    "many": ("multi_statement", "SELECT 1; " * 9_000),
    # virtual and generated tables, where SQLite has them
    "text index": ("ok not_a_query no_such_table", "SELECT * FROM words WHERE words MATCH 'one'"),
    "text index, nested": (
        "ok not_a_query no_such_table invalid too_big",
        f"SELECT * FROM words WHERE words MATCH '{'(' * 5_000}a{')' * 5_000}'",
    ),
    "shadow table": ("ok no_such_table", "SELECT * FROM words_data, words_content"),
    "shadow table, written": ("not_a_query no_such_table", "UPDATE words_data SET block = zeroblob(9000)"),
    "text index, rebuilt": ("not_a_query no_such_table", "INSERT INTO words (words) VALUES ('rebuild')"),
    "text index, optimized": (
        "not_a_query no_such_table no_such_function invalid",
        "SELECT optimize(words) FROM words",
    ),
    "box": ("ok not_a_query no_such_table", "SELECT * FROM boxes AS a, boxes AS b WHERE a.low < b.high"),
    "box, checked": ("ok not_a_query no_such_table no_such_function", "SELECT rtreecheck('main', 'boxes')"),
    "box, its nodes": ("ok no_such_table", "SELECT rtreenode(2, data) FROM boxes_node"),
    "box, written": ("not_a_query no_such_table", "DELETE FROM boxes_node"),
    "generated": ("too_big timeout ok", "SELECT a.big || b.big FROM derived AS a, derived AS b"),
    "page": ("ok no_such_table not_a_query", "SELECT * FROM sqlite_dbpage"),
    "byte code": ("ok no_such_table not_a_query", "SELECT * FROM bytecode('DROP TABLE t')"),
    "statements": ("ok no_such_table", "SELECT sql FROM sqlite_stmt"),
    # texts that what reads SQL before SQLite must survive
    "brackets": ("too_big no_such_column syntax", f"SELECT {nested('[', 'x', ']', 5_000)}"),
    "functions": ("too_big", f"SELECT {nested('abs(', '1', ')', 5_000)}"),
    "casts": ("too_big", f"SELECT {nested('CAST(', '1', ' AS TEXT)', 5_000)}"),
    "joins in brackets": ("too_big", f"SELECT * FROM {nested('(', 't', ' JOIN t)', 5_000)}"),
    "joins without a condition": (
        "timeout ok",
        "SELECT * FROM t AS t0" + "".join(f" JOIN t AS t{n}" for n in range(1, 60)),
    ),
    "WITH in WITH": ("too_big", f"{nested('WITH a AS (', 'SELECT 1', ') SELECT * FROM a', 2_000)}"),
    "open brackets": ("syntax too_big", "SELECT " + "(" * 5_000),
    "open queries": ("syntax too_big", "SELECT (" * 5_000),
    "open WITH": ("syntax too_big", "WITH a AS (" * 5_000),
    "open names": ("syntax", "WITH [\n" * 14_000),
    "open names in backticks": ("syntax", "`WITH [ " * 12_000),
    "open quotes": ("syntax", "SELECT" + " 'a" * 9_999),
    "curly quotes": ("syntax no_such_column too_big", "SELECT " + "“a ‘b " * 9_000),
    "odd quotes": ("syntax", "'" * 90_001),
    "BETWEEN": ("syntax too_big", "SELECT 1 WHERE " + "1 BETWEEN " * 5_000),
    "postfix": ("too_big ok", "SELECT 1" + " ISNULL" * 5_000),
    "collations": ("too_big ok", "SELECT 1" + " COLLATE nocase" * 5_000),
    "JSON arrows": ("too_big", "SELECT '{}'" + " -> 'a'" * 5_000),
    "joined texts": ("too_big", "SELECT ''" + " || 'a'" * 5_000),
    "commas": ("syntax", "SELECT " + "," * 50_000),
    "semicolons": ("not_a_query multi_statement", ";" * 90_000),
    "keywords alone": ("syntax", "SELECT FROM WHERE GROUP BY HAVING ORDER BY LIMIT"),
    "long numbers": ("ok", f"SELECT {'9' * 5_000} FROM t ORDER BY 1 LIMIT 0{'0' * 5_000}1"),
    "an endless LIMIT": ("invalid ok", "SELECT a FROM t ORDER BY a LIMIT 1e999"),
    "ORDER BY nothing": ("invalid", "SELECT a FROM t ORDER BY 0 LIMIT 1"),
    "other dialects": ("syntax", "SELECT $$a$$, :b, @c FROM t |> PIVOT (sum(a) FOR b IN ('x')) {% if %}"),
    "DISTINCT of nothing": ("invalid", "SELECT count(DISTINCT ) FROM t"),
    "MERGE": ("syntax", "MERGE INTO t USING u ON 1 WHEN MATCHED THEN DELETE"),
    "NUL alone": ("syntax", "\0"),
    "byte order mark": ("syntax ok", "\ufeffSELECT 1"),
    "direction": ("no_such_column syntax", "SELECT \u202ea\u202c FROM t"),
    "empty names": ("no_such_table", 'SELECT "" FROM "" AS ""'),
    "a million letters": ("too_big", f"SELECT '{'x' * 1_000_000}'"),
    "a million blanks": ("too_big", f"SELECT{' ' * 1_000_000}1"),
    "a million brackets": ("too_big", "(" * 1_000_000),
    "a million open names": ("too_big", "WITH [\n" * 140_000),
    "a million surrogates": ("too_big", "\ud800" * 1_000_000),
    "a million thoughts": ("too_big", "<think>```sql\nSELECT 1" * 50_000),
    "a million of DISTINCT": ("too_big", "SELECT " + "distinct " * 110_000),
    "a million years": ("too_big", "YEAR (" * 160_000),
}
"""Name -> the outcomes that are right (an error class, or ``ok`` for a harmless result), and the SQL."""
