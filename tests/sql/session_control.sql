-- SPDX-License-Identifier: Apache-2.0
\ir fixture.psql

SELECT plan(28);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 9) AS bob \gset
SELECT is(pg_temp.login_again('Ann', n), 'logged_in') FROM generate_series(2, 4) n;

-- session_user
SELECT is(row(r.outcome, r.user_id, r.email, r.username, r.is_active)::text,
          row('ok', :ann, 'Ann@example.com', 'Ann', true)::text)
  FROM latchkey.session_user(pg_temp.sid(1), :ann) r;
SELECT is(row(r.created_at_ms, r.updated_at_ms, r.last_login_ms)::text,
          row(pg_temp.ms(u.created_at),
               pg_temp.ms(u.updated_at),
               pg_temp.ms(u.last_login))::text, 'times to the millisecond')
  FROM latchkey.session_user(pg_temp.sid(1), :ann) r, latchkey.users u WHERE u.id = :ann;
UPDATE latchkey.users SET last_login = NULL;
SELECT is(r.last_login_ms, NULL, 'never logged in')
  FROM latchkey.session_user(pg_temp.sid(1), :ann) r;

-- Every way for a Bearer token to be worth nothing, for every function that takes one.
UPDATE latchkey.sessions SET revoked_at = now() WHERE id = pg_temp.sid(3);
UPDATE latchkey.sessions SET expires_at = now() - interval '1 s' WHERE id = pg_temp.sid(4);
CREATE TEMPORARY TABLE bearer_call (call text) ON COMMIT DROP;
INSERT INTO bearer_call VALUES
  ('session_user($1, $2)'), ('list_sessions($1, $2)'), ('password_change_begin($1, $2)'),
  ('logout_all($1, $2, NULL, NULL, NULL)'), ('revoke_session($1, $2, $1, NULL, NULL, NULL)'),
  ($$update_user($1, $2, 'new@example.com', NULL, NULL, NULL, NULL)$$),
  ('deactivate_user($1, $2, NULL, NULL, NULL)'),
  ($$password_change($1, $2, 'old', 'new', NULL, NULL, NULL)$$),
  ($$password_change_failed($1, $2, 'why', NULL, NULL, NULL)$$);
CREATE FUNCTION pg_temp.answers(session integer, user_id bigint) RETURNS SETOF text LANGUAGE plpgsql
AS $$
DECLARE
  c text; row_text text;
BEGIN
  FOR c IN SELECT call FROM bearer_call LOOP
    FOR row_text IN EXECUTE format('SELECT r::text FROM latchkey.%s AS r', c)
                      USING pg_temp.sid(session), user_id LOOP
      -- The outcome, and nothing but commas after it.
      RETURN NEXT regexp_replace(row_text, '^\((\w+),*\)$', '\1');
    END LOOP;
  END LOOP;
END
$$;
SELECT is((SELECT string_agg(DISTINCT a, ' ') || count(*) FROM pg_temp.answers(s, u) a),
          expected || 9, what)
  FROM (VALUES (3, :ann, 'ended', 'revoked session'), (4, :ann, 'ended', 'expired session'),
               (99, :ann, 'ended', 'no such session'),
               (1, :bob, 'ended', 'session of another user'),
               (1, NULL, 'ended', 'no user')) t (s, u, expected, what);
UPDATE latchkey.users SET is_active = false WHERE id = :ann;
SELECT is((SELECT string_agg(DISTINCT a, ' ') || count(*) FROM pg_temp.answers(s, :ann) a),
          expected || 9, what)
  FROM (VALUES (1, 'inactive', 'inactive user'),
               (3, 'ended', 'ended session of an inactive user')) t (s, expected, what);
UPDATE latchkey.users SET is_active = true WHERE id = :ann;
SELECT is((SELECT count(*) FROM latchkey.audit_events
            WHERE event NOT IN ('registered', 'logged_in')), 0::bigint,
          'none of these left a trace');

-- list_sessions: 1 and 2 live.
UPDATE latchkey.sessions SET created_at = now() - interval '1 day' WHERE id = pg_temp.sid(2);
UPDATE latchkey.sessions SET ip = '2001:db8::/32' WHERE id = pg_temp.sid(1);
SELECT results_eq(
  format('SELECT outcome, session_id, ip, user_agent
            FROM latchkey.list_sessions(pg_temp.sid(1), %s)', :ann),
  $$ VALUES ('ok', pg_temp.sid(1), '2001:db8::', 'agent'),
            ('ok', pg_temp.sid(2), '192.0.2.1', 'agent') $$,
  'the live ones, newest first, addresses without a mask');
SELECT is(row(l.created_at_ms, l.last_used_at_ms, l.expires_at_ms)::text,
          row(pg_temp.ms(s.created_at), pg_temp.ms(s.last_used_at), pg_temp.ms(s.expires_at))::text)
  FROM latchkey.list_sessions(pg_temp.sid(2), :ann) l
  JOIN latchkey.sessions s ON s.id = l.session_id
 WHERE s.id = pg_temp.sid(2);
INSERT INTO latchkey.sessions (id, user_id, created_at, rotated_at, last_used_at, expires_at)
  SELECT pg_temp.sid(1000 + n), :ann,
         now() + n * interval '1 s', now(), now(), now() + interval '1 h'
    FROM generate_series(1, 150) n;
SELECT is(row(count(*), min(l.session_id::text), max(l.session_id::text))::text,
          row(100, pg_temp.sid(1051), pg_temp.sid(1150))::text, 'the newest hundred at most')
  FROM latchkey.list_sessions(pg_temp.sid(1), :ann) l;

-- revoke_session
SELECT is(r.outcome, 'not_found', what)
  FROM (VALUES (9, 'session of another user'), (3, 'revoked'), (4, 'expired'),
               (99, 'no such session'), (NULL, 'null')) t (target, what)
 CROSS JOIN latchkey.revoke_session(pg_temp.sid(1), :ann, pg_temp.sid(target), NULL, NULL, NULL) r;
SELECT is(r.outcome, 'revoked')
  FROM latchkey.revoke_session(pg_temp.sid(1), :ann, pg_temp.sid(2), '192.0.2.9', 'v',
                               'request-9') r;
SELECT is(pg_temp.last_event(),
          format('session_revoked user=%s session=02 detail=- 192.0.2.9 v request-9', :ann));
SELECT is(revoke_reason, 'revoked') FROM latchkey.sessions WHERE id = pg_temp.sid(2);
SELECT is(r.outcome, 'revoked', 'its own too')
  FROM latchkey.revoke_session(pg_temp.sid(1), :ann, pg_temp.sid(1), NULL, NULL, NULL) r;
SELECT is(r.outcome, 'ended') FROM latchkey.session_user(pg_temp.sid(1), :ann) r;
SELECT is(r.outcome, 'ok', 'other users live on')
  FROM latchkey.session_user(pg_temp.sid(9), :bob) r;

SELECT * FROM finish();
ROLLBACK;
