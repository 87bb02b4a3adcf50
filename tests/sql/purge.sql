-- SPDX-License-Identifier: Apache-2.0
-- What a purge deletes, and what it keeps.
\ir fixture.psql

SELECT plan(27);
SELECT pg_temp.enrol('Ann', 1) AS ann \gset

-- Sessions by when they expired and were revoked, in days from now; what is kept for 30 days.
CREATE TEMPORARY TABLE example (n integer, expires integer, revoked integer, is_kept boolean,
                                what text) ON COMMIT DROP;
INSERT INTO example VALUES
  (10, 1, NULL, true, 'live'),
  (11, -29, NULL, true, 'expired lately'),
  (12, -31, NULL, false, 'expired long ago'),
  (13, -1, -29, true, 'revoked lately'),
  (14, -1, -31, false, 'revoked long ago'),
  (15, 1, -31, true, 'revoked long ago, while its tokens would still be good'),
  (16, -31, -1, false, 'revoked by hand when it had long expired');
INSERT INTO latchkey.sessions (id, user_id, created_at, rotated_at, last_used_at, expires_at,
                               revoked_at)
  SELECT pg_temp.sid(n), :ann, now(), now(), now(), now() + expires * interval '1 day',
         now() + revoked * interval '1 day' FROM example;

SELECT is(r.outcome, 'started') FROM latchkey.purge_begin(2592000, 0, 'cli:root') r;
SELECT is((SELECT row(a.event, a.detail, a.actor)::text
             FROM latchkey.audit_events a ORDER BY a.id DESC LIMIT 1),
          row('purge_started', 'sessions_after_s=2592000 audit_retention_s=0', 'cli:root')::text);
SELECT is(r.outcome, 'started', 'the lock is of the connection')
  FROM latchkey.purge_begin(2592000, 0, 'cli:root') r;
SELECT throws_ok($$ SELECT latchkey.purge_begin(1, 0, '') $$, '23502', NULL, 'somebody does it');

SELECT is(row(r.outcome, r.deleted)::text, row('done', 0)::text, 'another range of pages')
  FROM latchkey.purge_sessions(2592000, 1000, 1000) r;
SELECT is(row(r.outcome, r.deleted)::text, row('done', 0)::text, 'no time, no deed')
  FROM latchkey.purge_sessions(NULL, 0, 1000) r;
SELECT is(row(r.outcome, r.deleted)::text, row('done', 3)::text)
  FROM latchkey.purge_sessions(2592000, 0, 1000) r;
SELECT is(EXISTS (SELECT FROM latchkey.sessions s WHERE s.id = pg_temp.sid(n)), is_kept, what)
  FROM example ORDER BY n;
SELECT is(r.deleted, 2, 'however short the time, no row whose tokens would still be good')
  FROM latchkey.purge_sessions(0, 0, 1000) r;

-- A table of many pages is swept in ranges, and not as a whole.
SET LOCAL enable_seqscan = off;
SELECT ok(bool_or(line LIKE '%Tid Range Scan%'), 'a range of pages is read, and no more')
  FROM (SELECT pg_temp.plan_of(
          $$ SELECT s.id FROM latchkey.sessions s WHERE s.ctid >= '(0,0)' AND s.ctid < '(9,0)' $$)
       ) AS t (line);

-- Audit events: 10 old ones, one of now, one that is old but came later.
DELETE FROM latchkey.audit_events;
INSERT INTO latchkey.audit_events (event, at)
  SELECT 'logged_in', now() - interval '400 days' FROM generate_series(1, 10);
INSERT INTO latchkey.audit_events (event, at)
  VALUES ('logged_in', now()), ('logged_in', now() - interval '400 days');
SELECT min(id) AS first FROM latchkey.audit_events \gset
SELECT is(row(r.outcome, r.deleted, r.last_id)::text, row('done', 4, :first + 3)::text, 'a batch')
  FROM latchkey.purge_audit_events(31536000, 0, 4) r;
SELECT is(row(r.outcome, r.deleted)::text, row('finished', 6)::text, 'up to a young one')
  FROM latchkey.purge_audit_events(31536000, :first + 3, 7) r;
SELECT is((SELECT count(*) FROM latchkey.audit_events), 2::bigint);

-- Attempts at passwords: 10 of long ago, and one of now with the greatest key but one.
INSERT INTO latchkey.login_throttle (key, last_at, attempts)
  SELECT sha256(n::text::bytea), now() - interval '2 days', 1 FROM generate_series(1, 10) n;
SELECT key AS young FROM latchkey.login_throttle ORDER BY key DESC OFFSET 1 LIMIT 1 \gset
UPDATE latchkey.login_throttle SET last_at = now() WHERE key = :'young';
SELECT is(row(r.outcome, r.deleted)::text, row('done', 4)::text, 'a batch')
  FROM latchkey.purge_throttle(86400, NULL, 4) r;
SELECT is(row(r.outcome, r.deleted)::text, row('finished', 5)::text, 'and what is left')
  FROM latchkey.purge_throttle(86400, NULL, 7) r;
SELECT is(array(SELECT t.key FROM latchkey.login_throttle t), ARRAY[:'young'::bytea]);
SELECT is(row(r.outcome, r.deleted, r.last_key)::text, row('finished', 0, NULL)::text, 'at the end')
  FROM latchkey.purge_throttle(86400, :'young', 7) r;

-- Addresses: two users with five each, of which one was used lately.
SELECT pg_temp.enrol('bob', 2) AS bob \gset
DELETE FROM latchkey.login_addresses;
INSERT INTO latchkey.login_addresses (user_id, network, last_success)
  SELECT u, ('192.0.2.' || n)::cidr,
         CASE n WHEN 3 THEN now() ELSE now() - interval '400 days' END
    FROM unnest(ARRAY[:ann, :bob]) u CROSS JOIN generate_series(1, 5) n;
SELECT is(row(r.outcome, r.deleted, r.last_user_id)::text, row('done', 4, :ann)::text,
          'a batch ends with a user')
  FROM latchkey.purge_addresses(31536000, 0, 2) r;
SELECT is(row(r.outcome, r.deleted)::text, row('finished', 4)::text)
  FROM latchkey.purge_addresses(31536000, :ann, 9) r;
SELECT is(array(SELECT a.network::text FROM latchkey.login_addresses a), ARRAY['192.0.2.3/32',
                                                                             '192.0.2.3/32']);

SELECT is(r.outcome, 'ended') FROM latchkey.purge_end() r;

SELECT * FROM finish();
ROLLBACK;
