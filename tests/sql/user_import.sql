-- SPDX-License-Identifier: Apache-2.0
-- A batch of users from elsewhere.
\ir fixture.psql

SELECT plan(10);
SELECT pg_temp.enrol('Ann', 1) AS ann \gset

CREATE TEMPORARY TABLE batch (n integer, email text, username text) ON COMMIT DROP;
INSERT INTO batch VALUES
  (0, 'Bea@example.com', 'Bea'),     -- taken
  (1, 'ANN@example.com', 'other'),   -- the email is Ann's
  (2, 'other@example.com', 'aNN'),   -- the username is Ann's
  (3, 'bea@EXAMPLE.com', 'bea2'),    -- the email is that of 0
  (4, 'bea3@example.com', 'bEA'),    -- the username is that of 0
  (5, 'Bea@example.com', 'Bea'),     -- 0 once more
  (6, 'cid@example.com', 'cid'),     -- taken
  (7, 'bea@example.com', 'cid');     -- the email of 0, the username of 6
CREATE FUNCTION pg_temp.entries() RETURNS jsonb LANGUAGE sql
AS $$ SELECT jsonb_agg(jsonb_build_object(
        'email', email, 'username', username, 'password_hash', '$2y$12$hash-of-' || n,
        'is_active', n <> 6) || CASE n WHEN 6 THEN '{"created_at_ms": 1700000000123}'::jsonb
                                       ELSE '{}' END ORDER BY n) FROM batch $$;

SELECT results_eq(
  $$ SELECT index, outcome FROM latchkey.admin_import_users(pg_temp.entries(), true, 'cli:root') $$,
  $$ VALUES (1, 'email_taken'), (2, 'username_taken') $$,
  'a dry run tells what is in the way in the database');
SELECT is((SELECT count(*) FROM latchkey.users), 1::bigint, 'and writes nothing');
SELECT is((SELECT count(*) FROM latchkey.audit_events WHERE actor IS NOT NULL), 0::bigint);

SELECT results_eq(
  $$ SELECT index, outcome FROM latchkey.admin_import_users(pg_temp.entries(), false, 'cli:root') $$,
  $$ VALUES (1, 'email_taken'), (2, 'username_taken'), (3, 'email_taken'), (4, 'username_taken'),
            (5, 'email_taken'), (7, 'email_taken') $$,
  'the first of two gets the name; the others are told, and do not spoil the batch');
SELECT results_eq(
  $$ SELECT username, email, password_hash, is_active, last_login
       FROM latchkey.users WHERE username <> 'Ann' ORDER BY id $$,
  $$ VALUES ('Bea' COLLATE "C", 'Bea@example.com' COLLATE "C", '$2y$12$hash-of-0', true,
             NULL::timestamptz(3)),
            ('cid', 'cid@example.com', '$2y$12$hash-of-6', false, NULL) $$,
  'as they were given, never logged in');
SELECT is(pg_temp.ms(created_at), 1700000000123, 'when it was made elsewhere')
  FROM latchkey.users WHERE username = 'cid';
SELECT results_eq(
  $$ SELECT a.event, u.username, a.actor FROM latchkey.audit_events a
       JOIN latchkey.users u ON u.id = a.user_id WHERE a.actor IS NOT NULL ORDER BY a.id $$,
  $$ VALUES ('user_imported', 'Bea' COLLATE "C", 'cli:root'), ('user_imported', 'cid', 'cli:root') $$,
  'each has a line in the audit trail');

SELECT throws_ok(
  $$ SELECT latchkey.admin_import_users(
       '[{"email": "d@example.com", "username": "d d", "password_hash": "h"}]', false, 'cli:root') $$,
  '23514', 'an imported user breaks a constraint', 'no error quotes the user');
SELECT throws_ok(
  $$ SELECT latchkey.admin_import_users(
       '[{"email": "d@example.com", "username": "dan", "password_hash": "*0"}]', false, 'cli:root') $$,
  '23514', NULL, 'a mark of failure is no hash');
SELECT throws_ok($$ SELECT latchkey.admin_import_users('[]', false, '') $$, '23502', NULL,
                 'nobody imports nothing');

SELECT * FROM finish();
ROLLBACK;
