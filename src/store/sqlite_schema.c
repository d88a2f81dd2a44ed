#include "store/sqlite.h"

#include <stdio.h>

/* "Godw", in the file's header: says whose file it is. */
#define APPLICATION_ID 0x476f6477

/* Every step is frozen once it has shipped; a change is a new step. The numbers of the domain's
   enums are part of the format, and the views give them their words.

   Hot tables are appended in the order of their keys and have no other index: a page of random
   keys costs more than everything else in a commit. A book is the one row of an account that is
   written over and over: the newest rows of its three chains, and its balances. Indexes
   belong to what customers set up by hand. */
/* clang-format off */
static const char tables_1[] =
    "CREATE TABLE meta(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE account(id INTEGER PRIMARY KEY, created_at_ms INTEGER NOT NULL,"
    " plan INTEGER NOT NULL, tier INTEGER NOT NULL, sms_on INTEGER NOT NULL,"
    " name TEXT NOT NULL) STRICT;"
    "CREATE TABLE key(id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
    " created_at_ms INTEGER NOT NULL, enabled INTEGER NOT NULL, test INTEGER NOT NULL,"
    " hash BLOB NOT NULL, hint TEXT NOT NULL, scopes TEXT NOT NULL) STRICT;"
    "CREATE TABLE shortcode(word TEXT NOT NULL PRIMARY KEY, account INTEGER NOT NULL,"
    " created_at_ms INTEGER NOT NULL, url TEXT NOT NULL, secret TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE provider(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, bind INTEGER NOT NULL,"
    " enabled INTEGER NOT NULL, window INTEGER NOT NULL, tps INTEGER NOT NULL,"
    " name TEXT NOT NULL, address TEXT NOT NULL, system_id TEXT NOT NULL,"
    " password TEXT NOT NULL, system_type TEXT NOT NULL, quirks TEXT NOT NULL) STRICT;"
    "CREATE TABLE route(destination TEXT NOT NULL PRIMARY KEY, chain TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE book(account INTEGER PRIMARY KEY, last_message INTEGER NOT NULL,"
    " last_ledger INTEGER NOT NULL, last_inbound INTEGER NOT NULL,"
    " credit_available INTEGER NOT NULL, credit_held INTEGER NOT NULL,"
    " credit_granted INTEGER NOT NULL, credit_spent INTEGER NOT NULL,"
    " credit_refunded INTEGER NOT NULL, credit_expired INTEGER NOT NULL,"
    " ngn_available INTEGER NOT NULL, ngn_held INTEGER NOT NULL,"
    " ngn_granted INTEGER NOT NULL, ngn_spent INTEGER NOT NULL,"
    " ngn_refunded INTEGER NOT NULL, ngn_expired INTEGER NOT NULL,"
    " quota_available INTEGER NOT NULL, quota_held INTEGER NOT NULL,"
    " quota_granted INTEGER NOT NULL, quota_spent INTEGER NOT NULL,"
    " quota_refunded INTEGER NOT NULL, quota_expired INTEGER NOT NULL) STRICT;"
    "CREATE TABLE message(id INTEGER PRIMARY KEY, account INTEGER NOT NULL, prev INTEGER NOT NULL,"
    " key INTEGER NOT NULL, dialect INTEGER NOT NULL, test INTEGER NOT NULL,"
    " refund INTEGER NOT NULL, sender TEXT NOT NULL, text TEXT NOT NULL,"
    " encoding INTEGER NOT NULL, segments INTEGER NOT NULL, asset INTEGER NOT NULL,"
    " price INTEGER NOT NULL, first_recipient INTEGER NOT NULL,"
    " recipient_count INTEGER NOT NULL, supplied_recipient TEXT NOT NULL) STRICT;"
    "CREATE TABLE recipient(id INTEGER PRIMARY KEY, message INTEGER NOT NULL,"
    " number INTEGER NOT NULL, state INTEGER NOT NULL, provider INTEGER NOT NULL,"
    " changed_at_ms INTEGER NOT NULL, error INTEGER NOT NULL, error_word TEXT NOT NULL) STRICT;"
    "CREATE TABLE attempt(id INTEGER PRIMARY KEY, state INTEGER NOT NULL,"
    " receipt INTEGER NOT NULL, provider INTEGER NOT NULL, segment INTEGER NOT NULL,"
    " segments INTEGER NOT NULL, possible_duplicate INTEGER NOT NULL,"
    " intent_at_ms INTEGER NOT NULL, answered_at_ms INTEGER NOT NULL, status INTEGER NOT NULL,"
    " carrier_id TEXT NOT NULL, receipt_at_ms INTEGER NOT NULL,"
    " receipt_error TEXT NOT NULL) STRICT;"
    "CREATE TABLE ledger(id INTEGER PRIMARY KEY, account INTEGER NOT NULL, prev INTEGER NOT NULL,"
    " asset INTEGER NOT NULL, kind INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " available INTEGER NOT NULL, message INTEGER NOT NULL) STRICT;"
    "CREATE TABLE inbound(id INTEGER PRIMARY KEY, account INTEGER NOT NULL, prev INTEGER NOT NULL,"
    " push INTEGER NOT NULL, push_status INTEGER NOT NULL, provider INTEGER NOT NULL,"
    " sender INTEGER NOT NULL, sender_text TEXT NOT NULL, destination TEXT NOT NULL,"
    " shortcode TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
    "CREATE TABLE parked(id INTEGER PRIMARY KEY, provider INTEGER NOT NULL,"
    " state INTEGER NOT NULL, at_ms INTEGER NOT NULL, carrier_id TEXT NOT NULL,"
    " error TEXT NOT NULL) STRICT;"
    "CREATE TABLE part(id INTEGER PRIMARY KEY, provider INTEGER NOT NULL,"
    " reference INTEGER NOT NULL, total INTEGER NOT NULL, number INTEGER NOT NULL,"
    " source TEXT NOT NULL, destination TEXT NOT NULL, text TEXT NOT NULL) STRICT;";


/* For people with a SQLite shell: the same rows with words, names and times. A key's upper bits are
   its time (base/ids.h). */
#define TIME_OF_MS(ms) "strftime('%Y-%m-%dT%H:%M:%fZ', (" ms ") / 1000.0, 'unixepoch')"
#define TIME_OF_KEY(key) TIME_OF_MS("(" key ") >> 20")
#define TIME_OR_NULL(ms) "CASE WHEN " ms " > 0 THEN " TIME_OF_MS(ms) " END"
#define ASSET_WORD(column)                                                                         \
    "CASE " column " WHEN 0 THEN 'CREDIT' WHEN 1 THEN 'NGN' WHEN 2 THEN 'QUOTA' END"

static const char views_1[] =
    "CREATE VIEW messages AS SELECT m.id, " TIME_OF_KEY("m.id") " AS accepted_at,"
    " m.account, a.name AS account_name,"
    " CASE m.dialect WHEN 0 THEN 'own' WHEN 1 THEN 'hep' WHEN 2 THEN 'mesms'"
    "  WHEN 3 THEN 'robase' END AS dialect,"
    " m.test, m.sender, m.text,"
    " CASE m.encoding WHEN 0 THEN 'GSM-7' WHEN 1 THEN 'UCS-2' END AS encoding,"
    " m.segments, " ASSET_WORD("m.asset") " AS asset, m.price, m.recipient_count"
    " FROM message m LEFT JOIN account a ON a.id = m.account;"

    "CREATE VIEW recipients AS SELECT r.id, r.message, m.account, '+' || r.number AS number,"
    " CASE r.state WHEN 0 THEN 'new' WHEN 1 THEN 'queued' WHEN 2 THEN 'sent'"
    "  WHEN 3 THEN 'delivered' WHEN 4 THEN 'failed' WHEN 5 THEN 'rejected'"
    "  WHEN 6 THEN 'expired' WHEN 7 THEN 'timeout' WHEN 8 THEN 'cancelled' END AS state,"
    " p.name AS provider, " TIME_OR_NULL("r.changed_at_ms") " AS changed_at,"
    " r.error, r.error_word"
    " FROM recipient r LEFT JOIN message m ON m.id = r.message"
    " LEFT JOIN provider p ON p.id = r.provider;"

    "CREATE VIEW attempts AS SELECT t.id, t.id >> 8 AS recipient, t.id & 255 AS number,"
    " p.name AS provider, t.segment, t.segments, t.possible_duplicate,"
    " CASE t.state WHEN 0 THEN 'intent' WHEN 1 THEN 'taken' WHEN 2 THEN 'refused'"
    "  WHEN 3 THEN 'throttled' WHEN 4 THEN 'not_sent' WHEN 5 THEN 'uncertain' END AS state,"
    " " TIME_OR_NULL("t.intent_at_ms") " AS intent_at,"
    " " TIME_OR_NULL("t.answered_at_ms") " AS answered_at, t.status, t.carrier_id,"
    " CASE t.receipt WHEN 1 THEN 'enroute' WHEN 2 THEN 'delivered' WHEN 3 THEN 'expired'"
    "  WHEN 4 THEN 'deleted' WHEN 5 THEN 'undeliverable' WHEN 6 THEN 'accepted'"
    "  WHEN 7 THEN 'unknown' WHEN 8 THEN 'rejected' WHEN 9 THEN 'skipped' END AS receipt,"
    " " TIME_OR_NULL("t.receipt_at_ms") " AS receipt_at, t.receipt_error"
    " FROM attempt t LEFT JOIN provider p ON p.id = t.provider;"

    "CREATE VIEW entries AS SELECT l.id, " TIME_OF_KEY("l.id") " AS at, l.account,"
    " a.name AS account_name, " ASSET_WORD("l.asset") " AS asset,"
    " CASE l.kind WHEN 0 THEN 'grant' WHEN 1 THEN 'charge' WHEN 2 THEN 'hold'"
    "  WHEN 3 THEN 'capture' WHEN 4 THEN 'release' WHEN 5 THEN 'refund'"
    "  WHEN 6 THEN 'expire' END AS kind,"
    " l.amount, l.available, nullif(l.message, 0) AS message"
    " FROM ledger l LEFT JOIN account a ON a.id = l.account;"

    "CREATE VIEW balances AS WITH sums AS ("
    " SELECT account, 'CREDIT' AS asset, credit_available AS available, credit_held AS held,"
    "  credit_granted AS granted, credit_spent AS spent, credit_refunded AS refunded,"
    "  credit_expired AS expired FROM book"
    " UNION ALL SELECT account, 'NGN', ngn_available, ngn_held, ngn_granted, ngn_spent,"
    "  ngn_refunded, ngn_expired FROM book"
    " UNION ALL SELECT account, 'QUOTA', quota_available, quota_held, quota_granted,"
    "  quota_spent, quota_refunded, quota_expired FROM book)"
    " SELECT sums.account, a.name AS account_name, asset, available, held, granted, spent,"
    "  refunded, expired FROM sums JOIN account a ON a.id = sums.account;";
static const char tables_2[] =
    "ALTER TABLE provider ADD COLUMN profile TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE message ADD COLUMN prev_door INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE message ADD COLUMN impatient INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE message ADD COLUMN quota INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE message ADD COLUMN rate INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE message ADD COLUMN currency TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE message ADD COLUMN country TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE message ADD COLUMN send_at_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE message ADD COLUMN first_provider INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE message ADD COLUMN released INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE recipient ADD COLUMN tells INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE attempt ADD COLUMN error TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE attempt ADD COLUMN keeps_id INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE attempt ADD COLUMN late INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE attempt ADD COLUMN late_at_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE attempt ADD COLUMN error_text TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE attempt ADD COLUMN network TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE book ADD COLUMN last_hep_live INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE book ADD COLUMN last_hep_test INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE book ADD COLUMN last_mesms_live INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE book ADD COLUMN last_mesms_test INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE book ADD COLUMN last_robase_live INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE book ADD COLUMN last_robase_test INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE book ADD COLUMN quota_month INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE book ADD COLUMN webhooks INTEGER NOT NULL DEFAULT 0;"

    /* The messages there are get the chains of their doors. */
    "UPDATE message SET prev_door = door.prev FROM (SELECT id, lag(id, 1, 0)"
    "  OVER (PARTITION BY account, dialect, test ORDER BY id) AS prev FROM message) AS door"
    " WHERE door.id = message.id AND door.prev > 0;"
#define NEWEST(dialect, test)                                                                      \
    "coalesce(max(id) FILTER (WHERE dialect = " dialect " AND test = " test "), 0)"
    "UPDATE book SET last_hep_live = door.hl, last_hep_test = door.ht, last_mesms_live = door.ml,"
    " last_mesms_test = door.mt, last_robase_live = door.rl, last_robase_test = door.rt"
    " FROM (SELECT account, " NEWEST("1", "0") " AS hl, " NEWEST("1", "1") " AS ht,"
    "  " NEWEST("2", "0") " AS ml, " NEWEST("2", "1") " AS mt, " NEWEST("3", "0") " AS rl,"
    "  " NEWEST("3", "1") " AS rt FROM message GROUP BY account) AS door"
    " WHERE door.account = book.account;"

    "CREATE TABLE sender(id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
    " created_at_ms INTEGER NOT NULL, status INTEGER NOT NULL, dnd INTEGER NOT NULL,"
    " shared INTEGER NOT NULL, name TEXT NOT NULL, countries TEXT NOT NULL,"
    " registered_entity TEXT NOT NULL, registration_doc_url TEXT NOT NULL,"
    " use_case TEXT NOT NULL, sample_message TEXT NOT NULL, notes TEXT NOT NULL,"
    " rejection_reason TEXT NOT NULL) STRICT;"
    "CREATE TABLE template(id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
    " created_at_ms INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,"
    " slug TEXT NOT NULL, body TEXT NOT NULL) STRICT;"
    "CREATE TABLE webhook(id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
    " created_at_ms INTEGER NOT NULL, number INTEGER NOT NULL, enabled INTEGER NOT NULL,"
    " events INTEGER NOT NULL, secret TEXT NOT NULL, url TEXT NOT NULL,"
    " description TEXT NOT NULL, last_try INTEGER NOT NULL) STRICT;"
    "CREATE INDEX sender_account ON sender(account);"
    "CREATE INDEX template_account ON template(account);"
    "CREATE INDEX webhook_account ON webhook(account);"
    "CREATE TABLE plan(name TEXT NOT NULL PRIMARY KEY, quota INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE rate(name TEXT NOT NULL PRIMARY KEY, currency TEXT NOT NULL,"
    " amount INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE block(name TEXT NOT NULL PRIMARY KEY, dnd INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE due(key INTEGER PRIMARY KEY, message INTEGER NOT NULL) STRICT;"
    "CREATE TABLE key_page(id INTEGER PRIMARY KEY, pairs BLOB NOT NULL) STRICT;"
    "CREATE TABLE replay(id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
    " endpoint INTEGER NOT NULL, status INTEGER NOT NULL, key TEXT NOT NULL,"
    " body BLOB NOT NULL) STRICT;"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
    " message INTEGER NOT NULL, recipient INTEGER NOT NULL, type INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE delivery(key TEXT NOT NULL PRIMARY KEY, webhook INTEGER NOT NULL,"
    " event INTEGER NOT NULL, account INTEGER NOT NULL, message INTEGER NOT NULL,"
    " recipient INTEGER NOT NULL, type INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " tries INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE webhook_try(id INTEGER PRIMARY KEY, webhook INTEGER NOT NULL,"
    " prev INTEGER NOT NULL, event INTEGER NOT NULL, type INTEGER NOT NULL,"
    " number INTEGER NOT NULL, status INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;";

#define EVENT_WORD(column)                                                                         \
    "CASE " column " WHEN 0 THEN 'sms.queued' WHEN 1 THEN 'sms.sent' WHEN 2 THEN 'sms.delivered'"  \
    "  WHEN 3 THEN 'sms.failed' WHEN 4 THEN 'sms.rejected' END"

static const char views_2[] =
    "DROP VIEW messages; DROP VIEW recipients; DROP VIEW attempts;"

    "CREATE VIEW messages AS SELECT m.id, " TIME_OF_KEY("m.id") " AS accepted_at,"
    " m.account, a.name AS account_name,"
    " CASE m.dialect WHEN 0 THEN 'own' WHEN 1 THEN 'hep' WHEN 2 THEN 'mesms'"
    "  WHEN 3 THEN 'robase' END AS dialect,"
    " m.test, m.sender, m.text,"
    " CASE m.encoding WHEN 0 THEN 'GSM-7' WHEN 1 THEN 'UCS-2' END AS encoding,"
    " m.segments, " ASSET_WORD("m.asset") " AS asset, m.price, m.quota, m.rate, m.currency,"
    " m.country, " TIME_OR_NULL("m.send_at_ms") " AS send_at, m.recipient_count"
    " FROM message m LEFT JOIN account a ON a.id = m.account;"

    "CREATE VIEW recipients AS SELECT r.id, r.message, m.account, '+' || r.number AS number,"
    " CASE r.state WHEN 0 THEN 'new' WHEN 1 THEN 'queued' WHEN 2 THEN 'sent'"
    "  WHEN 3 THEN 'delivered' WHEN 4 THEN 'failed' WHEN 5 THEN 'rejected'"
    "  WHEN 6 THEN 'expired' WHEN 7 THEN 'timeout' WHEN 8 THEN 'cancelled'"
    "  WHEN 9 THEN 'scheduled' END AS state,"
    " p.name AS provider, " TIME_OR_NULL("r.changed_at_ms") " AS changed_at,"
    " r.error, r.error_word"
    " FROM recipient r LEFT JOIN message m ON m.id = r.message"
    " LEFT JOIN provider p ON p.id = r.provider;"

    "CREATE VIEW attempts AS SELECT t.id, t.id >> 8 AS recipient, t.id & 255 AS number,"
    " p.name AS provider, t.segment, t.segments, t.possible_duplicate,"
    " CASE t.state WHEN 0 THEN 'intent' WHEN 1 THEN 'taken' WHEN 2 THEN 'refused'"
    "  WHEN 3 THEN 'throttled' WHEN 4 THEN 'not_sent' WHEN 5 THEN 'uncertain' END AS state,"
    " " TIME_OR_NULL("t.intent_at_ms") " AS intent_at,"
    " " TIME_OR_NULL("t.answered_at_ms") " AS answered_at, t.status, t.error,"
    " t.carrier_id,"
    " CASE t.receipt WHEN 1 THEN 'enroute' WHEN 2 THEN 'delivered' WHEN 3 THEN 'expired'"
    "  WHEN 4 THEN 'deleted' WHEN 5 THEN 'undeliverable' WHEN 6 THEN 'accepted'"
    "  WHEN 7 THEN 'unknown' WHEN 8 THEN 'rejected' WHEN 9 THEN 'skipped' END AS receipt,"
    " " TIME_OR_NULL("t.receipt_at_ms") " AS receipt_at, t.receipt_error,"
    " t.error_text, t.network"
    " FROM attempt t LEFT JOIN provider p ON p.id = t.provider;"

    "CREATE VIEW senders AS SELECT s.id, " TIME_OF_MS("s.created_at_ms") " AS created_at,"
    " s.account, a.name AS account_name, s.name,"
    " CASE s.status WHEN 0 THEN 'pending' WHEN 1 THEN 'approved' WHEN 2 THEN 'active'"
    "  WHEN 3 THEN 'rejected' END AS status,"
    " s.countries, s.dnd, s.shared, s.registered_entity, s.registration_doc_url, s.use_case,"
    " s.sample_message, s.notes, s.rejection_reason"
    " FROM sender s LEFT JOIN account a ON a.id = s.account;"

    "CREATE VIEW templates AS SELECT t.id, " TIME_OF_MS("t.created_at_ms") " AS created_at,"
    " t.account, a.name AS account_name, t.number, t.name, t.slug, t.body"
    " FROM template t LEFT JOIN account a ON a.id = t.account;"

    /* Without the secret. */
    "CREATE VIEW webhooks AS SELECT w.id, " TIME_OF_MS("w.created_at_ms") " AS created_at,"
    " w.account, a.name AS account_name, w.number, w.enabled, w.events, w.url, w.description"
    " FROM webhook w LEFT JOIN account a ON a.id = w.account;"

    "CREATE VIEW webhook_tries AS SELECT t.id, " TIME_OF_KEY("t.id") " AS at, t.webhook, w.url,"
    " t.event, " EVENT_WORD("t.type") " AS type, e.message, t.number,"
    " nullif(t.status, 0) AS status, t.last"
    " FROM webhook_try t LEFT JOIN webhook w ON w.id = t.webhook"
    " LEFT JOIN event e ON e.id = t.event;";
/* clang-format on */

static const char *const steps[][2] = {
    {tables_1, views_1},
    {tables_2, views_2},
};
#define STEP_COUNT ((int)(sizeof steps / sizeof *steps))

static bool pragma_number(sqlite3 *db, const char *sql, int *out)
{
    sqlite3_stmt *statement = NULL;
    bool there = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;
    if (there) *out = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return there;
}

static bool migrate_step(sqlite3 *db, int step)
{
    char version[96];
    snprintf(version, sizeof version, "PRAGMA user_version = %d; PRAGMA application_id = %d;",
             step + 1, APPLICATION_ID);
    bool done = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; done && i < sizeof *steps / sizeof **steps; i++)
        done = sqlite3_exec(db, steps[step][i], NULL, NULL, NULL) == SQLITE_OK;
    done = done && sqlite3_exec(db, version, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    return done;
}

bool sqlite_migrate(sqlite3 *db, const char *path, char *out_problem)
{
    int version = 0, application = 0, tables = 0;
    if (!pragma_number(db, "PRAGMA user_version", &version) ||
        !pragma_number(db, "PRAGMA application_id", &application) ||
        !pragma_number(db, "SELECT count(*) FROM sqlite_schema", &tables)) {
        snprintf(out_problem, SQLITE_PROBLEM_SIZE,
                 "%.120s cannot be read (%.80s); restore it from a backup", path,
                 sqlite3_errmsg(db));
        return false;
    }
    if (tables > 0 && application != APPLICATION_ID) {
        snprintf(out_problem, SQLITE_PROBLEM_SIZE,
                 "%.120s belongs to another program; name another file", path);
        return false;
    }
    if (version > STEP_COUNT) {
        snprintf(out_problem, SQLITE_PROBLEM_SIZE,
                 "%.120s was written by a newer version (schema %d, this one knows %d); "
                 "run that version, or restore a backup made before it",
                 path, version, STEP_COUNT);
        return false;
    }
    for (int step = version; step < STEP_COUNT; step++) {
        if (migrate_step(db, step)) continue;
        snprintf(out_problem, SQLITE_PROBLEM_SIZE,
                 "%.100s cannot be brought to schema %d (%.80s); nothing was changed", path,
                 step + 1, sqlite3_errmsg(db));
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    return true;
}
