-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:user_audit to pg
--
-- What `latchkey user audit` calls: granted to latchkey_admin alone, as all that names any user.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE FUNCTION latchkey.admin_list_events(p_user_id bigint, p_limit integer)
RETURNS TABLE (at_ms bigint, event text, detail text, session_id uuid, ip text, user_agent text,
               request_id text, actor text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' ROWS 100
AS $$
BEGIN
  RETURN QUERY
    SELECT latchkey.epoch_ms(a.at), a.event, a.detail, a.session_id, host(a.ip), a.user_agent,
           a.request_id, a.actor
      FROM latchkey.audit_events AS a
     WHERE a.user_id = p_user_id
     ORDER BY a.id DESC
     LIMIT p_limit;
END
$$;
COMMENT ON FUNCTION latchkey.admin_list_events(bigint, integer) IS
  'What happened to a user, the newest first';
GRANT EXECUTE ON FUNCTION latchkey.admin_list_events(bigint, integer) TO latchkey_admin;

COMMIT;
