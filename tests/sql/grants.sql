-- SPDX-License-Identifier: Apache-2.0
-- latchkey_app and latchkey_admin may each call the functions listed here, and nothing else.
\ir fixture.psql

SELECT plan(61);

-- The list. Whoever adds a function to the interface adds it here.
CREATE TEMPORARY TABLE interface (signature text COLLATE "C" PRIMARY KEY) ON COMMIT DROP;
INSERT INTO interface VALUES
  ('readiness()'),
  ('login_names_taken(text,text)'),
  ('register_user(text,text,text,uuid,integer,inet,text,text)'),
  ('login_begin(text,text)'),
  ('login_succeeded(bigint,text,text,uuid,integer,inet,text,text)'),
  ('login_failed(bigint,text,inet,text,text)'),
  ('refresh_session(uuid,bigint,integer,integer,integer,inet,text,text)'),
  ('settle_refresh(uuid,bigint,integer,integer,inet,text)'),
  ('revoked_since(bigint,integer)'),
  ('logout(uuid,bigint,inet,text,text)'),
  ('logout_all(uuid,bigint,inet,text,text)'),
  ('session_user(uuid,bigint)'),
  ('list_sessions(uuid,bigint)'),
  ('revoke_session(uuid,bigint,uuid,inet,text,text)'),
  ('update_user(uuid,bigint,text,text,inet,text,text)'),
  ('deactivate_user(uuid,bigint,inet,text,text)'),
  ('password_change_begin(uuid,bigint)'),
  ('password_change(uuid,bigint,text,text,inet,text,text)'),
  ('password_change_failed(uuid,bigint,text,inet,text,text)'),
  ('login_attempt(text,text,integer,integer,integer,inet,text,text)'),
  ('login_accepted(bigint,text,text,bytea,uuid,integer,inet,text,text)'),
  ('login_refused(bigint,text,bytea,integer,inet,text,text)'),
  ('password_attempt(uuid,bigint,integer,integer,integer,inet,text,text)');

CREATE TEMPORARY TABLE admin_interface (signature text COLLATE "C" PRIMARY KEY) ON COMMIT DROP;
INSERT INTO admin_interface VALUES
  ('purge_begin(bigint,bigint,text)'),
  ('purge_sessions(bigint,bigint,integer)'),
  ('purge_audit_events(bigint,bigint,integer)'),
  ('purge_end()'),
  ('admin_list_users(text,text,boolean,text,integer)'),
  ('admin_find_user(bigint,text,text)'),
  ('admin_create_user(text,text,text,text)'),
  ('admin_set_active(bigint,boolean,text)'),
  ('admin_reset_password(bigint,text,text)'),
  ('admin_list_sessions(bigint,integer)'),
  ('admin_revoke_session(uuid,bigint,text)'),
  ('admin_revoke_sessions(bigint,text)'),
  ('admin_import_users(jsonb,boolean,text)'),
  ('purge_throttle(bigint,bytea,integer)'),
  ('purge_addresses(bigint,bigint,integer)'),
  ('admin_list_events(bigint,integer)');
CREATE TEMPORARY VIEW interfaces AS
  SELECT signature FROM interface UNION ALL SELECT signature FROM admin_interface;

CREATE TEMPORARY VIEW functions AS
  SELECT p.*,
  format('%s(%s)', p.proname, replace(oidvectortypes(p.proargtypes), ', ', ',')) AS signature
    FROM pg_proc p WHERE p.pronamespace = 'latchkey'::regnamespace;

SELECT set_eq(
  $$ SELECT f.signature FROM functions f
      WHERE has_function_privilege('latchkey_app', f.oid, 'EXECUTE') $$,
  $$ SELECT signature::text FROM interface $$,
  'what latchkey_app may call is the list');
SELECT set_eq(
  $$ SELECT f.signature FROM functions f
      WHERE has_function_privilege('latchkey_admin', f.oid, 'EXECUTE') $$,
  $$ SELECT signature::text FROM admin_interface $$,
  'what latchkey_admin may call is its list');
SELECT is_empty(
  $$ SELECT f.signature FROM functions f
      WHERE has_function_privilege('public', f.oid, 'EXECUTE') $$,
  'PUBLIC may call nothing');
SELECT is_empty(
  $$ SELECT f.signature FROM functions f
      WHERE pg_get_userbyid(f.proowner) <> 'latchkey_owner' $$,
  'every function belongs to latchkey_owner');
SELECT is_empty(
  $$ SELECT f.signature FROM functions f JOIN interfaces i ON i.signature = f.signature
      WHERE NOT f.prosecdef OR f.proconfig IS DISTINCT FROM ARRAY['search_path=""'] $$,
  'every function on a list is SECURITY DEFINER with an empty search_path');
SELECT is_empty(
  $$ SELECT f.signature FROM functions f
      WHERE f.prosecdef AND f.signature NOT IN (SELECT i.signature FROM interfaces i) $$,
  'no other function is SECURITY DEFINER');
SELECT set_eq(
  $$ SELECT f.signature FROM functions f JOIN interfaces i ON i.signature = f.signature
      WHERE f.provolatile = 's' $$,
  ARRAY['readiness()', 'login_names_taken(text,text)', 'login_begin(text,text)',
        'session_user(uuid,bigint)', 'list_sessions(uuid,bigint)',
        'settle_refresh(uuid,bigint,integer,integer,inet,text)', 'revoked_since(bigint,integer)',
        'password_change_begin(uuid,bigint)',
        'admin_list_users(text,text,boolean,text,integer)', 'admin_find_user(bigint,text,text)',
        'admin_list_sessions(bigint,integer)', 'admin_list_events(bigint,integer)'],
  'those that only read are STABLE');
-- A function made later is not callable by anybody until it is granted.
SET LOCAL ROLE latchkey_owner;
CREATE FUNCTION latchkey.newcomer() RETURNS integer LANGUAGE sql AS 'SELECT 1';
RESET ROLE;

-- What a worker, or an administrator's password, in the wrong hands would try. An error takes
-- SET LOCAL ROLE back with it.
SELECT throws_ok(format('SET LOCAL ROLE %I; ', r) || v, '42501', NULL, r || ' is refused: ' || v)
  FROM unnest(ARRAY['latchkey_app', 'latchkey_admin']) r
 CROSS JOIN (VALUES
    ('SELECT * FROM latchkey.users'),
    ('SELECT id FROM latchkey.sessions'),
    ('SELECT * FROM latchkey.audit_events'),
    ('DELETE FROM latchkey.login_throttle'),
    ('SELECT * FROM latchkey.login_addresses'),
    ($$UPDATE latchkey.users SET email = 'x@y.z'$$),
    ('DELETE FROM latchkey.sessions'),
    ('TRUNCATE latchkey.audit_events'),
    ($$SELECT nextval('latchkey.users_id_seq')$$),
    ('CREATE TABLE latchkey.t (a integer)'),
    ('CREATE TABLE public.t (a integer)'),
    ('CREATE TEMPORARY TABLE t (a integer)'),
    ('CREATE SCHEMA s'),
    ('CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS $$SELECT 1$$'),
    ('SELECT latchkey.newcomer()'),
    ($$SELECT latchkey.bearer_outcome(NULL, NULL)$$),
    ($$SELECT latchkey.end_sessions(1, 'logout', NULL)$$),
    ($$SELECT latchkey.record_event('logged_in', 1, NULL, NULL, NULL, NULL, NULL)$$),
    ($$SELECT latchkey.record_admin_event('purge_started', NULL, NULL, NULL, 'x')$$),
    ($$SELECT latchkey.throttle_count('', NULL, NULL, 1)$$),
    ($$SELECT latchkey.remember_address(1, '192.0.2.1')$$),
    ('ALTER FUNCTION latchkey.readiness() SECURITY INVOKER'),
    ('CREATE ROLE r')
  ) t (v);
-- Neither can do what the other may.
SELECT throws_ok('SET LOCAL ROLE latchkey_app; ' || v, '42501', NULL, 'latchkey_app: ' || v)
  FROM (VALUES ($$SELECT * FROM latchkey.admin_list_users('id', NULL, NULL, NULL, 1)$$),
               ('SELECT * FROM latchkey.purge_sessions(0, 0, 1)'),
               ('SELECT * FROM latchkey.admin_list_events(1, 1)')) t (v);
SELECT throws_ok(
  'SET LOCAL ROLE latchkey_admin; SELECT * FROM latchkey.login_begin(NULL, NULL)', '42501', NULL,
  'latchkey_admin reads no hash');

-- SET ROLE is judged by who logged in, here the superuser; so look at the membership itself.
SELECT is_empty(
  $$ SELECT r.rolname, o.rolname FROM pg_roles r CROSS JOIN pg_roles o
      WHERE r.rolname IN ('latchkey_app', 'latchkey_admin') AND o.rolname <> r.rolname
        AND pg_has_role(r.rolname, o.rolname, 'MEMBER') $$,
  'neither role can become another');
SELECT lives_ok('SET LOCAL ROLE latchkey_app; SELECT * FROM latchkey.readiness(); RESET ROLE',
                'what is on the list can be called');
SELECT lives_ok('SET LOCAL ROLE latchkey_admin; SELECT * FROM latchkey.admin_find_user(1, NULL, NULL);
                 RESET ROLE', 'and what is on the other');
SELECT results_eq(
  $$ SELECT has_database_privilege(r, current_database(), 'CONNECT'),
            has_database_privilege(r, current_database(), 'TEMPORARY'),
            has_database_privilege(r, current_database(), 'CREATE')
       FROM unnest(ARRAY['latchkey_app', 'latchkey_admin', 'public']) r $$,
  $$ VALUES (true, false, false), (true, false, false), (false, false, false) $$,
  'the database: both may connect, PUBLIC may nothing');

SELECT * FROM finish();
ROLLBACK;
