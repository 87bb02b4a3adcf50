-- SPDX-License-Identifier: Apache-2.0
-- Tables, constraints, indexes: the second line of defence.
\ir fixture.psql

SELECT plan(41);

SELECT has_table('latchkey', t, 'table ' || t)
  FROM unnest(ARRAY['users', 'sessions', 'audit_events']) t;
SELECT tables_are('latchkey', ARRAY['users', 'sessions', 'audit_events', 'login_throttle',
                                    'login_addresses']);

SELECT schema_owner_is('latchkey', 'latchkey_owner');
SELECT is_empty(
  $$ SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'latchkey'::regnamespace
        AND pg_get_userbyid(c.relowner) <> 'latchkey_owner' $$,
  'every table, index and sequence belongs to latchkey_owner');

-- Whoever looks with \d+ finds out what it is.
SELECT is_empty(
  $$ SELECT c.relname, a.attname
       FROM pg_class c
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = 'latchkey'::regnamespace AND c.relkind = 'r'
        AND (obj_description(c.oid, 'pg_class') IS NULL
             OR col_description(c.oid, a.attnum) IS NULL) $$,
  'every table and column has a comment');
SELECT is_empty(
  $$ SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'latchkey'::regnamespace
        AND obj_description(p.oid, 'pg_proc') IS NULL $$,
  'every function has a comment');

SELECT index_is_unique('latchkey', 'users', 'users_email_key');
SELECT index_is_unique('latchkey', 'users', 'users_username_key');
SELECT is(pg_get_indexdef('latchkey.users_email_key'::regclass, 1, true), 'lower(email)');
SELECT is(pg_get_indexdef('latchkey.users_username_key'::regclass, 1, true), 'lower(username)');
SELECT indexes_are('latchkey', 'sessions',
                   ARRAY['sessions_pkey', 'sessions_user_id_created_at_idx',
                         'sessions_revoked_at_idx']);

SELECT is_empty('SELECT username FROM latchkey.users', 'nobody has an account to begin with');

-- One row to start from; every attempt changes one thing.
INSERT INTO latchkey.users (email, username, password_hash)
VALUES ('Ann@Example.com', 'Ann', 'hash') RETURNING id AS ann \gset

PREPARE try_email(text) AS UPDATE latchkey.users SET email = $1;
SELECT lives_ok(format('EXECUTE try_email(%L)', v), 'email taken: ' || left(v, 20))
  FROM (VALUES ('a@b.c'), ('!#$%&''*+/=?^_`{|}~-@x.example'),
               (repeat('a', 242) || '@example.com')) t (v);
SELECT throws_ok(format('EXECUTE try_email(%L)', v), '23514', NULL,
                 'email refused: ' || to_json(left(v, 20))::text)
  FROM (VALUES (''), ('a'), ('@b.c'), ('a@b'), ('a@@b.c'), ('a@b.c@d.e'), ('a b@c.d'),
               ('a@b.c' || chr(10)), ('é@b.c'), (repeat('a', 243) || '@example.com')) t (v);
PREPARE try_name(text) AS UPDATE latchkey.users SET username = $1;
SELECT throws_ok(format('EXECUTE try_name(%L)', v), '23514', NULL,
                 'username refused: ' || to_json(left(v, 20))::text)
  FROM (VALUES (''), ('ab'), ('.abc'), ('a@bc'), ('abc' || chr(10)), (repeat('a', 51))) t (v);

SELECT throws_ok($$ INSERT INTO latchkey.users (email, username, password_hash)
                     VALUES ('aNN@eXAMPLE.COM', 'Bea', 'hash'),
                            ('ann@example.com', 'Cid', 'hash') $$,
                 '23505', NULL, 'email is unique without regard to case');
SELECT throws_ok($$ INSERT INTO latchkey.users (email, username, password_hash)
                     VALUES ('bea@example.com', 'aNN', 'hash') $$,
                 '23505', NULL, 'username is unique without regard to case');
SELECT throws_ok($$ UPDATE latchkey.users SET password_hash = '' $$, '23514');
SELECT throws_ok($$ UPDATE latchkey.users SET password_hash = repeat('x', 513) $$, '23514');

INSERT INTO latchkey.sessions (id, user_id, created_at, rotated_at, last_used_at, expires_at)
VALUES (pg_temp.sid(1), :ann, now(), now(), now(), now());
SELECT throws_ok(format('UPDATE latchkey.sessions SET %s', v), '23514', NULL,
                 'session refused: ' || v)
  FROM (VALUES ($$counter = -1$$), ($$user_agent = repeat('x', 513)$$),
               ($$revoke_reason = 'logout'$$)) t (v);
SELECT throws_ok($$ INSERT INTO latchkey.audit_events (event) VALUES ('whatever') $$, '23514');

SELECT * FROM finish();
ROLLBACK;
