-- SPDX-License-Identifier: Apache-2.0
-- Dead and inactive callers are tested in session_control.sql.
\ir fixture.psql

SELECT plan(14);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 9) AS bob \gset
SELECT is(pg_temp.login_again('Ann', n), 'logged_in') FROM generate_series(2, 3) n;
UPDATE latchkey.users SET updated_at = '2026-01-01';

SELECT is(row(r.outcome, r.password_hash, r.email, r.username)::text,
          row('ok', '$2b$04$hash-of-Ann', 'Ann@example.com', 'Ann')::text)
  FROM latchkey.password_change_begin(pg_temp.sid(1), :ann) r;

SELECT is(r.outcome, 'recorded')
  FROM latchkey.password_change_failed(pg_temp.sid(1), :ann, 'wrong password', '192.0.2.9', 'v',
                                       'request-9') r;
SELECT is(pg_temp.last_event(),
          format('password_change_failed user=%s session=01 detail=wrong password '
                 '192.0.2.9 v request-9', :ann));

SELECT is(r.outcome, 'conflict', 'the hash is another by now')
  FROM latchkey.password_change(pg_temp.sid(1), :ann, '$2b$04$other', '$2b$04$new', NULL, NULL,
                                NULL) r;
SELECT is(array[count(*) FILTER (WHERE s.revoked_at IS NOT NULL)], array[0]::bigint[],
          'no session ended by it')
  FROM latchkey.sessions s;
SELECT throws_ok(format($$ SELECT latchkey.password_change(pg_temp.sid(1), %s, '$2b$04$hash-of-Ann',
                                                           '*0', NULL, NULL, NULL) $$, :ann),
                 '23514', NULL, 'a failure mark of crypt(3) is never stored');

SELECT is(r.outcome, 'changed')
  FROM latchkey.password_change(pg_temp.sid(2), :ann, '$2b$04$hash-of-Ann', '$2b$04$new',
                                '192.0.2.9', 'v', 'request-9') r;
SELECT is(pg_temp.last_event(),
          format('password_changed user=%s session=02 detail=- 192.0.2.9 v request-9', :ann));
SELECT is(row(password_hash, updated_at >= now())::text, row('$2b$04$new', true)::text)
  FROM latchkey.users WHERE id = :ann;
SELECT results_eq(
  $$ SELECT right(id::text, 1), revoke_reason FROM latchkey.sessions ORDER BY id $$,
  $$ VALUES ('1', 'password_changed'), ('2', NULL), ('3', 'password_changed'), ('9', NULL) $$,
  'every other session of hers has ended');
SELECT is(r.outcome, 'conflict', 'the same call once more')
  FROM latchkey.password_change(pg_temp.sid(2), :ann, '$2b$04$hash-of-Ann', '$2b$04$new', NULL,
                                NULL, NULL) r;
SELECT is(r.outcome, 'changed', 'and with the hash as it is now')
  FROM latchkey.login_succeeded(:ann, '$2b$04$hash-of-Ann', NULL, pg_temp.sid(4), 60, NULL, NULL,
                                NULL) r;

SELECT * FROM finish();
ROLLBACK;
