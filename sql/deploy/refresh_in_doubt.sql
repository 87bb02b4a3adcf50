-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:refresh_in_doubt to pg
--
-- A call of refresh_session whose answer was lost may have been carried out. Calling it again could
-- take the token just used for a stolen one; this function looks what became of the session, and
-- changes nothing.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- p_elapsed_ms: how long ago, at the most, the lost call was sent. A rotation since then, to the next
-- counter and from the caller's own address and program, was that call: it is told as `rotated`.
-- Everything that does not settle the matter is `unsettled`, such as a counter that has not moved:
-- the lost call may still be under way.
CREATE FUNCTION latchkey.settle_refresh(
  p_session_id uuid, p_user_id bigint, p_counter integer,
  p_elapsed_ms integer, p_ip inet, p_user_agent text,
  OUT outcome text,
  OUT user_id bigint, OUT email text, OUT username text, OUT is_active boolean,
  OUT created_at_ms bigint, OUT updated_at_ms bigint, OUT last_login_ms bigint,
  OUT session_id uuid, OUT counter integer, OUT rotated_at_ms bigint, OUT expires_at_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  SELECT CASE
           WHEN s.revoked_at IS NOT NULL THEN 'revoked'
           WHEN s.expires_at <= now() THEN 'expired'
           WHEN NOT u.is_active THEN 'inactive'
           WHEN s.counter - 1 = p_counter
                -- rotated_at is kept in milliseconds, rounded. Both sides, for a clock set back.
                AND s.rotated_at BETWEEN now() - (p_elapsed_ms + 1) * interval '1 millisecond'
                                     AND now() + (p_elapsed_ms + 1) * interval '1 millisecond'
                AND s.ip IS NOT DISTINCT FROM p_ip
                AND s.user_agent IS NOT DISTINCT FROM left(p_user_agent, 512) THEN 'rotated'
           ELSE 'unsettled'
         END,
         u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
         latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login),
         s.id, s.counter, latchkey.epoch_ms(s.rotated_at), latchkey.epoch_ms(s.expires_at)
    INTO outcome, user_id, email, username, is_active, created_at_ms,
         updated_at_ms, last_login_ms,
         session_id, counter, rotated_at_ms, expires_at_ms
    FROM latchkey.sessions AS s
    JOIN latchkey.users AS u ON u.id = s.user_id
   WHERE s.id = p_session_id AND s.user_id = p_user_id;
  outcome := coalesce(outcome, 'unknown');
END
$$;
COMMENT ON FUNCTION
  latchkey.settle_refresh(uuid, bigint, integer, integer, inet, text) IS
  'What became of a refresh whose answer was lost: rotated, revoked, expired, inactive, unknown or unsettled';
GRANT EXECUTE ON FUNCTION
  latchkey.settle_refresh(uuid, bigint, integer, integer, inet, text) TO latchkey_app;

CREATE OR REPLACE FUNCTION latchkey.readiness(OUT schema_version integer, OUT read_only boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  schema_version := 2;
  read_only := pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean;
END
$$;

COMMIT;
