-- SPDX-License-Identifier: Apache-2.0
-- In tables of some size, every function that the program may call reads indexes and never a whole
-- table, with plans made for the arguments and with generic ones; and what is written most often, a
-- refresh and the time of a login, touches no index.
\ir fixture.psql

SELECT plan(8);
SET LOCAL track_functions = 'all';

CREATE TEMPORARY VIEW granted AS
  SELECT p.oid, p.proname FROM pg_proc AS p
   WHERE p.pronamespace = 'latchkey'::regnamespace
     AND has_function_privilege('latchkey_app', p.oid, 'EXECUTE');

-- --- 20,000 users with three sessions each ------------------------------------------------------

INSERT INTO latchkey.users (email, username, password_hash)
SELECT 'user' || n || '@example.com', 'user' || n, '$2b$04$hash' FROM generate_series(1, 20000) AS n;
SELECT min(id) - 1 AS base FROM latchkey.users WHERE username = 'user1' \gset
INSERT INTO latchkey.sessions
       (id, user_id, created_at, rotated_at, last_used_at, expires_at, ip, user_agent)
SELECT pg_temp.sid(n), :base + 1 + n % 20000, now(), now(), now(), now() + interval '1 hour',
       '192.0.2.1', repeat('agent ', 18)
  FROM generate_series(0, 59999) AS n;
UPDATE latchkey.sessions SET revoked_at = now() - interval '1 day', revoke_reason = 'logout'
 WHERE user_id > :base + 18000;
INSERT INTO latchkey.audit_events (event, user_id)
SELECT 'logged_in', s.user_id FROM latchkey.sessions AS s;
INSERT INTO latchkey.login_throttle (key, last_at, attempts)
SELECT latchkey.throttle_key('username', 'n' || n), now(), 1 FROM generate_series(1, 20000) AS n;
INSERT INTO latchkey.login_addresses (user_id, network, last_success)
SELECT u.id, '192.0.2.1', now() FROM latchkey.users AS u;
ANALYZE latchkey.users, latchkey.sessions, latchkey.audit_events, latchkey.login_throttle,
        latchkey.login_addresses;

CREATE TEMPORARY VIEW whole_scans AS
  SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE schemaname = 'latchkey';
CREATE TEMPORARY TABLE scans_before AS TABLE whole_scans;

-- --- a life of the n-th user --------------------------------------------------------------------

-- Every call that there is; the outcomes, in order. The sessions n, n + 20000 and n + 40000 are the
-- user's, and those from 60000 on are made here.
CREATE FUNCTION pg_temp.life(base bigint, n integer) RETURNS text LANGUAGE plpgsql
AS $$
DECLARE
  uid CONSTANT bigint := base + 1 + n;
  name CONSTANT text := 'user' || n + 1;
  hash CONSTANT text := '$2b$04$hash';
  first CONSTANT uuid := pg_temp.sid(n);
  second CONSTANT uuid := pg_temp.sid(n + 20000);
  third CONSTANT uuid := pg_temp.sid(n + 40000);
  new_one integer := 60000 + 10 * n;
  told text[];
  bucket bytea;
  one text;
BEGIN
  PERFORM latchkey.readiness();
  PERFORM latchkey.login_names_taken(name || '@example.com', 'nobody');
  told := told || (latchkey.register_user('new-' || name || '@example.com', 'new-' || name, hash,
      pg_temp.sid(new_one), 3600, '192.0.2.1', 'agent', 'r')).outcome;

  told := told || (latchkey.session_user(first, uid)).outcome;
  told := told || (SELECT min(l.outcome) FROM latchkey.list_sessions(first, uid) AS l);
  FOR turn IN 1..2 LOOP
    told := told || (latchkey.refresh_session(first, uid, 0, 10000, 3600, '192.0.2.1', 'a', 'r')).outcome;
  END LOOP;
  told := told || (latchkey.settle_refresh(first, uid, 0, 3600000, '192.0.2.1', 'a')).outcome;
  PERFORM latchkey.refresh_session(second, uid, 0, 0, 3600, '192.0.2.1', 'a', 'r');
  told := told || (latchkey.refresh_session(second, uid, 0, 0, 3600, '192.0.2.1', 'a', 'r')).outcome;
  PERFORM latchkey.revoked_since(10000, 100);

  FOREACH one IN ARRAY ARRAY[name, name || '@example.com'] LOOP
    new_one := new_one + 1;
    bucket := (latchkey.login_attempt(NULL, one, 10, 900, 86400, '198.51.100.1', 'a', 'r')).bucket;
    told := told || (latchkey.login_accepted(uid, hash, NULL, bucket, pg_temp.sid(new_one), 3600,
                                             '198.51.100.1', 'a', 'r')).outcome;
  END LOOP;
  bucket := (latchkey.login_attempt(NULL, name || 'x', 10, 900, 86400, '198.51.100.2', 'a', 'r')).bucket;
  told := told || latchkey.login_refused(NULL, 'unknown_user', bucket, 86400, '198.51.100.2', 'a', 'r');
  PERFORM latchkey.login_begin(NULL, name);
  new_one := new_one + 1;
  told := told || (latchkey.login_succeeded(uid, hash, NULL, pg_temp.sid(new_one), 3600,
                                            '192.0.2.1', 'a', 'r')).outcome;
  PERFORM latchkey.login_failed(uid, 'wrong_password', '192.0.2.1', 'a', 'r');

  told := told || (latchkey.update_user(first, uid, NULL, 'other-' || name, '192.0.2.1', 'a', 'r')).outcome;
  told := told || latchkey.revoke_session(first, uid, third, '192.0.2.1', 'a', 'r');
  PERFORM latchkey.password_change_begin(first, uid);
  told := told || (latchkey.password_attempt(first, uid, 10, 900, 86400, '192.0.2.1', 'a', 'r')).outcome;
  PERFORM latchkey.password_change_failed(first, uid, 'wrong_password', '192.0.2.1', 'a', 'r');
  told := told || latchkey.password_change(first, uid, hash, hash || '2', '192.0.2.1', 'a', 'r');
  told := told || latchkey.logout(first, uid, '192.0.2.1', 'a', 'r');

  new_one := new_one + 1;
  PERFORM latchkey.login_succeeded(uid, hash || '2', NULL, pg_temp.sid(new_one), 3600,
                                   '192.0.2.1', 'a', 'r');
  told := told || (latchkey.logout_all(pg_temp.sid(new_one), uid, '192.0.2.1', 'a', 'r')).outcome;
  new_one := new_one + 1;
  PERFORM latchkey.login_succeeded(uid, hash || '2', NULL, pg_temp.sid(new_one), 3600,
                                   '192.0.2.1', 'a', 'r');
  told := told || latchkey.deactivate_user(pg_temp.sid(new_one), uid, '192.0.2.1', 'a', 'r');
  RETURN array_to_string(told, ' ');
END
$$;

\set life 'registered ok ok rotated repeated rotated reused logged_in logged_in recorded logged_in updated revoked ok changed logged_out revoked deactivated'

SELECT is(pg_temp.life(:base, 100), :'life', 'every call does what it is there for');
SELECT is((SELECT string_agg(g.proname, ' ') FROM granted AS g
            WHERE g.oid NOT IN (SELECT funcid FROM pg_stat_xact_user_functions)),
          NULL, 'and none is left out');
SELECT is(pg_temp.life(:base, n), :'life', 'so for others') FROM generate_series(101, 102) AS n;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT is(pg_temp.life(:base, 103), :'life', 'and with generic plans');
SELECT is((SELECT string_agg(format('%s (%s)', w.relname, w.seq_scan - b.seq_scan), ', ')
             FROM whole_scans AS w JOIN scans_before AS b USING (relname)
            WHERE w.seq_scan > b.seq_scan),
          NULL, 'no table was read as a whole');

-- --- what is written most often -----------------------------------------------------------------

CREATE TEMPORARY VIEW updates AS
  SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables
   WHERE schemaname = 'latchkey';
CREATE TEMPORARY TABLE updates_before AS TABLE updates;
CREATE FUNCTION pg_temp.updates_of(name text) RETURNS text LANGUAGE sql
AS $$
  SELECT format('%s, HOT %s', u.n_tup_upd - b.n_tup_upd, u.n_tup_hot_upd - b.n_tup_hot_upd)
    FROM updates AS u JOIN updates_before AS b USING (relname) WHERE u.relname = name
$$;

-- One of each page: the versions of before stay until the transaction ends.
SELECT count(r.outcome)
  FROM generate_series(1000, 9990, 10) AS n
 CROSS JOIN latchkey.refresh_session(pg_temp.sid(n), :base + 1 + n, 0, 0, 3600,
                                     '192.0.2.9', 'another agent', 'r') AS r;
SELECT is(pg_temp.updates_of('sessions'), '900, HOT 900', 'a refresh touches no index');
SELECT count(r.outcome)
  FROM generate_series(1000, 9990, 90) AS n
 CROSS JOIN latchkey.login_accepted(:base + 1 + n, '$2b$04$hash', NULL, NULL,
                                    pg_temp.sid(900000 + n), 3600, '192.0.2.1', 'a', 'r') AS r;
SELECT is(pg_temp.updates_of('users'), '100, HOT 100', 'nor does the time of a login');

SELECT * FROM finish();
ROLLBACK;
-- The rows are gone, and with them their pages: other tests look at what fits on one.
VACUUM latchkey.users, latchkey.sessions, latchkey.audit_events, latchkey.login_throttle,
       latchkey.login_addresses;
