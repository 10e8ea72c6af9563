//@ part
// SQL statements of every kind, run through every part of SQLite's C interface. tests/projects.rs builds this and SQLite
// with both compilers and compares what they print.
#include <sqlite3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int statements;

static int print_row(void *unused, int count, char **values, char **names) {
    (void)unused, (void)names;
    for (int i = 0; i < count; i++) printf("%s%s", i ? "|" : "  ", values[i] ? values[i] : "NULL");
    printf("\n");
    return 0;
}

/* Runs statements and prints rows, or the error: errors are part of the test. */
static void run(sqlite3 *db, const char *sql) {
    char *message = NULL;
    statements++;
    int status = sqlite3_exec(db, sql, print_row, NULL, &message);
    if (status != SQLITE_OK) printf("  error %d: %s\n", status, message);
    sqlite3_free(message);
}

static void run_all(sqlite3 *db, const char *const *sql) {
    for (; *sql; sql++) {
        printf("%.60s\n", *sql);
        run(db, *sql);
    }
}

static const char *const schema[] = {
    "PRAGMA foreign_keys=ON",
    "CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born INT CHECK(born > 1000))",
    "CREATE TABLE book(id INTEGER PRIMARY KEY AUTOINCREMENT, author INT REFERENCES author ON DELETE CASCADE, title TEXT COLLATE NOCASE, year INT, price REAL DEFAULT 9.5, tags)",
    "CREATE TABLE pair(a, b, c GENERATED ALWAYS AS (a * b) STORED, d AS (a + b), PRIMARY KEY(a, b)) WITHOUT ROWID",
    "CREATE TABLE typed(i INT, t TEXT, r REAL, b BLOB, n ANY) STRICT",
    "CREATE INDEX book_year ON book(year DESC, title)",
    "CREATE INDEX book_cheap ON book(price) WHERE price < 10",
    "CREATE UNIQUE INDEX book_expression ON book(lower(title), year)",
    "CREATE VIEW recent AS SELECT title, name FROM book JOIN author ON author.id = book.author WHERE year >= 1900",
    "CREATE TABLE log(n INTEGER PRIMARY KEY, what TEXT)",
    "CREATE TRIGGER book_insert AFTER INSERT ON book BEGIN INSERT INTO log(what) VALUES('insert ' || new.title); END",
    "CREATE TRIGGER book_update BEFORE UPDATE OF price ON book WHEN new.price > 100 BEGIN SELECT RAISE(ABORT, 'too dear'); END",
    "CREATE TRIGGER book_delete AFTER DELETE ON book FOR EACH ROW BEGIN INSERT INTO log(what) SELECT 'delete ' || old.title; END",
    "CREATE TRIGGER recent_insert INSTEAD OF INSERT ON recent BEGIN INSERT INTO author(name, born) VALUES(new.name, 1950); INSERT INTO book(author, title, year) VALUES((SELECT id FROM author WHERE name = new.name), new.title, 2000); END",
    "CREATE TEMP TABLE scratch AS SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT 3",
    "ALTER TABLE author ADD COLUMN note TEXT DEFAULT 'none'",
    "ALTER TABLE author RENAME COLUMN note TO remark",
    "CREATE TABLE author(id)",
    "CREATE TABLE IF NOT EXISTS author(id)",
    "SELECT name, type FROM sqlite_schema ORDER BY type, name",
    NULL,
};

static const char *const changes[] = {
    "INSERT INTO author(name, born) VALUES('Goethe', 1749), ('Kafka', 1883), ('Mann', 1875), ('Woolf', 1882)",
    "INSERT INTO author(name, born) VALUES('Goethe', 1750)",
    "INSERT INTO author(name, born) VALUES('Nobody', 10)",
    "INSERT OR IGNORE INTO author(name, born) VALUES('Kafka', 1900)",
    "INSERT INTO author(name, born) VALUES('Kafka', 1900) ON CONFLICT(name) DO UPDATE SET remark = 'again' RETURNING id, name, remark",
    "INSERT INTO book(author, title, year, tags) VALUES(1, 'Faust', 1808, '[\"drama\",\"verse\"]'), (2, 'Der Process', 1925, '[\"novel\"]'), (2, 'Das Schloss', 1926, NULL), (3, 'Buddenbrooks', 1901, '[\"novel\",\"family\"]'), (4, 'Orlando', 1928, '{\"kind\":\"novel\"}')",
    "INSERT INTO book(author, title, year) VALUES(99, 'Nowhere', 1999)",
    "INSERT INTO recent(title, name) VALUES('New Book', 'New Author')",
    "UPDATE book SET price = price * 2 WHERE year < 1925 RETURNING title, price",
    "UPDATE book SET price = 1000 WHERE title = 'FAUST'",
    "UPDATE book SET (price, tags) = (SELECT born / 100.0, name FROM author WHERE author.id = book.author) WHERE tags IS NULL",
    "UPDATE book SET price = s.x FROM scratch AS s WHERE s.x = book.id",
    "DELETE FROM author WHERE name = 'Woolf'",
    "SELECT * FROM log",
    "SELECT changes() > 0, total_changes() > 0, last_insert_rowid() > 0",
    "INSERT INTO pair(a, b) VALUES(2, 3), (4, 5), (1.5, 2)",
    "INSERT INTO pair(a, b) VALUES(2, 3)",
    "REPLACE INTO pair(a, b) VALUES(4, 5)",
    "SELECT * FROM pair ORDER BY c DESC",
    "INSERT INTO typed VALUES(1, 'x', 2.5, x'00ff', 'any'), ('2', 3, 4, x'', NULL)",
    "INSERT INTO typed VALUES('no number', 'x', 2.5, x'00', 1)",
    "SELECT i, typeof(i), typeof(t), typeof(r), hex(b), typeof(n) FROM typed",
    "DELETE FROM typed",
    NULL,
};

static const char *const queries[] = {
    "SELECT title, name FROM book JOIN author ON author.id = author ORDER BY title COLLATE BINARY",
    "SELECT name, count(book.id), group_concat(title, '/') FROM author LEFT JOIN book ON book.author = author.id GROUP BY author.id HAVING count(*) > 0 ORDER BY 2 DESC, 1",
    "SELECT * FROM scratch CROSS JOIN (SELECT x AS y FROM scratch) WHERE x < y",
    "SELECT * FROM scratch FULL OUTER JOIN (SELECT 2 AS z UNION SELECT 9) ON x = z ORDER BY 1, 2",
    "SELECT * FROM scratch NATURAL JOIN (SELECT 3 AS x, 'three' AS word)",
    "SELECT DISTINCT year / 100 FROM book ORDER BY 1",
    "SELECT x FROM scratch UNION SELECT x + 1 FROM scratch EXCEPT SELECT 2 INTERSECT SELECT x FROM scratch",
    "SELECT title FROM book WHERE author IN (SELECT id FROM author WHERE born < 1880) AND EXISTS (SELECT 1 FROM log) ORDER BY title LIMIT 2 OFFSET 1",
    "SELECT title FROM book WHERE title LIKE 'd%' OR title GLOB 'B*' ORDER BY 1",
    "SELECT CASE WHEN price > 10 THEN 'dear' WHEN price IS NULL THEN 'free' ELSE 'cheap' END AS class, count(*) FROM book GROUP BY class ORDER BY class",
    "SELECT (SELECT max(x) FROM scratch), (SELECT total(x) FROM scratch), avg(x), min(x), sum(x) FILTER (WHERE x > 1) FROM scratch",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT group_concat(i, ' ') FROM n",
    "WITH RECURSIVE f(a, b) AS (VALUES(0, 1) UNION ALL SELECT b, a + b FROM f LIMIT 20) SELECT max(a) FROM f",
    "WITH RECURSIVE m(x, y, zr, zi, i) AS (SELECT x, y, 0.0, 0.0, 0 FROM (WITH xs(x) AS (VALUES(-2.0) UNION ALL SELECT x + 0.25 FROM xs WHERE x < 0.5) SELECT x FROM xs), (WITH ys(y) AS (VALUES(-1.0) UNION ALL SELECT y + 0.5 FROM ys WHERE y < 1) SELECT y FROM ys) UNION ALL SELECT x, y, zr*zr - zi*zi + x, 2*zr*zi + y, i + 1 FROM m WHERE zr*zr + zi*zi < 4 AND i < 15) SELECT group_concat(c, '') FROM (SELECT substr(' .:-=+*#%@', max(i) / 2 + 1, 1) AS c FROM m GROUP BY y, x)",
    "WITH a AS MATERIALIZED (SELECT x * 2 AS y FROM scratch), b AS NOT MATERIALIZED (SELECT y + 1 AS z FROM a) SELECT * FROM a, b WHERE z > y",
    "SELECT title, row_number() OVER w, rank() OVER (ORDER BY year / 10), dense_rank() OVER (ORDER BY year / 10), ntile(2) OVER w, lag(title, 1, '-') OVER w, lead(year) OVER w FROM book WINDOW w AS (ORDER BY year, title)",
    "SELECT x, sum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), avg(x) OVER (), first_value(x) OVER (ORDER BY x DESC), nth_value(x, 2) OVER (ORDER BY x GROUPS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES), cume_dist() OVER (ORDER BY x), percent_rank() OVER (ORDER BY x) FROM scratch",
    "SELECT name, sum(price) OVER (PARTITION BY author ORDER BY book.id RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM book JOIN author ON author.id = author ORDER BY book.id",
    "SELECT json_extract('{\"a\":[1,{\"b\":2.5}]}', '$.a[1].b'), '{\"x\":{\"y\":7}}' -> 'x', '{\"x\":{\"y\":7}}' ->> '$.x.y'",
    "SELECT json_object('k', json_array(1, 'two', NULL, 4.5)), json_set('{}', '$.n', 1), json_remove('[1,2,3]', '$[1]'), json_patch('{\"a\":1}', '{\"b\":2,\"a\":null}')",
    "SELECT key, value, type FROM json_each('[true, null, \"s\", {\"q\": []}]')",
    "SELECT fullkey, atom FROM json_tree('{\"a\":{\"b\":[10,20]}}') WHERE atom IS NOT NULL",
    "SELECT title, value FROM book, json_each(tags) WHERE json_valid(tags) ORDER BY 1, 2",
    "SELECT json_group_array(x), json_group_object('k' || x, x) FROM scratch",
    "SELECT hex(jsonb('{\"a\":1}')), json(jsonb('[1,2]')), json_pretty('{\"a\":[1]}'), json_error_position('{bad')",
    "SELECT abs(-3), round(2.567, 1), upper('abc'), lower('ABC'), length('größe'), substr('abcdef', -3, 2), trim('  x '), ltrim('xxy', 'x'), replace('aXbX', 'X', '-'), instr('hello', 'l')",
    "SELECT printf('%05d|%-6s|%.3f|%x|%,d|%q', 42, 'ab', 3.14159, 255, 1234567, 'it''s'), quote('a''b'), char(72, 105), unicode('ü'), hex('AZ'), unhex('414243')",
    "SELECT coalesce(NULL, 2), ifnull(NULL, 3), nullif(4, 4), iif(1 > 2, 'a', 'b'), typeof(1), typeof('1'), typeof(x'31'), typeof(NULL), typeof(1.0)",
    "SELECT date('2024-02-28', '+2 days'), time('12:34:56', '+90 minutes'), strftime('%Y-%j %W %w', '2024-12-31'), julianday('2000-01-01'), unixepoch('1970-01-02'), timediff('2024-03-01', '2024-02-01')",
    "SELECT 7 / 2, 7 % 3, 7.0 / 2, 1 << 40, 6 & 3, 6 | 3, ~5, -7 / 2, 'a' || 'b', 5 BETWEEN 1 AND 9, NOT 0, NULL IS NULL, 1 IS DISTINCT FROM NULL",
    "SELECT 9223372036854775807 + 1, -9223372036854775808, 1e308 * 10, 0.1 + 0.2, CAST('12abc' AS INT), CAST(3.99 AS INTEGER), CAST(65 AS BLOB)",
    "SELECT sin(1), cos(1), ln(2), log10(1000), pow(2, 10), sqrt(2), exp(1), ceil(1.2), floor(-1.2), trunc(1.9), mod(7, 4), pi(), degrees(pi())",
    "SELECT soundex('Robert'), likely(1), unlikely(0), zeroblob(3) = x'000000', sqlite_version() = sqlite_version(), max(1, 5, 3), min('b', 'a')",
    "SELECT x FROM scratch ORDER BY x IN (2), -x",
    "SELECT * FROM (VALUES(1, 'a'), (2, 'b')) AS v",
    "SELECT (1, 2) < (1, 3), (SELECT 5, 6) = (5, 6)",
    "EXPLAIN QUERY PLAN SELECT * FROM book WHERE year = 1925 AND title = 'x'",
    "EXPLAIN QUERY PLAN SELECT name FROM author JOIN book ON book.author = author.id WHERE price < 5 ORDER BY year",
    "SELECT no_such_column FROM book",
    "SELECT FROM WHERE",
    "SELECT no_such_function(1)",
    "SELECT * FROM no_such_table",
    "SELECT count(*) FROM generate_series(1, 10)",
    NULL,
};

static const char *const transactions[] = {
    "BEGIN", "INSERT INTO log(what) VALUES('in transaction')", "SAVEPOINT one", "DELETE FROM log", "SELECT count(*) FROM log",
    "ROLLBACK TO one", "SELECT count(*) > 0 FROM log", "SAVEPOINT two", "UPDATE log SET what = 'changed' WHERE n = 1", "RELEASE two", "COMMIT",
    "SELECT what FROM log WHERE n = 1", "BEGIN IMMEDIATE", "DELETE FROM book", "ROLLBACK", "SELECT count(*) FROM book", "COMMIT",
    "BEGIN EXCLUSIVE", "BEGIN", "END", "PRAGMA defer_foreign_keys=ON", "PRAGMA integrity_check", "PRAGMA quick_check", "PRAGMA foreign_key_check",
    "PRAGMA table_info(book)", "PRAGMA table_xinfo(pair)", "PRAGMA index_list(book)", "PRAGMA index_xinfo(book_year)", "PRAGMA foreign_key_list(book)",
    "PRAGMA user_version=7", "PRAGMA user_version", "PRAGMA application_id", "PRAGMA page_size", "PRAGMA journal_mode", "PRAGMA encoding", "PRAGMA auto_vacuum",
    "PRAGMA cache_size=100", "PRAGMA collation_list", "ANALYZE", "SELECT tbl, idx FROM sqlite_stat1 ORDER BY 1, 2", "REINDEX", "VACUUM", "PRAGMA optimize",
    "PRAGMA freelist_count", "PRAGMA compile_options(nothing)", "DROP INDEX book_cheap", "DROP TRIGGER book_delete", "DROP VIEW recent", "DROP VIEW recent",
    "ALTER TABLE log RENAME TO journal", "ALTER TABLE journal DROP COLUMN what", "SELECT sql FROM sqlite_schema WHERE name = 'journal'", "DROP TABLE journal",
    NULL,
};

static const char *const virtual_tables[] = {
    "CREATE VIRTUAL TABLE note USING fts5(title, body, tokenize='porter unicode61')",
    "INSERT INTO note VALUES('first', 'lazy functions are compiled when they are called'), ('second', 'a compiler compiles functions'), ('third', 'nothing to see')",
    "SELECT title, highlight(note, 1, '[', ']') FROM note WHERE note MATCH 'compile' ORDER BY rowid",
    "SELECT title, snippet(note, -1, '<', '>', '..', 4) FROM note('function*') ORDER BY rank, title",
    "SELECT title, round(bm25(note), 4) FROM note WHERE note MATCH 'compil* NOT lazy'",
    "SELECT title FROM note WHERE note MATCH 'body : (lazy OR nothing) NOT \"to see\"'",
    "INSERT INTO note(note) VALUES('optimize')", "INSERT INTO note(note) VALUES('integrity-check')",
    "CREATE VIRTUAL TABLE old USING fts4(text)", "INSERT INTO old VALUES('one two three'), ('two three four')",
    "SELECT rowid, offsets(old), snippet(old) FROM old WHERE text MATCH 'two NEAR/1 three -four'",
    "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1)",
    "INSERT INTO box VALUES(1, 0, 10, 0, 10), (2, 5, 15, 5, 15), (3, 20, 30, 20, 30)",
    "SELECT id FROM box WHERE x0 <= 7 AND x1 >= 7 AND y0 <= 7 AND y1 >= 7 ORDER BY id",
    "SELECT name, pageno >= 1 FROM dbstat WHERE name = 'author' LIMIT 1", "DROP TABLE note", "DROP TABLE old", "DROP TABLE box", NULL,
};

static void twice(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    switch (sqlite3_value_type(values[0])) {
    case SQLITE_INTEGER: sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0])); break;
    case SQLITE_FLOAT: sqlite3_result_double(context, 2 * sqlite3_value_double(values[0])); break;
    case SQLITE_TEXT: sqlite3_result_error(context, "no text please", -1); break;
    default: sqlite3_result_null(context);
    }
}
struct product { double value; int count; };
static void product_step(sqlite3_context *context, int count, sqlite3_value **values) {
    struct product *p = sqlite3_aggregate_context(context, sizeof *p);
    (void)count;
    p->value = p->count++ ? p->value * sqlite3_value_double(values[0]) : sqlite3_value_double(values[0]);
}
static void product_inverse(sqlite3_context *context, int count, sqlite3_value **values) {
    struct product *p = sqlite3_aggregate_context(context, sizeof *p);
    (void)count;
    p->value /= sqlite3_value_double(values[0]);
    p->count--;
}
static void product_value(sqlite3_context *context) {
    struct product *p = sqlite3_aggregate_context(context, sizeof *p);
    sqlite3_result_double(context, p->count ? p->value : 0);
}
static int backwards(void *unused, int an, const void *a, int bn, const void *b) {
    (void)unused;
    int n = an < bn ? an : bn;
    for (int i = 1; i <= n; i++) {
        int d = ((const char *)a)[an - i] - ((const char *)b)[bn - i];
        if (d) return d;
    }
    return an - bn;
}
static int authorize(void *unused, int action, const char *a, const char *b, const char *c, const char *d) {
    (void)unused, (void)b, (void)c, (void)d;
    return action == SQLITE_DELETE && a && strcmp(a, "author") == 0 ? SQLITE_DENY : SQLITE_OK;
}
static int updates, commits, steps;
static void on_update(void *unused, int what, const char *database, const char *table, sqlite3_int64 row) {
    (void)unused, (void)what, (void)database, (void)table, (void)row;
    updates++;
}
static int on_commit(void *unused) { (void)unused; commits++; return 0; }
static int on_progress(void *unused) { (void)unused; return ++steps > 1000; }

static void callbacks(sqlite3 *db) {
    sqlite3_create_function(db, "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, twice, NULL, NULL);
    sqlite3_create_window_function(db, "product", 1, SQLITE_UTF8, NULL, product_step, product_value, product_value, product_inverse, NULL);
    sqlite3_create_collation(db, "backwards", SQLITE_UTF8, NULL, backwards);
    run(db, "SELECT twice(21), twice(1.25), twice(NULL), product(x) FROM scratch");
    run(db, "SELECT twice('text')");
    run(db, "SELECT x, product(x) OVER (ORDER BY x ROWS 1 PRECEDING) FROM scratch");
    run(db, "SELECT name FROM author ORDER BY name COLLATE backwards");
    sqlite3_set_authorizer(db, authorize, NULL);
    run(db, "DELETE FROM author");
    sqlite3_set_authorizer(db, NULL, NULL);
    sqlite3_update_hook(db, on_update, NULL);
    sqlite3_commit_hook(db, on_commit, NULL);
    run(db, "UPDATE author SET remark = 'hooked'");
    printf("  %d updates, %d commits\n", updates, commits);
    sqlite3_progress_handler(db, 100, on_progress, NULL);
    run(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    sqlite3_progress_handler(db, 0, NULL, NULL);
}

static void prepared(sqlite3 *db) {
    sqlite3_stmt *s;
    run(db, "CREATE TABLE many(id INTEGER PRIMARY KEY, i INT, d REAL, t TEXT, b BLOB)");
    run(db, "BEGIN");
    sqlite3_prepare_v2(db, "INSERT INTO many VALUES(?1, ?, :d, @t, $b)", -1, &s, NULL);
    printf("  %d parameters, d is %d\n", sqlite3_bind_parameter_count(s), sqlite3_bind_parameter_index(s, ":d"));
    for (int i = 1; i <= 2000; i++) {
        char text[40];
        snprintf(text, sizeof text, "row %d of many", i * 7919 % 2003);
        sqlite3_bind_int(s, 1, i);
        sqlite3_bind_int64(s, 2, (sqlite3_int64)i * i * 1000003);
        sqlite3_bind_double(s, 3, sqrt(i));
        sqlite3_bind_text(s, 4, text, -1, SQLITE_TRANSIENT);
        if (i % 3) sqlite3_bind_zeroblob(s, 5, i % 50); else sqlite3_bind_blob(s, 5, text, i % 12, SQLITE_TRANSIENT);
        if (sqlite3_step(s) != SQLITE_DONE) printf("  %s\n", sqlite3_errmsg(db));
        sqlite3_reset(s);
        sqlite3_clear_bindings(s);
        statements++;
    }
    sqlite3_finalize(s);
    run(db, "COMMIT");
    run(db, "CREATE INDEX many_t ON many(t)");
    run(db, "SELECT count(*), sum(i % 1000), round(sum(d), 6), max(t), min(length(b)), count(DISTINCT t) FROM many");
    run(db, "SELECT id, t FROM many WHERE t BETWEEN 'row 100' AND 'row 1005' ORDER BY t LIMIT 5");
    run(db, "SELECT t FROM many ORDER BY substr(t, 6), d DESC LIMIT 3");
    run(db, "DELETE FROM many WHERE id % 2; SELECT count(*) FROM many");
    sqlite3_prepare_v2(db, "SELECT id, i, d, t, b FROM many WHERE id > ? LIMIT 3", -1, &s, NULL);
    sqlite3_bind_int(s, 1, 500);
    while (sqlite3_step(s) == SQLITE_ROW)
        printf("  %d %lld %.6f %s %d %s\n", sqlite3_column_int(s, 0), sqlite3_column_int64(s, 1), sqlite3_column_double(s, 2),
               (const char *)sqlite3_column_text(s, 3), sqlite3_column_bytes(s, 4), sqlite3_column_name(s, 2));
    printf("  %d columns of %s, %s\n", sqlite3_column_count(s), sqlite3_column_table_name(s, 0), sqlite3_sql(s));
    sqlite3_finalize(s);
    sqlite3_blob *blob;
    char buffer[8] = {0};
    if (sqlite3_blob_open(db, "main", "many", "b", 520, 1, &blob) == SQLITE_OK) {
        sqlite3_blob_write(blob, "WRITTEN", 4, 2);
        sqlite3_blob_read(blob, buffer, 6, 1);
        printf("  blob of %d bytes: %d %.4s\n", sqlite3_blob_bytes(blob), buffer[0], buffer + 1);
        sqlite3_blob_close(blob);
    }
}

static void backup(sqlite3 *db) {
    sqlite3 *copy;
    sqlite3_open(":memory:", &copy);
    sqlite3_backup *b = sqlite3_backup_init(copy, "main", db, "main");
    int rounds = 0;
    while (sqlite3_backup_step(b, 5) == SQLITE_OK) rounds++;
    sqlite3_backup_finish(b);
    printf("  %d\n", rounds > 0);
    run(copy, "SELECT count(*), sum(id) FROM many");
    sqlite3_int64 size;
    unsigned char *image = sqlite3_serialize(copy, "main", &size, 0);
    sqlite3 *other;
    sqlite3_open(":memory:", &other);
    sqlite3_deserialize(other, "main", image, size, size, SQLITE_DESERIALIZE_FREEONCLOSE);
    run(other, "SELECT name FROM author ORDER BY id");
    run(other, "ATTACH ':memory:' AS second; CREATE TABLE second.t AS SELECT * FROM author; SELECT count(*) FROM second.t; DETACH second");
    sqlite3_close(other);
    sqlite3_close(copy);
}

static void file(const char *path) {
    sqlite3 *one, *two;
    unlink(path);
    sqlite3_open(path, &one);
    sqlite3_open_v2(path, &two, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    run(one, "PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES(1), (2)");
    run(two, "SELECT sum(x) FROM t");
    run(one, "BEGIN IMMEDIATE; INSERT INTO t VALUES(3)");
    run(two, "SELECT sum(x) FROM t; INSERT INTO t VALUES(4)");
    run(one, "COMMIT");
    run(two, "SELECT sum(x) FROM t; PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(two);
    run(one, "PRAGMA journal_mode=DELETE; VACUUM INTO 'copy.db'; SELECT count(*) FROM t");
    sqlite3_close(one);
    sqlite3_open_v2("copy.db", &one, SQLITE_OPEN_READONLY, NULL);
    run(one, "SELECT group_concat(x) FROM t; DELETE FROM t");
    sqlite3_close(one);
    FILE *f = fopen("copy.db", "r+b");
    fwrite("this is no database", 1, 19, f);
    fclose(f);
    sqlite3_open("copy.db", &one);
    run(one, "SELECT * FROM t");
    sqlite3_close(one);
}

int main(void) {
    sqlite3 *db;
    printf("%s %d\n", sqlite3_libversion(), sqlite3_threadsafe());
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) return 1;
    run_all(db, schema);
    run_all(db, changes);
    run_all(db, queries);
    callbacks(db);
    run_all(db, transactions);
    run_all(db, virtual_tables);
    prepared(db);
    backup(db);
    sqlite3_close(db);
    file("test.db");
    printf("%d statements, %lld bytes in use\n", statements, sqlite3_memory_used());
    return 0;
}
