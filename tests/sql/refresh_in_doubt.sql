-- SPDX-License-Identifier: Apache-2.0
\ir fixture.psql

SELECT plan(18);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 2) AS bob \gset

-- What became of a refresh of counter 4 that was sent a second ago from 192.0.2.9.
CREATE FUNCTION pg_temp.outcome(session integer, user_id bigint, counter integer DEFAULT 4,
                                ip inet DEFAULT '192.0.2.9', user_agent text DEFAULT 'v')
RETURNS text LANGUAGE sql
AS $$
  SELECT r.outcome
    FROM latchkey.settle_refresh(pg_temp.sid(session), user_id, counter, 1000, ip, user_agent) r
$$;
-- As that refresh leaves the session.
CREATE FUNCTION pg_temp.carry_out() RETURNS void LANGUAGE sql
AS $$
  UPDATE latchkey.sessions
     SET counter = 5, rotated_at = now() - interval '900 ms', ip = '192.0.2.9', user_agent = 'v',
         expires_at = now() + interval '1 hour', revoked_at = NULL, revoke_reason = NULL;
  UPDATE latchkey.users SET is_active = true;
$$;

SELECT pg_temp.carry_out();
SELECT is(row(r.outcome, user_id, email, username, is_active, session_id, r.counter,
              expires_at_ms - rotated_at_ms)::text,
          row('rotated', :ann, 'Ann@example.com', 'Ann', true, pg_temp.sid(1), 5, 3600900)::text,
          'it was carried out')
  FROM latchkey.settle_refresh(pg_temp.sid(1), :ann, 4, 1000, '192.0.2.9', 'v') r;
SELECT is(pg_temp.outcome(1, :ann, c), 'unsettled', 'counter ' || c || ' says nothing about it')
  FROM unnest(ARRAY[NULL, -1, 3, 5, 6]) c;
SELECT is(pg_temp.outcome(1, :ann, 4, '192.0.2.10'), 'unsettled', 'from another address');
SELECT is(pg_temp.outcome(1, :ann, 4, '192.0.2.9', 'w'), 'unsettled', 'by another program');
UPDATE latchkey.sessions SET user_agent = repeat('x', 512), ip = NULL;
SELECT is(pg_temp.outcome(1, :ann, 4, NULL, repeat('x', 600)), 'rotated', 'as the row keeps them');

SELECT pg_temp.carry_out();
UPDATE latchkey.sessions SET rotated_at = now() - interval '1002 ms';
SELECT is(pg_temp.outcome(1, :ann), 'unsettled', 'a rotation before it was sent');
UPDATE latchkey.sessions SET rotated_at = now() + interval '1002 ms';
SELECT is(pg_temp.outcome(1, :ann), 'unsettled', 'or after: the clock was set back');

SELECT pg_temp.carry_out();
UPDATE latchkey.sessions SET revoked_at = now();
SELECT is(pg_temp.outcome(1, :ann), 'revoked');
SELECT pg_temp.carry_out();
UPDATE latchkey.sessions SET expires_at = now() - interval '1 s';
SELECT is(pg_temp.outcome(1, :ann), 'expired');
SELECT pg_temp.carry_out();
UPDATE latchkey.users SET is_active = false;
SELECT is(pg_temp.outcome(1, :ann), 'inactive');
SELECT pg_temp.carry_out();
SELECT is(pg_temp.outcome(1, :bob), 'unknown', 'session of another user');
SELECT is(pg_temp.outcome(99, :ann), 'unknown', 'no such session');

-- It settles what refresh_session did, and does nothing itself.
SELECT is(r.outcome, 'rotated')
  FROM latchkey.refresh_session(pg_temp.sid(2), :bob, 5, 10000, 60, '192.0.2.9', 'v', 'q') r;
SELECT is(string_agg(pg_temp.outcome(2, :bob, 5), ' '), 'rotated rotated', 'however often')
  FROM generate_series(1, 2);

SELECT * FROM finish();
ROLLBACK;
