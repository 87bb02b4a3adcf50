-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:revocations to pg
--
-- The nodes check access tokens without asking the database. Through this function each learns which
-- sessions were ended on the others.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- p_ms_ago counts by the server's clock, which has dated the rows too; from now(), since an index is not
-- asked with anything that changes under way.
CREATE FUNCTION latchkey.revoked_since(p_ms_ago bigint, p_limit integer)
RETURNS TABLE (session_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
  SELECT s.id
    FROM latchkey.sessions AS s
   WHERE s.revoked_at >= now() - p_ms_ago * interval '1 millisecond'
   ORDER BY s.revoked_at DESC
   LIMIT least(p_limit, 65536)
$$;
COMMENT ON FUNCTION latchkey.revoked_since(bigint, integer) IS
  'Sessions that were ended in the last p_ms_ago milliseconds, the newest first';
GRANT EXECUTE ON FUNCTION latchkey.revoked_since(bigint, integer) TO latchkey_app;

CREATE OR REPLACE FUNCTION latchkey.readiness(OUT schema_version integer, OUT read_only boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  schema_version := 3;
  read_only := pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean;
END
$$;

COMMIT;
