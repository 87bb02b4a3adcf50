-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:administration to pg
--
-- What `latchkey user` calls. Other than the functions of the workers these name any user, so they
-- are granted to latchkey_admin alone. Each one that changes something says in the audit trail who
-- did it (p_actor), in the same transaction. The order of locks is that of internals: the row of the
-- user first.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- One page of users. The next one begins after the key of the last row: the id, or the name that the
-- list is sorted by. With p_match, only those who have that text in the email or the username.
CREATE FUNCTION latchkey.admin_list_users(
  p_sort text, p_after text, p_active boolean, p_match text, p_limit integer)
RETURNS TABLE (user_id bigint, email text, username text, is_active boolean,
               created_at_ms bigint, updated_at_ms bigint, last_login_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' ROWS 1000
AS $$
DECLARE
  v_match CONSTANT text COLLATE "C" := lower(p_match COLLATE "C");
  v_after CONSTANT text COLLATE "C" := lower(coalesce(p_after, '') COLLATE "C");
BEGIN
  CASE p_sort
  WHEN 'id' THEN
    RETURN QUERY
      SELECT u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
             latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login)
        FROM latchkey.users AS u
       WHERE u.id > coalesce(p_after::bigint, 0)
         AND (p_active IS NULL OR u.is_active = p_active)
         AND (v_match IS NULL OR strpos(lower(u.email), v_match) > 0
              OR strpos(lower(u.username), v_match) > 0)
       ORDER BY u.id LIMIT p_limit;
  WHEN 'email' THEN
    RETURN QUERY
      SELECT u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
             latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login)
        FROM latchkey.users AS u
       WHERE lower(u.email) > v_after
         AND (p_active IS NULL OR u.is_active = p_active)
         AND (v_match IS NULL OR strpos(lower(u.email), v_match) > 0
              OR strpos(lower(u.username), v_match) > 0)
       ORDER BY lower(u.email) LIMIT p_limit;
  WHEN 'username' THEN
    RETURN QUERY
      SELECT u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
             latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login)
        FROM latchkey.users AS u
       WHERE lower(u.username) > v_after
         AND (p_active IS NULL OR u.is_active = p_active)
         AND (v_match IS NULL OR strpos(lower(u.email), v_match) > 0
              OR strpos(lower(u.username), v_match) > 0)
       ORDER BY lower(u.username) LIMIT p_limit;
  END CASE;
END
$$;
COMMENT ON FUNCTION latchkey.admin_list_users(text, text, boolean, text, integer) IS
  'A page of users sorted by id, email or username; null = no filter, or the first page';
GRANT EXECUTE ON FUNCTION latchkey.admin_list_users(text, text, boolean, text, integer)
  TO latchkey_admin;

-- Of the hash only what stands before the salt: the scheme, and the cost of bcrypt.
CREATE FUNCTION latchkey.admin_find_user(
  p_user_id bigint, p_email text, p_username text,
  OUT user_id bigint, OUT email text, OUT username text, OUT is_active boolean,
  OUT created_at_ms bigint, OUT updated_at_ms bigint, OUT last_login_ms bigint,
  OUT password_scheme text, OUT live_sessions bigint, OUT kept_sessions bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  SELECT coalesce(
           p_user_id,
           (SELECT u.id FROM latchkey.users AS u WHERE lower(u.email) = lower(p_email COLLATE "C")),
           (SELECT u.id FROM latchkey.users AS u
             WHERE lower(u.username) = lower(p_username COLLATE "C")))
    INTO user_id;
  SELECT u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
         latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login),
         coalesce(substring(u.password_hash from '^(\$2[a-z]\$[0-9]{2}|\$[a-z0-9-]{1,16})\$'), '?')
    INTO user_id, email, username, is_active, created_at_ms, updated_at_ms, last_login_ms,
         password_scheme
    FROM latchkey.users AS u WHERE u.id = user_id;
  SELECT count(*) FILTER (WHERE s.revoked_at IS NULL AND s.expires_at > now()), count(*)
    INTO live_sessions, kept_sessions
    FROM latchkey.sessions AS s WHERE s.user_id = admin_find_user.user_id;
END
$$;
COMMENT ON FUNCTION latchkey.admin_find_user(bigint, text, text) IS
  'One user, by the id or else one of the names; all null if there is none';
GRANT EXECUTE ON FUNCTION latchkey.admin_find_user(bigint, text, text) TO latchkey_admin;

CREATE FUNCTION latchkey.admin_create_user(
  p_email text, p_username text, p_password_hash text, p_actor text,
  OUT outcome text, OUT user_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_constraint text;
BEGIN
  BEGIN
    INSERT INTO latchkey.users AS u (email, username, password_hash)
    VALUES (p_email, p_username, latchkey.checked_hash(p_password_hash))
        ON CONFLICT DO NOTHING
    RETURNING u.id INTO user_id;
  EXCEPTION WHEN check_violation THEN
    -- Raised again by its name only: the original quotes the row.
    GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
    RAISE check_violation USING MESSAGE = 'a new user breaks a constraint',
                                CONSTRAINT = v_constraint;
  END;
  IF user_id IS NULL THEN
    SELECT CASE WHEN t.email_taken THEN 'email_taken' ELSE 'username_taken' END INTO outcome
      FROM latchkey.login_names_taken(p_email, p_username) AS t;
    RETURN;
  END IF;
  PERFORM latchkey.record_admin_event('user_created', user_id, NULL, NULL, p_actor);
  outcome := 'created';
END
$$;
COMMENT ON FUNCTION latchkey.admin_create_user(text, text, text, text) IS
  'A new user without a session: created, email_taken or username_taken';
GRANT EXECUTE ON FUNCTION latchkey.admin_create_user(text, text, text, text) TO latchkey_admin;

CREATE FUNCTION latchkey.admin_set_active(
  p_user_id bigint, p_active boolean, p_actor text,
  OUT outcome text, OUT ended_sessions integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_was_active boolean;
BEGIN
  SELECT u.is_active INTO v_was_active
    FROM latchkey.users AS u WHERE u.id = p_user_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcome := 'not_found';
    RETURN;
  END IF;
  IF v_was_active = p_active THEN
    outcome := 'unchanged';
    RETURN;
  END IF;
  UPDATE latchkey.users AS u
     SET is_active = p_active, updated_at = clock_timestamp() WHERE u.id = p_user_id;
  IF p_active THEN
    PERFORM latchkey.record_admin_event('user_activated', p_user_id, NULL, NULL, p_actor);
  ELSE
    ended_sessions := latchkey.end_sessions(p_user_id, 'deactivated', NULL);
    PERFORM latchkey.record_admin_event('user_deactivated', p_user_id, NULL,
                                        format('sessions=%s', ended_sessions), p_actor);
  END IF;
  outcome := 'changed';
END
$$;
COMMENT ON FUNCTION latchkey.admin_set_active(bigint, boolean, text) IS
  'Activates a user, or deactivates one and ends every session: changed, unchanged or not_found';
GRANT EXECUTE ON FUNCTION latchkey.admin_set_active(bigint, boolean, text) TO latchkey_admin;

CREATE FUNCTION latchkey.admin_reset_password(
  p_user_id bigint, p_new_hash text, p_actor text,
  OUT outcome text, OUT ended_sessions integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  UPDATE latchkey.users AS u
     SET password_hash = latchkey.checked_hash(p_new_hash), updated_at = clock_timestamp()
   WHERE u.id = p_user_id;
  IF NOT FOUND THEN
    outcome := 'not_found';
    RETURN;
  END IF;
  ended_sessions := latchkey.end_sessions(p_user_id, 'password_changed', NULL);
  PERFORM latchkey.record_admin_event('password_reset', p_user_id, NULL,
                                      format('sessions=%s', ended_sessions), p_actor);
  outcome := 'reset';
END
$$;
COMMENT ON FUNCTION latchkey.admin_reset_password(bigint, text, text) IS
  'Stores a new hash and ends every session: reset or not_found';
GRANT EXECUTE ON FUNCTION latchkey.admin_reset_password(bigint, text, text) TO latchkey_admin;

CREATE FUNCTION latchkey.admin_list_sessions(p_user_id bigint, p_limit integer)
RETURNS TABLE (session_id uuid, created_at_ms bigint, last_used_at_ms bigint,
               expires_at_ms bigint, ip text, user_agent text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' ROWS 10
AS $$
BEGIN
  RETURN QUERY
    SELECT s.id, latchkey.epoch_ms(s.created_at), latchkey.epoch_ms(s.last_used_at),
           latchkey.epoch_ms(s.expires_at), host(s.ip), s.user_agent
      FROM latchkey.sessions AS s
     WHERE s.user_id = p_user_id AND s.revoked_at IS NULL AND s.expires_at > now()
     ORDER BY s.created_at DESC, s.id
     LIMIT p_limit;
END
$$;
COMMENT ON FUNCTION latchkey.admin_list_sessions(bigint, integer) IS
  'The live sessions of a user, the newest first';
GRANT EXECUTE ON FUNCTION latchkey.admin_list_sessions(bigint, integer) TO latchkey_admin;

CREATE FUNCTION latchkey.admin_revoke_session(
  p_session_id uuid, p_user_id bigint, p_actor text, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  UPDATE latchkey.sessions AS s
     SET revoked_at = clock_timestamp(), revoke_reason = 'revoked'
   WHERE s.id = p_session_id AND s.user_id = p_user_id
     AND s.revoked_at IS NULL AND s.expires_at > now();
  IF NOT FOUND THEN
    outcome := 'not_found';
    RETURN;
  END IF;
  PERFORM latchkey.record_admin_event('session_revoked', p_user_id, p_session_id, NULL, p_actor);
  outcome := 'revoked';
END
$$;
COMMENT ON FUNCTION latchkey.admin_revoke_session(uuid, bigint, text) IS
  'Ends one live session of a user: revoked or not_found';
GRANT EXECUTE ON FUNCTION latchkey.admin_revoke_session(uuid, bigint, text) TO latchkey_admin;

CREATE FUNCTION latchkey.admin_revoke_sessions(
  p_user_id bigint, p_actor text, OUT outcome text, OUT ended_sessions integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  PERFORM FROM latchkey.users AS u WHERE u.id = p_user_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcome := 'not_found';
    RETURN;
  END IF;
  ended_sessions := latchkey.end_sessions(p_user_id, 'revoked', NULL);
  PERFORM latchkey.record_admin_event('sessions_revoked', p_user_id, NULL,
                                      format('sessions=%s', ended_sessions), p_actor);
  outcome := 'revoked';
END
$$;
COMMENT ON FUNCTION latchkey.admin_revoke_sessions(bigint, text) IS
  'Ends every session of a user: revoked or not_found';
GRANT EXECUTE ON FUNCTION latchkey.admin_revoke_sessions(bigint, text) TO latchkey_admin;

COMMIT;
