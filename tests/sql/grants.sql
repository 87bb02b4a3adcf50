-- SPDX-License-Identifier: Apache-2.0
-- latchkey_app may call the functions listed here, and nothing else.
\ir fixture.psql

SELECT plan(27);

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
  ('logout(uuid,bigint,inet,text,text)'),
  ('logout_all(uuid,bigint,inet,text,text)'),
  ('session_user(uuid,bigint)'),
  ('list_sessions(uuid,bigint)'),
  ('revoke_session(uuid,bigint,uuid,inet,text,text)'),
  ('update_user(uuid,bigint,text,text,inet,text,text)'),
  ('deactivate_user(uuid,bigint,inet,text,text)'),
  ('password_change_begin(uuid,bigint)'),
  ('password_change(uuid,bigint,text,text,inet,text,text)'),
  ('password_change_failed(uuid,bigint,text,inet,text,text)');

CREATE TEMPORARY VIEW functions AS
  SELECT p.*,
  format('%s(%s)', p.proname, replace(oidvectortypes(p.proargtypes), ', ', ',')) AS signature
    FROM pg_proc p WHERE p.pronamespace = 'latchkey'::regnamespace;

SELECT set_eq(
  $$ SELECT f.signature FROM functions f
      WHERE has_function_privilege('latchkey_app', f.oid, 'EXECUTE') $$,
  $$ SELECT signature::text FROM interface $$,
  'what latchkey_app may call is the list');
SELECT is_empty(
  $$ SELECT f.signature FROM functions f
      WHERE has_function_privilege('public', f.oid, 'EXECUTE') $$,
  'PUBLIC may call nothing');
SELECT is_empty(
  $$ SELECT f.signature FROM functions f
      WHERE pg_get_userbyid(f.proowner) <> 'latchkey_owner' $$,
  'every function belongs to latchkey_owner');
SELECT is_empty(
  $$ SELECT f.signature FROM functions f JOIN interface i ON i.signature = f.signature
      WHERE NOT f.prosecdef OR f.proconfig IS DISTINCT FROM ARRAY['search_path=""'] $$,
  'every function on the list is SECURITY DEFINER with an empty search_path');
SELECT is_empty(
  $$ SELECT f.signature FROM functions f
      WHERE f.prosecdef AND f.signature NOT IN (SELECT i.signature FROM interface i) $$,
  'no other function is SECURITY DEFINER');
SELECT set_eq(
  $$ SELECT f.signature FROM functions f JOIN interface i ON i.signature = f.signature
      WHERE f.provolatile = 's' $$,
  ARRAY['readiness()', 'login_names_taken(text,text)', 'login_begin(text,text)',
        'session_user(uuid,bigint)', 'list_sessions(uuid,bigint)',
        'settle_refresh(uuid,bigint,integer,integer,inet,text)',
        'password_change_begin(uuid,bigint)'],
  'those that only read are STABLE');
-- A function made later is not callable by anybody until it is granted.
SET LOCAL ROLE latchkey_owner;
CREATE FUNCTION latchkey.newcomer() RETURNS integer LANGUAGE sql AS 'SELECT 1';
RESET ROLE;

-- What a worker in the wrong hands would try. An error takes SET LOCAL ROLE back with it.
SELECT throws_ok('SET LOCAL ROLE latchkey_app; ' || v, '42501', NULL, 'refused: ' || v)
  FROM (VALUES
    ('SELECT * FROM latchkey.users'),
    ('SELECT id FROM latchkey.sessions'),
    ('SELECT * FROM latchkey.audit_events'),
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
    ('ALTER FUNCTION latchkey.readiness() SECURITY INVOKER'),
    ('CREATE ROLE r')
  ) t (v);

-- SET ROLE is judged by who logged in, here the superuser; so look at the membership itself.
SELECT ok(NOT pg_has_role('latchkey_app', 'latchkey_owner', 'MEMBER'),
          'latchkey_app cannot become latchkey_owner');
SELECT lives_ok('SET LOCAL ROLE latchkey_app; SELECT * FROM latchkey.readiness(); RESET ROLE',
                'what is on the list can be called');
SELECT results_eq(
  $$ SELECT has_database_privilege(r, current_database(), 'CONNECT'),
            has_database_privilege(r, current_database(), 'TEMPORARY'),
            has_database_privilege(r, current_database(), 'CREATE')
       FROM unnest(ARRAY['latchkey_app', 'public']) r $$,
  $$ VALUES (true, false, false), (false, false, false) $$,
  'the database: latchkey_app may connect, PUBLIC may nothing');

SELECT * FROM finish();
ROLLBACK;
