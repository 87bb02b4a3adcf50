-- SPDX-License-Identifier: Apache-2.0
\ir fixture.psql

SELECT plan(21);

CREATE TEMPORARY TABLE r ON COMMIT DROP AS
  SELECT * FROM latchkey.register_user('Ann@Example.com', 'Ann.B', '$2b$04$hash', pg_temp.sid(1),
                                       60, '2001:db8::1', repeat('u', 600), repeat('r', 70));
SELECT is((SELECT count(*) FROM r), 1::bigint, 'one row');
SELECT is(outcome, 'registered') FROM r;
SELECT is(row(email, username, is_active)::text, row('Ann@Example.com', 'Ann.B', true)::text,
          'names as typed') FROM r;
SELECT is(created_at_ms, updated_at_ms) FROM r;
SELECT is(last_login_ms, created_at_ms, 'a registration is a login') FROM r;
SELECT is(row(session_id, counter)::text, row(pg_temp.sid(1), 0)::text,
          'the session begins at counter 0') FROM r;
SELECT is(expires_at_ms - rotated_at_ms, 60000::bigint, 'the session lasts as long as asked')
  FROM r;
SELECT is(row(u.password_hash, pg_temp.ms(u.created_at))::text,
          row('$2b$04$hash', r.created_at_ms)::text, 'the row says what was answered')
  FROM r JOIN latchkey.users u ON u.id = r.user_id;
SELECT is(row(host(s.ip), s.user_agent, s.revoked_at)::text,
          row('2001:db8::1', repeat('u', 512), NULL)::text,
          'the session knows where from; the user agent is cut') FROM latchkey.sessions s;
SELECT is(pg_temp.last_event(),
          format('registered user=%s session=01 detail=- 2001:db8::1 %s %s',
                 r.user_id, repeat('u', 512), repeat('r', 64)), 'audited, long texts cut') FROM r;

SELECT is(row(email_taken, username_taken)::text, row(e, u)::text,
          format('names taken: %s %s', email, username))
  FROM (VALUES ('ann@example.COM', 'new', true, false), ('new@example.com', 'aNN.b', false, true),
               ('new@example.com', 'new', false, false)) t (email, username, e, u)
 CROSS JOIN latchkey.login_names_taken(email, username);

SELECT is(row(t.outcome, user_id, session_id)::text, row(expected, NULL, NULL)::text, expected)
  FROM (VALUES ('aNN@example.com', 'new', 'email_taken'),
               ('new@example.com', 'ANN.B', 'username_taken'),
               ('ANN@EXAMPLE.COM', 'ANN.B', 'email_taken')) v (email, username, expected)
 CROSS JOIN latchkey.register_user(v.email, v.username, '$2b$04$hash', pg_temp.sid(2), 60,
                                   NULL, NULL, NULL) AS t;
SELECT is(array[(SELECT count(*) FROM latchkey.users), (SELECT count(*) FROM latchkey.sessions),
                (SELECT count(*) FROM latchkey.audit_events)], array[1, 1, 1]::bigint[],
          'a refused registration leaves nothing behind');

-- A bug of the program's is an exception, and the exception keeps the user's values to itself.
CREATE FUNCTION pg_temp.complaint(email text, username text, hash text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  m text; d text; h text; c text;
BEGIN
  PERFORM latchkey.register_user(email, username, hash, pg_temp.sid(3), 60, NULL, NULL, NULL);
  RETURN 'none';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT,
                          c = PG_EXCEPTION_CONTEXT;
  RETURN concat_ws('|', SQLSTATE, m, d, h, c);
END
$$;
CREATE TEMPORARY TABLE complaints ON COMMIT DROP AS
  SELECT pg_temp.complaint(e, u, h) AS said
    FROM (VALUES ('secret', 'good-name', '$2b$secret'),
                 ('good@example.com', '!secret', '$2b$secret'),
                 ('secret@example.com', 'secret', '*0')) t (e, u, h);
SELECT alike(said, '23514|%', 'refused by a check') FROM complaints;
SELECT is((SELECT count(*) FROM complaints WHERE said ~ 'secret'), 0::bigint,
          'no complaint quotes what was typed');

SELECT * FROM finish();
ROLLBACK;
