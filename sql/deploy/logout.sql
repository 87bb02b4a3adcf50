-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:logout to pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- An expired session is marked as well, so that no refresh on its way can prolong it.
CREATE FUNCTION latchkey.logout(
  p_session_id uuid, p_user_id bigint, p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_was_live boolean;
BEGIN
  UPDATE latchkey.sessions AS s
     SET revoked_at = clock_timestamp(), revoke_reason = 'logout'
   WHERE s.id = p_session_id AND s.user_id = p_user_id AND s.revoked_at IS NULL
  RETURNING s.expires_at > now() INTO v_was_live;
  IF v_was_live THEN
    PERFORM latchkey.record_event('logged_out', p_user_id, p_session_id, NULL,
                                  p_ip, p_user_agent, p_request_id);
    outcome := 'logged_out';
  ELSE
    outcome := 'already_ended';
  END IF;
END
$$;
COMMENT ON FUNCTION latchkey.logout(uuid, bigint, inet, text, text) IS
  'Ends one session: logged_out or already_ended';
GRANT EXECUTE ON FUNCTION latchkey.logout(uuid, bigint, inet, text, text) TO latchkey_app;

CREATE FUNCTION latchkey.logout_all(
  p_session_id uuid, p_user_id bigint, p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text, OUT revoked_count integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  outcome := latchkey.lock_bearer(p_session_id, p_user_id);
  IF outcome <> 'ok' THEN
    RETURN;
  END IF;
  revoked_count := latchkey.end_sessions(p_user_id, 'logout_all', NULL);
  PERFORM latchkey.record_event('logged_out_all', p_user_id, p_session_id, NULL,
                                p_ip, p_user_agent, p_request_id);
  outcome := 'revoked';
END
$$;
COMMENT ON FUNCTION latchkey.logout_all(uuid, bigint, inet, text, text) IS
  'Ends every session of the caller, its own too: revoked, ended or inactive';
GRANT EXECUTE ON FUNCTION latchkey.logout_all(uuid, bigint, inet, text, text) TO latchkey_app;

COMMIT;
