-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:password to pg
--
-- Two calls, as with login: the hash is computed between them.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE FUNCTION latchkey.password_change_begin(
  p_session_id uuid, p_user_id bigint,
  OUT outcome text, OUT password_hash text, OUT email text, OUT username text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  outcome := latchkey.bearer_outcome(p_session_id, p_user_id);
  IF outcome = 'ok' THEN
    SELECT u.password_hash, u.email, u.username INTO password_hash, email, username
      FROM latchkey.users AS u WHERE u.id = p_user_id;
  END IF;
END
$$;
COMMENT ON FUNCTION latchkey.password_change_begin(uuid, bigint) IS
  'What the current and the new password are checked against: ok, ended or inactive';
GRANT EXECUTE ON FUNCTION latchkey.password_change_begin(uuid, bigint) TO latchkey_app;

CREATE FUNCTION latchkey.password_change(
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
COMMENT ON FUNCTION latchkey.password_change(uuid, bigint, text, text, inet, text, text) IS
  'Stores a new hash and ends every other session: changed, conflict, ended or inactive';
GRANT EXECUTE ON FUNCTION
  latchkey.password_change(uuid, bigint, text, text, inet, text, text) TO latchkey_app;

CREATE FUNCTION latchkey.password_change_failed(
  p_session_id uuid, p_user_id bigint, p_reason text,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  outcome := latchkey.bearer_outcome(p_session_id, p_user_id);
  IF outcome <> 'ok' THEN
    RETURN;
  END IF;
  PERFORM latchkey.record_event('password_change_failed', p_user_id, p_session_id, p_reason,
                                p_ip, p_user_agent, p_request_id);
  outcome := 'recorded';
END
$$;
COMMENT ON FUNCTION latchkey.password_change_failed(uuid, bigint, text, inet, text, text) IS
  'Audits a change of password that was refused: recorded, ended or inactive';
GRANT EXECUTE ON FUNCTION
  latchkey.password_change_failed(uuid, bigint, text, inet, text, text) TO latchkey_app;

COMMIT;
