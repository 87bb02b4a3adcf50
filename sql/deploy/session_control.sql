-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:session_control to pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- Its name is a reserved word of SQL: it can be called only with the schema before it.
CREATE FUNCTION latchkey.session_user(
  p_session_id uuid, p_user_id bigint,
  OUT outcome text,
  OUT user_id bigint, OUT email text, OUT username text, OUT is_active boolean,
  OUT created_at_ms bigint, OUT updated_at_ms bigint, OUT last_login_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  SELECT 'ok', u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
         latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login)
    INTO outcome, user_id, email, username, is_active, created_at_ms,
         updated_at_ms, last_login_ms
    FROM latchkey.sessions AS s
    JOIN latchkey.users AS u ON u.id = s.user_id
   WHERE s.id = p_session_id AND s.user_id = p_user_id
     AND s.revoked_at IS NULL AND s.expires_at > now() AND u.is_active;
  IF NOT FOUND THEN
    outcome := latchkey.bearer_outcome(p_session_id, p_user_id);
  END IF;
END
$$;
COMMENT ON FUNCTION latchkey.session_user(uuid, bigint) IS
  'The user behind an access token whose session lives: ok, ended or inactive';
GRANT EXECUTE ON FUNCTION latchkey.session_user(uuid, bigint) TO latchkey_app;

CREATE FUNCTION latchkey.list_sessions(p_session_id uuid, p_user_id bigint)
RETURNS TABLE (outcome text, session_id uuid, created_at_ms bigint, last_used_at_ms bigint,
               expires_at_ms bigint, ip text, user_agent text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' ROWS 10
AS $$
BEGIN
  outcome := latchkey.bearer_outcome(p_session_id, p_user_id);
  IF outcome <> 'ok' THEN
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
    SELECT 'ok', s.id, latchkey.epoch_ms(s.created_at), latchkey.epoch_ms(s.last_used_at),
           latchkey.epoch_ms(s.expires_at), host(s.ip), s.user_agent
      FROM latchkey.sessions AS s
     WHERE s.user_id = p_user_id AND s.revoked_at IS NULL AND s.expires_at > now()
     ORDER BY s.created_at DESC, s.id
     LIMIT 100;
END
$$;
COMMENT ON FUNCTION latchkey.list_sessions(uuid, bigint) IS
  'The caller''s live sessions, the newest hundred; otherwise one row: ended or inactive';
GRANT EXECUTE ON FUNCTION latchkey.list_sessions(uuid, bigint) TO latchkey_app;

CREATE FUNCTION latchkey.revoke_session(
  p_session_id uuid, p_user_id bigint, p_target_session_id uuid,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  outcome := latchkey.lock_bearer(p_session_id, p_user_id);
  IF outcome <> 'ok' THEN
    RETURN;
  END IF;
  UPDATE latchkey.sessions AS s
     SET revoked_at = clock_timestamp(), revoke_reason = 'revoked'
   WHERE s.id = p_target_session_id AND s.user_id = p_user_id
     AND s.revoked_at IS NULL AND s.expires_at > now();
  IF NOT FOUND THEN
    outcome := 'not_found';
    RETURN;
  END IF;
  PERFORM latchkey.record_event('session_revoked', p_user_id, p_target_session_id, NULL,
                                p_ip, p_user_agent, p_request_id);
  outcome := 'revoked';
END
$$;
COMMENT ON FUNCTION latchkey.revoke_session(uuid, bigint, uuid, inet, text, text) IS
  'Ends one of the caller''s live sessions: revoked, not_found, ended or inactive';
GRANT EXECUTE ON FUNCTION
  latchkey.revoke_session(uuid, bigint, uuid, inet, text, text) TO latchkey_app;

COMMIT;
