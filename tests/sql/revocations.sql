-- SPDX-License-Identifier: Apache-2.0
\ir fixture.psql

SELECT plan(9);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 2) AS bob \gset
SELECT pg_temp.login_again('Ann', 3), pg_temp.login_again('Ann', 4);

-- The last digits of the sessions that were ended in the last so many milliseconds.
CREATE FUNCTION pg_temp.ended(ms_ago bigint, up_to integer DEFAULT 100) RETURNS text LANGUAGE sql
AS $$
  SELECT string_agg(right(r.session_id::text, 1), '' ORDER BY r.ordinality)
    FROM latchkey.revoked_since(ms_ago, up_to) WITH ORDINALITY r
$$;

SELECT is(pg_temp.ended(3600000), NULL, 'nobody has ended a session');
SELECT latchkey.logout(pg_temp.sid(1), :ann, NULL, NULL, NULL);
SELECT is(pg_temp.ended(10000), '1', 'a logout is told');
UPDATE latchkey.sessions SET revoked_at = clock_timestamp() - interval '20 s'
 WHERE id = pg_temp.sid(1);
SELECT is(pg_temp.ended(10000), NULL, 'not after its time');
SELECT is(pg_temp.ended(30000), '1', 'unless it is asked for');
SELECT latchkey.deactivate_user(pg_temp.sid(2), :bob, NULL, NULL, NULL);
SELECT is(pg_temp.ended(30000), '21', 'the newest comes first');
SELECT latchkey.logout_all(pg_temp.sid(3), :ann, NULL, NULL, NULL);
SELECT is(length(pg_temp.ended(10000)), 3, 'every session of a logout from everywhere is told');
SELECT is(length(pg_temp.ended(30000, 2)), 2, 'no more than asked for');
UPDATE latchkey.sessions SET revoked_at = NULL, revoke_reason = NULL, expires_at = now();
SELECT is(pg_temp.ended(30000), NULL, 'a session that has expired was not ended');

SET LOCAL enable_seqscan = off;
CREATE FUNCTION pg_temp.plan_of_query() RETURNS SETOF text LANGUAGE plpgsql
AS $$
BEGIN
  RETURN QUERY EXECUTE 'EXPLAIN SELECT s.id FROM latchkey.sessions AS s
    WHERE s.revoked_at >= now() - interval ''10 s''
    ORDER BY s.revoked_at DESC LIMIT 100';
END
$$;
SELECT matches(string_agg(p, ' '), 'sessions_revoked_at_idx',
               'it reads an index, not the table')
  FROM pg_temp.plan_of_query() AS p;

SELECT * FROM finish();
ROLLBACK;
