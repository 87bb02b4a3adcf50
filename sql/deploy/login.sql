-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:login to pg
--
-- A login is two calls, since the hash is computed between them. What the first one read may have
-- changed by then, so the second takes the hash that was verified and compares it once more.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- Usernames hold no '@', so one argument can serve as either without doubt.
CREATE FUNCTION latchkey.login_begin(
  p_email text, p_username text,
  OUT user_id bigint, OUT password_hash text, OUT is_active boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_email CONSTANT text := CASE WHEN strpos(p_username, '@') > 0 THEN p_username ELSE p_email END;
BEGIN
  IF v_email IS NOT NULL THEN
    SELECT u.id, u.password_hash, u.is_active INTO user_id, password_hash, is_active
      FROM latchkey.users AS u WHERE lower(u.email) = lower(v_email COLLATE "C");
  ELSE
    SELECT u.id, u.password_hash, u.is_active INTO user_id, password_hash, is_active
      FROM latchkey.users AS u WHERE lower(u.username) = lower(p_username COLLATE "C");
  END IF;
END
$$;
COMMENT ON FUNCTION latchkey.login_begin(text, text) IS
  'What a login is checked against, found by email or username; all null for an unknown user';
GRANT EXECUTE ON FUNCTION latchkey.login_begin(text, text) TO latchkey_app;

CREATE FUNCTION latchkey.login_succeeded(
  p_user_id bigint, p_verified_hash text, p_new_hash text,
  p_session_id uuid, p_session_ttl_s integer,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text,
  OUT user_id bigint, OUT email text, OUT username text, OUT is_active boolean,
  OUT created_at_ms bigint, OUT updated_at_ms bigint, OUT last_login_ms bigint,
  OUT session_id uuid, OUT counter integer, OUT rotated_at_ms bigint, OUT expires_at_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_now timestamptz(3);
BEGIN
  UPDATE latchkey.users AS u
     SET last_login = clock_timestamp(),
         password_hash = CASE WHEN p_new_hash IS NULL THEN u.password_hash
                              ELSE latchkey.checked_hash(p_new_hash) END
   WHERE u.id = p_user_id AND u.is_active AND u.password_hash = p_verified_hash
  RETURNING u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
            latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login), u.last_login
       INTO user_id, email, username, is_active, created_at_ms,
            updated_at_ms, last_login_ms, v_now;

  IF NOT FOUND THEN
    -- That an account is inactive is told only to who knows its password as it is now.
    outcome := CASE WHEN EXISTS (
        SELECT FROM latchkey.users AS u
         WHERE u.id = p_user_id AND u.password_hash = p_verified_hash)
      THEN 'inactive' ELSE 'changed' END;
    PERFORM latchkey.record_event(
      'login_failed', p_user_id, NULL,
      CASE outcome WHEN 'inactive' THEN 'inactive' ELSE 'hash changed during login' END,
      p_ip, p_user_agent, p_request_id);
    RETURN;
  END IF;

  INSERT INTO latchkey.sessions AS s
         (id, user_id, created_at, rotated_at, last_used_at, expires_at, ip, user_agent)
  VALUES (p_session_id, p_user_id, v_now, v_now, v_now,
          v_now + p_session_ttl_s * interval '1 second', p_ip, left(p_user_agent, 512))
  RETURNING s.id, s.counter, latchkey.epoch_ms(s.rotated_at), latchkey.epoch_ms(s.expires_at)
       INTO session_id, counter, rotated_at_ms, expires_at_ms;
  PERFORM latchkey.record_event('logged_in', p_user_id, p_session_id, NULL,
                                p_ip, p_user_agent, p_request_id);
  outcome := 'logged_in';
END
$$;
COMMENT ON FUNCTION
  latchkey.login_succeeded(bigint, text, text, uuid, integer, inet, text, text) IS
  'A new session for who gave the right password: logged_in, inactive or changed';
GRANT EXECUTE ON FUNCTION
  latchkey.login_succeeded(bigint, text, text, uuid, integer, inet, text, text) TO latchkey_app;

CREATE FUNCTION latchkey.login_failed(
  p_user_id bigint, p_reason text, p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  PERFORM latchkey.record_event('login_failed', p_user_id, NULL, p_reason,
                                p_ip, p_user_agent, p_request_id);
  outcome := 'recorded';
END
$$;
COMMENT ON FUNCTION latchkey.login_failed(bigint, text, inet, text, text) IS
  'Audits a login that was refused; p_user_id is null when nobody has that name';
GRANT EXECUTE ON FUNCTION latchkey.login_failed(bigint, text, inet, text, text) TO latchkey_app;

COMMIT;
