-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:admin_role to pg
--
-- The role of `latchkey purge` and `latchkey user`. It may call the functions that administrate and
-- no others, and reads no table. The workers' role gains nothing by it: what lists or changes any
-- user is granted to latchkey_admin alone. As with the roles before it, the change takes a role that
-- exists as it is, and its password is the DBA's.

BEGIN;

SET LOCAL lock_timeout = '2s';

DO $$
DECLARE
  v_database CONSTANT text := current_database();
  v_setting text[];
BEGIN
  IF to_regrole('latchkey_admin') IS NULL THEN
    BEGIN
      CREATE ROLE latchkey_admin LOGIN NOINHERIT;
      COMMENT ON ROLE latchkey_admin IS
        'Administrators of Latchkey on the command line; may call its functions for them';
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;  -- A deployment to another database of the cluster was quicker.
    END;
  END IF;

  EXECUTE format('REVOKE ALL ON DATABASE %I FROM latchkey_admin', v_database);
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO latchkey_admin', v_database);

  -- Longer than a worker's, since a batch may be large; the program sends its own with the
  -- connection.
  FOREACH v_setting SLICE 1 IN ARRAY ARRAY[
    ['search_path', 'latchkey'],
    ['TimeZone', 'UTC'],
    ['default_transaction_isolation', 'read committed'],
    ['lock_timeout', '20s'],
    ['statement_timeout', '30s'],
    ['idle_in_transaction_session_timeout', '30s']
  ] LOOP
    EXECUTE format('ALTER ROLE latchkey_admin IN DATABASE %I SET %I = %L',
                   v_database, v_setting[1], v_setting[2]);
  END LOOP;
END
$$;

SET LOCAL ROLE latchkey_owner;
GRANT USAGE ON SCHEMA latchkey TO latchkey_admin;

COMMIT;
