-- SPDX-License-Identifier: Apache-2.0
\ir fixture.psql

SELECT plan(27);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 2) AS bob \gset
UPDATE latchkey.users SET last_login = NULL, updated_at = '2026-01-01', created_at = '2026-01-01';
UPDATE latchkey.users SET is_active = false WHERE id = :bob;

SELECT is(row(b.user_id, b.password_hash, b.is_active)::text,
          row(:ann, '$2b$04$hash-of-Ann', true)::text,
          format('found by %s %s', email, username))
  FROM (VALUES ('aNN@example.com', NULL), (NULL, 'aNN'), (NULL, 'ANN@EXAMPLE.COM'))
       t (email, username)
 CROSS JOIN latchkey.login_begin(email, username) b;
SELECT is(row(b.user_id, b.is_active)::text, row(:bob, false)::text,
          'an inactive user is found as such')
  FROM latchkey.login_begin(NULL, 'bob') b;
SELECT is(row(b.user_id, b.password_hash, b.is_active)::text, row(NULL, NULL, NULL)::text,
          format('one row of nulls for %s %s', email, username))
  FROM (VALUES ('ann', NULL), (NULL, 'nobody'), (NULL, 'nobody@example.com'),
               (NULL, NULL), (NULL, ''))
       t (email, username)
 CROSS JOIN latchkey.login_begin(email, username) b;

-- The right password.
CREATE TEMPORARY TABLE r ON COMMIT DROP AS
  SELECT * FROM latchkey.login_succeeded(:ann, '$2b$04$hash-of-Ann', NULL, pg_temp.sid(3), 60,
                                         '192.0.2.7', repeat('u', 600), 'request-7');
SELECT is(row(outcome, user_id, email, username, is_active)::text,
          row('logged_in', :ann, 'Ann@example.com', 'Ann', true)::text) FROM r;
SELECT is(last_login_ms, rotated_at_ms, 'last_login is the moment of the session') FROM r;
SELECT is(updated_at_ms, created_at_ms, 'a login is no change of the user') FROM r;
SELECT is(row(session_id, counter, expires_at_ms - rotated_at_ms)::text,
          row(pg_temp.sid(3), 0, 60000)::text) FROM r;
SELECT is(row(host(s.ip), char_length(s.user_agent))::text, row('192.0.2.7', 512)::text)
  FROM latchkey.sessions s WHERE s.id = pg_temp.sid(3);
SELECT is(pg_temp.last_event(),
          format('logged_in user=%s session=03 detail=- 192.0.2.7 %s request-7',
                 :ann, repeat('u', 512)));

-- The same, with a better hash to keep.
SELECT is(outcome, 'logged_in', 'with a new hash')
  FROM latchkey.login_succeeded(:ann, '$2b$04$hash-of-Ann', '$2b$05$better', pg_temp.sid(4), 60,
                                NULL, NULL, NULL);
SELECT is(row(password_hash, updated_at)::text,
          row('$2b$05$better', '2026-01-01'::timestamptz(3))::text,
          'stored; still no change of the user') FROM latchkey.users WHERE id = :ann;
SELECT throws_ok(format($$ SELECT latchkey.login_succeeded(%s, '$2b$05$better', '*0',
                                                           pg_temp.sid(5), 60, NULL, NULL, NULL)
                        $$, :ann),
                 '23514', NULL, 'a failure mark of crypt(3) is never stored');

-- The hash that was verified is no longer the one that counts.
SELECT is(row(outcome, user_id, session_id)::text, row('changed', NULL, NULL)::text)
  FROM latchkey.login_succeeded(:ann, '$2b$04$hash-of-Ann', '$2b$05$x', pg_temp.sid(5), 60,
                                '192.0.2.7', 'a', 'q');
SELECT is(pg_temp.last_event(),
          format('login_failed user=%s session=- detail=hash changed during login 192.0.2.7 a q',
                 :ann));
SELECT is(outcome, 'changed', 'an inactive user with another hash learns nothing')
  FROM latchkey.login_succeeded(:bob, 'x', NULL, pg_temp.sid(5), 60, NULL, NULL, NULL);

SELECT is(row(outcome, user_id, session_id)::text, row('inactive', NULL, NULL)::text)
  FROM latchkey.login_succeeded(:bob, '$2b$04$hash-of-bob', '$2b$05$x', pg_temp.sid(5), 60,
                                '192.0.2.7', 'a', 'q');
SELECT is(pg_temp.last_event(),
          format('login_failed user=%s session=- detail=inactive 192.0.2.7 a q', :bob));
SELECT is(row(password_hash, last_login)::text, row('$2b$04$hash-of-bob', NULL)::text,
          'nothing written')
  FROM latchkey.users WHERE id = :bob;
SELECT is((SELECT count(*) FROM latchkey.sessions), 4::bigint, 'no session came of those');

-- The wrong one.
SELECT is(outcome, 'recorded') FROM latchkey.login_failed(NULL, repeat('x', 300), NULL, NULL, NULL);
SELECT is(pg_temp.last_event(), 'login_failed user=- session=- detail=' || repeat('x', 200));

SELECT * FROM finish();
ROLLBACK;
