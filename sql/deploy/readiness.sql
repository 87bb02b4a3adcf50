-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:readiness to pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- A change that the program comes to need raises schema_version by one, with CREATE OR REPLACE.
CREATE FUNCTION latchkey.readiness(OUT schema_version integer, OUT read_only boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  schema_version := 1;
  read_only := pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean;
END
$$;
COMMENT ON FUNCTION latchkey.readiness() IS
  'For GET /readiness: the version of this schema, and whether the server refuses writes';
GRANT EXECUTE ON FUNCTION latchkey.readiness() TO latchkey_app;

COMMIT;
