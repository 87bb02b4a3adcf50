-- SPDX-License-Identifier: Apache-2.0
\ir fixture.psql

SELECT plan(20);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 9) AS bob \gset
SELECT is(pg_temp.login_again('Ann', n), 'logged_in') FROM generate_series(2, 5) n;

-- logout
SELECT is(outcome, 'logged_out')
  FROM latchkey.logout(pg_temp.sid(2), :ann, '192.0.2.9', 'v', 'request-9');
SELECT is(pg_temp.last_event(),
          format('logged_out user=%s session=02 detail=- 192.0.2.9 v request-9', :ann));
SELECT is(revoke_reason, 'logout') FROM latchkey.sessions WHERE id = pg_temp.sid(2);
SELECT is(outcome, 'already_ended', 'once more')
  FROM latchkey.logout(pg_temp.sid(2), :ann, '192.0.2.9', 'v', 'request-9');
SELECT is(outcome, 'already_ended', 'no such session')
  FROM latchkey.logout(pg_temp.sid(99), :ann, '192.0.2.9', 'v', 'request-9');
SELECT is(outcome, 'already_ended', 'session of another user')
  FROM latchkey.logout(pg_temp.sid(9), :ann, '192.0.2.9', 'v', 'request-9');
UPDATE latchkey.sessions SET expires_at = now() - interval '1 s' WHERE id = pg_temp.sid(3);
SELECT is(outcome, 'already_ended', 'expired')
  FROM latchkey.logout(pg_temp.sid(3), :ann, '192.0.2.9', 'v', 'request-9');
SELECT is((SELECT count(*) FROM latchkey.audit_events WHERE event = 'logged_out'), 1::bigint,
          'only the one that ended something is audited');
SELECT is((SELECT count(*) FROM latchkey.sessions WHERE revoked_at IS NULL), 4::bigint,
          'the others live, hers and his');

-- logout_all: sessions 1, 4 and 5 live.
SELECT is(row(outcome, revoked_count)::text, row('ended', NULL)::text, 'by an ended session')
  FROM latchkey.logout_all(pg_temp.sid(2), :ann, '192.0.2.9', 'v', 'request-9');
UPDATE latchkey.users SET is_active = false WHERE id = :ann;
SELECT is(row(outcome, revoked_count)::text, row('inactive', NULL)::text, 'by an inactive user')
  FROM latchkey.logout_all(pg_temp.sid(1), :ann, '192.0.2.9', 'v', 'request-9');
UPDATE latchkey.users SET is_active = true WHERE id = :ann;
SELECT is(row(outcome, revoked_count)::text, row('revoked', 3)::text)
  FROM latchkey.logout_all(pg_temp.sid(1), :ann, '192.0.2.9', 'v', 'request-9');
SELECT is(pg_temp.last_event(),
          format('logged_out_all user=%s session=01 detail=- 192.0.2.9 v request-9', :ann));
SELECT results_eq($$ SELECT s.user_id, count(*)::integer FROM latchkey.sessions s
                      WHERE s.revoke_reason = 'logout_all' GROUP BY 1 $$,
                  format('VALUES (%s::bigint, 3)', :ann), 'hers and no others');
SELECT is(outcome, 'ended', 'her own session ended with them')
  FROM latchkey.logout_all(pg_temp.sid(1), :ann, '192.0.2.9', 'v', 'request-9');
SELECT is(outcome, 'ok', 'other users live on') FROM latchkey.session_user(pg_temp.sid(9), :bob);

SELECT * FROM finish();
ROLLBACK;
