-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:roles from pg
--
-- Takes back what the roles were given in this database, and gives PUBLIC the server's defaults
-- again. The roles themselves are dropped only when nobody else needs them: not while another
-- database, object or member depends on them, and not when the deployer may not drop roles.

BEGIN;

SET LOCAL lock_timeout = '2s';

ALTER DEFAULT PRIVILEGES FOR ROLE latchkey_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC;

DO $$
DECLARE
  v_database CONSTANT text := current_database();
  v_role text;
BEGIN
  EXECUTE format('ALTER ROLE latchkey_app IN DATABASE %I RESET ALL', v_database);
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM latchkey_app', v_database);
  IF NOT EXISTS (SELECT FROM pg_database d
                  WHERE d.datname = v_database AND d.datdba = 'latchkey_owner'::regrole) THEN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM latchkey_owner', v_database);
  END IF;
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO PUBLIC', v_database);
  IF current_setting('server_version_num')::integer < 150000
     AND to_regnamespace('public') IS NOT NULL THEN
    GRANT CREATE ON SCHEMA public TO PUBLIC;
  END IF;

  FOREACH v_role IN ARRAY ARRAY['latchkey_app', 'latchkey_owner'] LOOP
    IF EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = to_regrole(v_role)) THEN
      RAISE NOTICE 'role % is kept: it has members', v_role;
      CONTINUE;
    END IF;
    BEGIN
      EXECUTE format('DROP ROLE IF EXISTS %I', v_role);
    EXCEPTION
      WHEN dependent_objects_still_exist OR insufficient_privilege OR object_in_use THEN
        RAISE NOTICE 'role % is kept: %', v_role, SQLERRM;
    END;
  END LOOP;
END
$$;

COMMIT;
