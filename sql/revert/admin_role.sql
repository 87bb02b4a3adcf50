-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:admin_role from pg
--
-- Takes back what the role was given in this database. The role itself is dropped only when nobody
-- else needs it, as with the others: see revert of roles.

BEGIN;

SET LOCAL lock_timeout = '2s';

SET LOCAL ROLE latchkey_owner;
REVOKE USAGE ON SCHEMA latchkey FROM latchkey_admin;
RESET ROLE;

DO $$
DECLARE
  v_database CONSTANT text := current_database();
BEGIN
  EXECUTE format('ALTER ROLE latchkey_admin IN DATABASE %I RESET ALL', v_database);
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM latchkey_admin', v_database);
  IF EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = to_regrole('latchkey_admin')) THEN
    RAISE NOTICE 'role latchkey_admin is kept: it has members';
    RETURN;
  END IF;
  BEGIN
    DROP ROLE IF EXISTS latchkey_admin;
  EXCEPTION
    WHEN dependent_objects_still_exist OR insufficient_privilege OR object_in_use THEN
      RAISE NOTICE 'role latchkey_admin is kept: %', SQLERRM;
  END;
END
$$;

COMMIT;
