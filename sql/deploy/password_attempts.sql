-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:password_attempts to pg
--
-- Who has an access token of somebody could guess the password by changing it: attempts are counted
-- for the user, before the current password is checked.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- Where p_free is null there is no throttle.
CREATE FUNCTION latchkey.password_attempt(
  p_session_id uuid, p_user_id bigint,
  p_free integer, p_max_delay_s integer, p_reset_s integer,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text, OUT password_hash text, OUT email text, OUT username text,
  OUT retry_after_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_is_first_refusal boolean;
BEGIN
  outcome := latchkey.bearer_outcome(p_session_id, p_user_id);
  IF outcome <> 'ok' THEN
    RETURN;
  END IF;
  IF p_free IS NOT NULL THEN
    SELECT nullif(c.wait_ms, 0), c.is_first_refusal INTO retry_after_ms, v_is_first_refusal
      FROM latchkey.throttle_claim(latchkey.throttle_key('password', p_user_id::text), true,
                                   p_free, p_max_delay_s, p_reset_s) AS c;
  END IF;
  IF retry_after_ms IS NULL THEN
    SELECT u.password_hash, u.email, u.username INTO password_hash, email, username
      FROM latchkey.users AS u WHERE u.id = p_user_id;
    RETURN;
  END IF;
  IF v_is_first_refusal THEN
    PERFORM latchkey.record_event('password_change_throttled', p_user_id, p_session_id, NULL,
                                  p_ip, p_user_agent, p_request_id);
  END IF;
  outcome := 'throttled';
END
$$;
COMMENT ON FUNCTION
  latchkey.password_attempt(uuid, bigint, integer, integer, integer, inet, text, text) IS
  'What the current and the new password are checked against: ok, throttled, ended or inactive';
GRANT EXECUTE ON FUNCTION
  latchkey.password_attempt(uuid, bigint, integer, integer, integer, inet, text, text)
  TO latchkey_app;

-- As `password` made it, and it forgets the attempts.
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
  DELETE FROM latchkey.login_throttle AS t
   WHERE t.key = latchkey.throttle_key('password', p_user_id::text);
  outcome := 'changed';
END
$$;

-- The workers call these functions and those of login_attempts.
CREATE OR REPLACE FUNCTION latchkey.readiness(OUT schema_version integer, OUT read_only boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  schema_version := 4;
  read_only := pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean;
END
$$;

COMMIT;
