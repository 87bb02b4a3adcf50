-- SPDX-License-Identifier: Apache-2.0
\ir fixture.psql

SELECT plan(37);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 2) AS bob \gset

-- A refresh with a leeway of ten seconds, from 192.0.2.9.
CREATE FUNCTION pg_temp.outcome(session integer, user_id bigint, counter integer,
                                leeway_ms integer DEFAULT 10000)
RETURNS text LANGUAGE sql
AS $$
  SELECT r.outcome
    FROM latchkey.refresh_session(pg_temp.sid(session), user_id, counter, leeway_ms, 60,
                                  '192.0.2.9', 'v', 'request-9') r
$$;
-- All sessions live, just rotated to counter 5; all users active.
CREATE FUNCTION pg_temp.reset_all() RETURNS void LANGUAGE sql
AS $$
  UPDATE latchkey.sessions
     SET counter = 5, rotated_at = clock_timestamp(), revoked_at = NULL, revoke_reason = NULL,
         expires_at = clock_timestamp() + interval '1 hour';
  UPDATE latchkey.users SET is_active = true;
$$;

-- rotated
UPDATE latchkey.sessions SET rotated_at = '2026-01-01', last_used_at = '2026-01-01';
CREATE TEMPORARY TABLE first ON COMMIT DROP AS
  SELECT * FROM latchkey.refresh_session(pg_temp.sid(1), :ann, 0, 10000, 60, '192.0.2.9',
                                         repeat('v', 600), 'q');
SELECT is(row(outcome, user_id, email, username, is_active)::text,
          row('rotated', :ann, 'Ann@example.com', 'Ann', true)::text) FROM first;
SELECT is(row(session_id, counter, expires_at_ms - rotated_at_ms)::text,
          row(pg_temp.sid(1), 1, 60000)::text) FROM first;
SELECT is(row(s.rotated_at, host(s.ip), s.user_agent)::text,
          row(s.last_used_at, '192.0.2.9', repeat('v', 512))::text,
          'the row moved on') FROM latchkey.sessions s WHERE s.id = pg_temp.sid(1);
SELECT cmp_ok(rotated_at_ms, '>=', pg_temp.ms(now())) FROM first;
SELECT is((SELECT count(*) FROM latchkey.audit_events WHERE event NOT IN ('registered')), 0::bigint,
          'a refresh is no event for the audit');

-- repeated
SELECT is(row(r.outcome, r.user_id, r.session_id, r.counter, r.rotated_at_ms,
              r.expires_at_ms)::text,
          row('repeated', f.user_id, f.session_id, f.counter, f.rotated_at_ms,
              f.expires_at_ms)::text,
          'the token just used is answered with the current one')
  FROM first f
 CROSS JOIN latchkey.refresh_session(pg_temp.sid(1), :ann, 0, 10000, 600,
                                     '192.0.2.10', 'other', 'q') r;
SELECT is(row(host(s.ip), s.counter)::text, row('192.0.2.9', 1)::text, 'and nothing changes')
  FROM latchkey.sessions s WHERE s.id = pg_temp.sid(1);
SELECT is(pg_temp.outcome(1, :ann, 1), 'rotated', 'the chain goes on');
SELECT is(pg_temp.outcome(1, :ann, 1, 3600000), 'repeated');

-- reused
SELECT is(row(outcome, user_id, session_id)::text, row('reused', NULL, NULL)::text, 'two behind')
  FROM latchkey.refresh_session(pg_temp.sid(1), :ann, 0, 10000, 60, '192.0.2.9', 'v', 'request-9');
SELECT is(pg_temp.last_event(),
          format('refresh_reused user=%s session=01 detail=- 192.0.2.9 v request-9', :ann));
SELECT is(row(s.revoke_reason, s.revoked_at IS NULL, s.counter)::text,
          row('reused', false, 2)::text)
  FROM latchkey.sessions s WHERE s.id = pg_temp.sid(1);
SELECT is(pg_temp.outcome(1, :ann, c), 'revoked', 'revoked, whatever the counter: ' || c)
  FROM unnest(ARRAY[-1, 0, 1, 2, 3]) c;
SELECT is((SELECT count(*) FROM latchkey.audit_events WHERE event = 'refresh_reused'), 1::bigint,
          'audited once');
SELECT is(pg_temp.outcome(2, :bob, 0), 'rotated', 'other sessions live on');

SELECT pg_temp.reset_all();
SELECT is(pg_temp.outcome(1, :ann, 4, 0), 'reused', 'one behind, without leeway');
SELECT pg_temp.reset_all();
UPDATE latchkey.sessions SET rotated_at = clock_timestamp() - interval '11 s';
SELECT is(pg_temp.outcome(1, :ann, 4), 'reused', 'one behind, the leeway over');
SELECT pg_temp.reset_all();
UPDATE latchkey.sessions SET rotated_at = clock_timestamp() + interval '9 s';
SELECT is(pg_temp.outcome(1, :ann, 4), 'repeated', 'a rotation a little ahead of us');
UPDATE latchkey.sessions SET rotated_at = clock_timestamp() + interval '11 s';
SELECT is(pg_temp.outcome(1, :ann, 4), 'reused', 'a clock set back stretches no leeway');

-- expired
SELECT pg_temp.reset_all();
UPDATE latchkey.sessions SET expires_at = clock_timestamp() - interval '1 s';
SELECT is(pg_temp.outcome(1, :ann, c), 'expired', 'expired, counter ' || c)
  FROM unnest(ARRAY[4, 5, 6]) c;

-- unknown
SELECT pg_temp.reset_all();
SELECT is(pg_temp.outcome(s, u, c), 'unknown', what)
  FROM (VALUES (1, :ann, 6, 'counter ahead'), (99, :ann, 5, 'no such session'),
               (1, :bob, 5, 'session of another user'),
               (1, :ann, NULL, 'no counter')) t (s, u, c, what);
UPDATE latchkey.sessions SET counter = 0;
SELECT is(pg_temp.outcome(1, :ann, -1), 'unknown', 'a counter below the first is not "one behind"');

-- inactive
SELECT pg_temp.reset_all();
UPDATE latchkey.users SET is_active = false;
SELECT is(pg_temp.outcome(1, :ann, c), 'inactive', 'inactive, counter ' || c)
  FROM unnest(ARRAY[5, 4, 0]) c;
SELECT is(row(s.counter, s.revoked_at)::text, row(5, NULL)::text, 'the token is not used up')
  FROM latchkey.sessions s WHERE s.id = pg_temp.sid(1);

-- Every refresh is a HOT update: no index is touched.
SELECT pg_temp.reset_all();
SELECT pg_stat_get_xact_tuples_updated('latchkey.sessions'::regclass) AS updated,
       pg_stat_get_xact_tuples_hot_updated('latchkey.sessions'::regclass) AS hot \gset
SELECT is(string_agg(DISTINCT pg_temp.outcome(1, :ann, c), ' '), 'rotated')
  FROM generate_series(5, 14) c;
SELECT is(row(pg_stat_get_xact_tuples_updated('latchkey.sessions'::regclass) - :updated,
               pg_stat_get_xact_tuples_hot_updated('latchkey.sessions'::regclass) - :hot)::text,
          row(10, 10)::text, 'ten refreshes, ten HOT updates');

SELECT * FROM finish();
ROLLBACK;
