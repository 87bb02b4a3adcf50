-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:password_attempts from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE OR REPLACE FUNCTION latchkey.readiness(OUT schema_version integer, OUT read_only boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  schema_version := 3;
  read_only := pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean;
END
$$;

-- The function as `password` made it.
CREATE OR REPLACE FUNCTION latchkey.password_change(
  p_session_id uuid, p_user_id bigint, p_verified_hash text, p_new_hash text,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  outcome := latchkey.lock_bearer(p_session_id, p_user_id);
  IF outcome <> 'ok' THEN
    RETURN;
  END IF;
  UPDATE latchkey.users AS u
     SET password_hash = latchkey.checked_hash(p_new_hash), updated_at = clock_timestamp()
   WHERE u.id = p_user_id AND u.password_hash = p_verified_hash;
  IF NOT FOUND THEN
    outcome := 'conflict';
    RETURN;
  END IF;
  PERFORM latchkey.end_sessions(p_user_id, 'password_changed', p_session_id);
  PERFORM latchkey.record_event('password_changed', p_user_id, p_session_id, NULL,
                                p_ip, p_user_agent, p_request_id);
  outcome := 'changed';
END
$$;

DROP FUNCTION
  latchkey.password_attempt(uuid, bigint, integer, integer, integer, inet, text, text);

COMMIT;
