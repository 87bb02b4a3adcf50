-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:revocations from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.revoked_since(bigint, integer);

CREATE OR REPLACE FUNCTION latchkey.readiness(OUT schema_version integer, OUT read_only boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  schema_version := 2;
  read_only := pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean;
END
$$;

COMMIT;
