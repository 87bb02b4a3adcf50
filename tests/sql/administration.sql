-- SPDX-License-Identifier: Apache-2.0
-- What administrators may do to any user, and what is left of it in the audit trail.
\ir fixture.psql

SELECT plan(58);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 9) AS bob, pg_temp.enrol('cid', 8) AS cid
  \gset
SELECT is(pg_temp.login_again('Ann', n), 'logged_in') FROM generate_series(2, 3) n;

-- What the last audit event says of an administrator.
CREATE FUNCTION pg_temp.last_deed() RETURNS text LANGUAGE sql
AS $$
  SELECT concat_ws(' ', a.event, coalesce(a.user_id::text, '-'),
                   coalesce(right(a.session_id::text, 2), '-'), coalesce(a.detail, '-'), a.actor)
    FROM latchkey.audit_events AS a ORDER BY a.id DESC LIMIT 1
$$;
CREATE FUNCTION pg_temp.names(sort text, after text, active boolean, match text, most integer)
RETURNS text LANGUAGE sql
AS $$ SELECT coalesce(string_agg(l.username, ' '), '-')
        FROM latchkey.admin_list_users(sort, after, active, match, most) l $$;

-- admin_list_users
UPDATE latchkey.users SET is_active = false WHERE id = :cid;
UPDATE latchkey.users SET email = 'zoe@example.com' WHERE id = :ann;
SELECT is(pg_temp.names('id', NULL, NULL, NULL, 10), 'Ann bob cid', 'all, by id');
SELECT is(pg_temp.names('id', NULL, NULL, NULL, 2), 'Ann bob', 'a page');
SELECT is(pg_temp.names('id', :'bob', NULL, NULL, 2), 'cid', 'the next page');
SELECT is(pg_temp.names('email', NULL, NULL, NULL, 10), 'bob cid Ann', 'by email');
SELECT is(pg_temp.names('email', 'CID@example.com', NULL, NULL, 10), 'Ann', 'after an email');
SELECT is(pg_temp.names('username', 'ANN', NULL, NULL, 10), 'bob cid', 'after a username');
SELECT is(pg_temp.names('id', NULL, true, NULL, 10), 'Ann bob', 'active ones');
SELECT is(pg_temp.names('id', NULL, false, NULL, 10), 'cid', 'inactive ones');
SELECT is(pg_temp.names(s, NULL, NULL, 'ZOE@', 10), 'Ann', 'those with a text in the email, by ' || s)
  FROM unnest(ARRAY['id', 'email', 'username']) s;
SELECT is(pg_temp.names('id', NULL, NULL, 'aN', 10), 'Ann', 'in the username, in either case');
SELECT is(pg_temp.names('id', NULL, NULL, '%', 10), '-', 'a text is no pattern');
SELECT throws_ok($$ SELECT latchkey.admin_list_users('password_hash', NULL, NULL, NULL, 1) $$,
                 '20000', NULL, 'sorted by what was thought of only');

-- admin_find_user
SELECT is(row(f.user_id, f.email, f.username, f.is_active, f.password_scheme, f.live_sessions,
              f.kept_sessions)::text,
          row(:ann, 'zoe@example.com', 'Ann', true, '$2b$04', 3, 3)::text, what)
  FROM (VALUES (:ann::bigint, NULL, NULL, 'by id'), (NULL, 'ZOE@example.com', NULL, 'by email'),
               (NULL, NULL, 'ann', 'by username')) t (id, email, username, what)
 CROSS JOIN latchkey.admin_find_user(t.id, t.email, t.username) f;
SELECT is(row(f.*)::text, '(,,,,,,,,0,0)', 'nobody')
  FROM (VALUES (0::bigint, NULL, NULL), (NULL, 'no@example.com', NULL), (NULL, NULL, 'nobody'),
               (NULL, NULL, NULL)) t (id, email, username)
 CROSS JOIN latchkey.admin_find_user(t.id, t.email, t.username) f;
UPDATE latchkey.users SET password_hash = v.hash FROM (VALUES
  (:ann, '$argon2id$v=19$m=19456,t=2,p=1$salt$hash'), (:bob, 'locked'), (:cid, '$2y$12$hash')
) v (id, hash) WHERE users.id = v.id;
SELECT is(f.password_scheme, expected, 'no more of a hash than its scheme')
  FROM (VALUES (:ann, '$argon2id'), (:bob, '?'), (:cid, '$2y$12')) t (id, expected)
 CROSS JOIN latchkey.admin_find_user(t.id, NULL, NULL) f;

-- admin_create_user
SELECT is(r.outcome, 'created')
  FROM latchkey.admin_create_user('dot@example.com', 'Dot', 'hash', 'cli:root') r;
SELECT is(pg_temp.last_deed(), format('user_created %s - - cli:root', id))
  FROM latchkey.users WHERE username = 'Dot' AND last_login IS NULL AND is_active;
SELECT is(row(r.*)::text, row(t.expected, NULL)::text, t.expected)
  FROM (VALUES ('DOT@example.com', 'other', 'email_taken'), ('e@example.com', 'dOT', 'username_taken'),
               ('dot@example.com', 'dot', 'email_taken')) t (email, name, expected)
 CROSS JOIN latchkey.admin_create_user(email, name, 'hash', 'cli:root') r;
SELECT throws_ok($$ SELECT latchkey.admin_create_user('a b@c.d', 'eve', 'hash', 'cli:root') $$,
                 '23514', 'a new user breaks a constraint', 'no error quotes the user');
SELECT throws_ok($$ SELECT latchkey.admin_create_user('e@c.de', 'eve', '*0', 'cli:root') $$, '23514');
SELECT throws_ok($$ SELECT latchkey.admin_create_user('e@c.de', 'eve', 'hash', '') $$, '23502', NULL,
                 'nobody does nothing');

-- admin_set_active
SELECT is(row(r.*)::text, row('changed', 3)::text)
  FROM latchkey.admin_set_active(:ann, false, 'cli:root') r;
SELECT is(pg_temp.last_deed(), format('user_deactivated %s - sessions=3 cli:root', :ann));
SELECT is(count(*), 3::bigint) FROM latchkey.sessions
 WHERE user_id = :ann AND revoke_reason = 'deactivated';
SELECT is(row(r.*)::text, row('unchanged', NULL)::text)
  FROM latchkey.admin_set_active(:ann, false, 'cli:root') r;
SELECT is(row(r.*)::text, row('changed', NULL)::text)
  FROM latchkey.admin_set_active(:ann, true, 'cli:root') r;
SELECT is(pg_temp.last_deed(), format('user_activated %s - - cli:root', :ann));
SELECT is(row(r.*)::text, row('not_found', NULL)::text)
  FROM latchkey.admin_set_active(0, true, 'cli:root') r;

-- admin_reset_password
SELECT is(row(r.*)::text, row('reset', 1)::text)
  FROM latchkey.admin_reset_password(:bob, '$2b$04$new', 'cli:root') r;
SELECT is(pg_temp.last_deed(), format('password_reset %s - sessions=1 cli:root', :bob));
SELECT is(row(u.password_hash, s.revoke_reason)::text, row('$2b$04$new', 'password_changed')::text)
  FROM latchkey.users u JOIN latchkey.sessions s ON s.user_id = u.id WHERE u.id = :bob;
SELECT is(row(r.*)::text, row('not_found', NULL)::text)
  FROM latchkey.admin_reset_password(0, 'hash', 'cli:root') r;

-- Sessions.
SELECT is(pg_temp.login_again('bob', n), 'logged_in') FROM generate_series(11, 13) n;
UPDATE latchkey.sessions SET created_at = now() - interval '1 day' WHERE id = pg_temp.sid(12);
UPDATE latchkey.sessions SET expires_at = now() - interval '1 s' WHERE id = pg_temp.sid(13);
SELECT results_eq(format('SELECT session_id FROM latchkey.admin_list_sessions(%s, 10)', :bob),
                  $$ VALUES (pg_temp.sid(11)), (pg_temp.sid(12)) $$, 'the live ones, newest first');
SELECT is(r.outcome, expected, what)
  FROM (VALUES (11, :cid, 'not_found', 'of another user'), (13, :bob, 'not_found', 'over'),
               (11, :bob, 'revoked', 'live')) t (n, id, expected, what)
 CROSS JOIN latchkey.admin_revoke_session(pg_temp.sid(n), id, 'cli:root') r;
SELECT is(pg_temp.last_deed(), format('session_revoked %s 11 - cli:root', :bob));
SELECT is(row(r.*)::text, row('revoked', 1)::text, 'the live ones are counted')
  FROM latchkey.admin_revoke_sessions(:bob, 'cli:root') r;
SELECT is(pg_temp.last_deed(), format('sessions_revoked %s - sessions=1 cli:root', :bob));

-- The audit trail of one user.
SELECT results_eq(
  format('SELECT event, detail, actor FROM latchkey.admin_list_events(%s, 3)', :bob),
  $$ VALUES ('sessions_revoked', 'sessions=1', 'cli:root'), ('session_revoked', NULL, 'cli:root'),
            ('logged_in', NULL, NULL) $$, 'the newest first, and so many');
SELECT is(row(l.session_id, l.ip, l.user_agent, l.request_id)::text,
          row(pg_temp.sid(9), '192.0.2.1', 'agent', 'request-1')::text, 'from where')
  FROM latchkey.admin_list_events(:bob, 100) l WHERE l.event = 'registered';
SELECT is_empty('SELECT * FROM latchkey.admin_list_events(0, 100)', 'nobody');

SELECT * FROM finish();
ROLLBACK;
