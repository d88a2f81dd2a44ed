-- A file as the first schema left it, with a little of everything. Never changed.
PRAGMA user_version = 1;
PRAGMA application_id = 1198482551;
CREATE TABLE meta(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE account(id INTEGER PRIMARY KEY, created_at_ms INTEGER NOT NULL, plan INTEGER NOT
  NULL, tier INTEGER NOT NULL, sms_on INTEGER NOT NULL, name TEXT NOT NULL) STRICT;
CREATE TABLE key(id INTEGER PRIMARY KEY, account INTEGER NOT NULL, created_at_ms INTEGER NOT NULL,
  enabled INTEGER NOT NULL, test INTEGER NOT NULL, hash BLOB NOT NULL, hint TEXT NOT NULL, scopes
  TEXT NOT NULL) STRICT;
CREATE TABLE shortcode(word TEXT NOT NULL PRIMARY KEY, account INTEGER NOT NULL, created_at_ms
  INTEGER NOT NULL, url TEXT NOT NULL, secret TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE provider(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, bind INTEGER NOT NULL,
  enabled INTEGER NOT NULL, window INTEGER NOT NULL, tps INTEGER NOT NULL, name TEXT NOT NULL,
  address TEXT NOT NULL, system_id TEXT NOT NULL, password TEXT NOT NULL, system_type TEXT NOT
  NULL, quirks TEXT NOT NULL) STRICT;
CREATE TABLE route(destination TEXT NOT NULL PRIMARY KEY, chain TEXT NOT NULL) STRICT, WITHOUT
  ROWID;
CREATE TABLE book(account INTEGER PRIMARY KEY, last_message INTEGER NOT NULL, last_ledger INTEGER
  NOT NULL, last_inbound INTEGER NOT NULL, credit_available INTEGER NOT NULL, credit_held INTEGER
  NOT NULL, credit_granted INTEGER NOT NULL, credit_spent INTEGER NOT NULL, credit_refunded
  INTEGER NOT NULL, credit_expired INTEGER NOT NULL, ngn_available INTEGER NOT NULL, ngn_held
  INTEGER NOT NULL, ngn_granted INTEGER NOT NULL, ngn_spent INTEGER NOT NULL, ngn_refunded INTEGER
  NOT NULL, ngn_expired INTEGER NOT NULL, quota_available INTEGER NOT NULL, quota_held INTEGER NOT
  NULL, quota_granted INTEGER NOT NULL, quota_spent INTEGER NOT NULL, quota_refunded INTEGER NOT
  NULL, quota_expired INTEGER NOT NULL) STRICT;
CREATE TABLE message(id INTEGER PRIMARY KEY, account INTEGER NOT NULL, prev INTEGER NOT NULL, key
  INTEGER NOT NULL, dialect INTEGER NOT NULL, test INTEGER NOT NULL, refund INTEGER NOT NULL,
  sender TEXT NOT NULL, text TEXT NOT NULL, encoding INTEGER NOT NULL, segments INTEGER NOT NULL,
  asset INTEGER NOT NULL, price INTEGER NOT NULL, first_recipient INTEGER NOT NULL,
  recipient_count INTEGER NOT NULL, supplied_recipient TEXT NOT NULL) STRICT;
CREATE TABLE recipient(id INTEGER PRIMARY KEY, message INTEGER NOT NULL, number INTEGER NOT NULL,
  state INTEGER NOT NULL, provider INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL, error INTEGER
  NOT NULL, error_word TEXT NOT NULL) STRICT;
CREATE TABLE attempt(id INTEGER PRIMARY KEY, state INTEGER NOT NULL, receipt INTEGER NOT NULL,
  provider INTEGER NOT NULL, segment INTEGER NOT NULL, segments INTEGER NOT NULL,
  possible_duplicate INTEGER NOT NULL, intent_at_ms INTEGER NOT NULL, answered_at_ms INTEGER NOT
  NULL, status INTEGER NOT NULL, carrier_id TEXT NOT NULL, receipt_at_ms INTEGER NOT NULL,
  receipt_error TEXT NOT NULL) STRICT;
CREATE TABLE ledger(id INTEGER PRIMARY KEY, account INTEGER NOT NULL, prev INTEGER NOT NULL, asset
  INTEGER NOT NULL, kind INTEGER NOT NULL, amount INTEGER NOT NULL, available INTEGER NOT NULL,
  message INTEGER NOT NULL) STRICT;
CREATE TABLE inbound(id INTEGER PRIMARY KEY, account INTEGER NOT NULL, prev INTEGER NOT NULL, push
  INTEGER NOT NULL, push_status INTEGER NOT NULL, provider INTEGER NOT NULL, sender INTEGER NOT
  NULL, sender_text TEXT NOT NULL, destination TEXT NOT NULL, shortcode TEXT NOT NULL, text TEXT
  NOT NULL) STRICT;
CREATE TABLE parked(id INTEGER PRIMARY KEY, provider INTEGER NOT NULL, state INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, carrier_id TEXT NOT NULL, error TEXT NOT NULL) STRICT;
CREATE TABLE part(id INTEGER PRIMARY KEY, provider INTEGER NOT NULL, reference INTEGER NOT NULL,
  total INTEGER NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL, destination TEXT NOT
  NULL, text TEXT NOT NULL) STRICT;
CREATE VIEW messages AS SELECT m.id, strftime('%Y-%m-%dT%H:%M:%fZ', ((m.id) >> 20) / 1000.0,
  'unixepoch') AS accepted_at, m.account, a.name AS account_name, CASE m.dialect WHEN 0 THEN 'own'
  WHEN 1 THEN 'hep' WHEN 2 THEN 'mesms'  WHEN 3 THEN 'robase' END AS dialect, m.test, m.sender,
  m.text, CASE m.encoding WHEN 0 THEN 'GSM-7' WHEN 1 THEN 'UCS-2' END AS encoding, m.segments,
  CASE m.asset WHEN 0 THEN 'CREDIT' WHEN 1 THEN 'NGN' WHEN 2 THEN 'QUOTA' END AS asset, m.price,
  m.recipient_count FROM message m LEFT JOIN account a ON a.id = m.account;
CREATE VIEW recipients AS SELECT r.id, r.message, m.account, '+' || r.number AS number, CASE
  r.state WHEN 0 THEN 'new' WHEN 1 THEN 'queued' WHEN 2 THEN 'sent'  WHEN 3 THEN 'delivered' WHEN
  4 THEN 'failed' WHEN 5 THEN 'rejected'  WHEN 6 THEN 'expired' WHEN 7 THEN 'timeout' WHEN 8 THEN
  'cancelled' END AS state, p.name AS provider, CASE WHEN r.changed_at_ms > 0 THEN
  strftime('%Y-%m-%dT%H:%M:%fZ', (r.changed_at_ms) / 1000.0, 'unixepoch') END AS changed_at,
  r.error, r.error_word FROM recipient r LEFT JOIN message m ON m.id = r.message LEFT JOIN
  provider p ON p.id = r.provider;
CREATE VIEW attempts AS SELECT t.id, t.id >> 8 AS recipient, t.id & 255 AS number, p.name AS
  provider, t.segment, t.segments, t.possible_duplicate, CASE t.state WHEN 0 THEN 'intent' WHEN 1
  THEN 'taken' WHEN 2 THEN 'refused'  WHEN 3 THEN 'throttled' WHEN 4 THEN 'not_sent' WHEN 5 THEN
  'uncertain' END AS state, CASE WHEN t.intent_at_ms > 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ',
  (t.intent_at_ms) / 1000.0, 'unixepoch') END AS intent_at, CASE WHEN t.answered_at_ms > 0 THEN
  strftime('%Y-%m-%dT%H:%M:%fZ', (t.answered_at_ms) / 1000.0, 'unixepoch') END AS answered_at,
  t.status, t.carrier_id, CASE t.receipt WHEN 1 THEN 'enroute' WHEN 2 THEN 'delivered' WHEN 3 THEN
  'expired'  WHEN 4 THEN 'deleted' WHEN 5 THEN 'undeliverable' WHEN 6 THEN 'accepted'  WHEN 7 THEN
  'unknown' WHEN 8 THEN 'rejected' WHEN 9 THEN 'skipped' END AS receipt, CASE WHEN t.receipt_at_ms
  > 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ', (t.receipt_at_ms) / 1000.0, 'unixepoch') END AS
  receipt_at, t.receipt_error FROM attempt t LEFT JOIN provider p ON p.id = t.provider;
CREATE VIEW entries AS SELECT l.id, strftime('%Y-%m-%dT%H:%M:%fZ', ((l.id) >> 20) / 1000.0,
  'unixepoch') AS at, l.account, a.name AS account_name, CASE l.asset WHEN 0 THEN 'CREDIT' WHEN 1
  THEN 'NGN' WHEN 2 THEN 'QUOTA' END AS asset, CASE l.kind WHEN 0 THEN 'grant' WHEN 1 THEN
  'charge' WHEN 2 THEN 'hold'  WHEN 3 THEN 'capture' WHEN 4 THEN 'release' WHEN 5 THEN 'refund'
  WHEN 6 THEN 'expire' END AS kind, l.amount, l.available, nullif(l.message, 0) AS message FROM
  ledger l LEFT JOIN account a ON a.id = l.account;
CREATE VIEW balances AS WITH sums AS ( SELECT account, 'CREDIT' AS asset, credit_available AS
  available, credit_held AS held,  credit_granted AS granted, credit_spent AS spent,
  credit_refunded AS refunded,  credit_expired AS expired FROM book UNION ALL SELECT account,
  'NGN', ngn_available, ngn_held, ngn_granted, ngn_spent,  ngn_refunded, ngn_expired FROM book
  UNION ALL SELECT account, 'QUOTA', quota_available, quota_held, quota_granted,  quota_spent,
  quota_refunded, quota_expired FROM book) SELECT sums.account, a.name AS account_name, asset,
  available, held, granted, spent,  refunded, expired FROM sums JOIN account a ON a.id =
  sums.account;
INSERT INTO account VALUES(1876953948160000001, 1790000000000, 2, 1, 1, 'Ada');
INSERT INTO provider VALUES(1, 0, 0, 1, 10, 50, 'alpha', 'smsc:2775', 'id', 'secret', '', 'dcs0=latin1');
INSERT INTO route VALUES('*', '1');
INSERT INTO book VALUES(1876953948160000001, 17, 61, 0, 92, 0, 100, 8, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO book VALUES(0, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO message VALUES(11, 1876953948160000001, 0, 7, 1, 0, 2, 'A', 'one', 0, 1, 0, 1, 1, 1, '077');
INSERT INTO message VALUES(12, 1876953948160000001, 11, 7, 2, 0, 2, 'A', 'two', 0, 1, 0, 1, 2, 1, '');
INSERT INTO message VALUES(13, 1876953948160000001, 12, 7, 1, 0, 2, 'A', 'three', 1, 2, 0, 2, 3, 1, '');
INSERT INTO message VALUES(14, 1876953948160000001, 13, 7, 1, 1, 2, 'A', 'four', 0, 1, 0, 0, 4, 1, '');
INSERT INTO message VALUES(17, 1876953948160000001, 14, 7, 1, 0, 2, 'A', 'five', 0, 1, 0, 4, 5, 1, '');
INSERT INTO message VALUES(18, 0, 0, 0, 0, 0, 0, 'A', 'ours', 0, 1, 0, 0, 6, 1, '');
INSERT INTO recipient VALUES(1, 11, 447700900001, 3, 1, 1790000000000, 0, '');
INSERT INTO recipient VALUES(2, 12, 447700900002, 4, 1, 1790000000000, 69, 'why');
INSERT INTO recipient VALUES(3, 13, 447700900003, 2, 1, 1790000000000, 0, '');
INSERT INTO recipient VALUES(4, 14, 447700900004, 3, 1, 1790000000000, 0, '');
INSERT INTO recipient VALUES(5, 17, 447700900005, 1, 1, 1790000000000, 0, '');
INSERT INTO recipient VALUES(6, 18, 447700900006, 1, 1, 1790000000000, 0, '');
INSERT INTO attempt VALUES(257, 1, 2, 1, 1, 1, 0, 5, 6, 0, 'c1', 9, '000');
INSERT INTO attempt VALUES(769, 1, 0, 1, 1, 1, 0, 5, 6, 0, 'c3', 0, '');
INSERT INTO ledger VALUES(60, 1876953948160000001, 0, 0, 0, 100, 100, 0);
INSERT INTO ledger VALUES(61, 1876953948160000001, 60, 0, 1, -8, 92, 17);
