-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:roles to pg
--
-- Who may do what in this database. Roles belong to the whole cluster, so this change takes them as
-- it finds them and makes what is missing; everything else here concerns the current database only,
-- the settings of latchkey_app included. Passwords and membership are the DBA's, never in a file.

BEGIN;

SET LOCAL lock_timeout = '2s';

DO $$
DECLARE
  v_database CONSTANT text := current_database();
  v_setting text[];
BEGIN
  IF to_regrole('latchkey_owner') IS NULL THEN
    BEGIN
      CREATE ROLE latchkey_owner NOLOGIN;
      COMMENT ON ROLE latchkey_owner IS 'Owns the schema latchkey; migrations run as this role';
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;  -- A deployment to another database of the cluster was quicker.
    END;
  END IF;
  IF to_regrole('latchkey_app') IS NULL THEN
    BEGIN
      CREATE ROLE latchkey_app LOGIN NOINHERIT;
      COMMENT ON ROLE latchkey_app IS
        'The Latchkey workers; may call the functions of schema latchkey';
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END IF;

  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', v_database);
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM latchkey_app', v_database);
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO latchkey_app', v_database);
  EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO latchkey_owner', v_database);
  IF to_regnamespace('public') IS NOT NULL THEN
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
  END IF;

  -- The server gives up before the program's DATABASE_TIMEOUT (2 s) does, so that a call which the
  -- program counts as failed was rolled back. A connection string with options=-c overrides these.
  -- The functions rely on read committed: see refresh.
  FOREACH v_setting SLICE 1 IN ARRAY ARRAY[
    ['search_path', 'latchkey'],
    ['TimeZone', 'UTC'],
    ['default_transaction_isolation', 'read committed'],
    ['lock_timeout', '1500ms'],
    ['statement_timeout', '1900ms'],
    ['idle_in_transaction_session_timeout', '5s']
  ] LOOP
    EXECUTE format('ALTER ROLE latchkey_app IN DATABASE %I SET %I = %L',
                   v_database, v_setting[1], v_setting[2]);
  END LOOP;
END
$$;

-- A new function is callable by its owner only, until a change grants it.
ALTER DEFAULT PRIVILEGES FOR ROLE latchkey_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

COMMIT;
