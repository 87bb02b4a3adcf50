-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:account to pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- The names are looked up first, so that two users who want each other's names are refused instead
-- of waiting for each other. What that look misses, the unique indexes catch.
CREATE FUNCTION latchkey.update_user(
  p_session_id uuid, p_user_id bigint, p_email text, p_username text,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text,
  OUT user_id bigint, OUT email text, OUT username text, OUT is_active boolean,
  OUT created_at_ms bigint, OUT updated_at_ms bigint, OUT last_login_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_constraint text;
BEGIN
  outcome := latchkey.lock_bearer(p_session_id, p_user_id);
  IF outcome <> 'ok' THEN
    RETURN;
  END IF;

  IF EXISTS (SELECT FROM latchkey.users AS u
              WHERE lower(u.email) = lower(p_email COLLATE "C") AND u.id <> p_user_id) THEN
    outcome := 'email_taken';
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM latchkey.users AS u
              WHERE lower(u.username) = lower(p_username COLLATE "C") AND u.id <> p_user_id) THEN
    outcome := 'username_taken';
    RETURN;
  END IF;

  BEGIN
    UPDATE latchkey.users AS u
       SET email = coalesce(p_email, u.email), username = coalesce(p_username, u.username),
           updated_at = clock_timestamp()
     WHERE u.id = p_user_id
       AND (u.email, u.username)
           IS DISTINCT FROM (coalesce(p_email, u.email), coalesce(p_username, u.username))
    RETURNING 'updated', u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
              latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login)
         INTO outcome, user_id, email, username, is_active, created_at_ms,
              updated_at_ms, last_login_ms;
    outcome := coalesce(outcome, 'unchanged');
  EXCEPTION WHEN unique_violation OR check_violation THEN
    GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
    CASE v_constraint
      WHEN 'users_email_key' THEN outcome := 'email_taken';
      WHEN 'users_username_key' THEN outcome := 'username_taken';
      ELSE
        -- Raised again by its name only: the original quotes the row.
        RAISE check_violation USING MESSAGE = 'a changed user breaks a constraint',
                                    CONSTRAINT = v_constraint;
    END CASE;
    RETURN;
  END;

  -- The names that the user already has: nothing happened, so nothing is written or audited.
  IF outcome <> 'updated' THEN
    SELECT 'updated', u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
           latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login)
      INTO outcome, user_id, email, username, is_active, created_at_ms,
           updated_at_ms, last_login_ms
      FROM latchkey.users AS u
     WHERE u.id = p_user_id;
    RETURN;
  END IF;

  PERFORM latchkey.record_event(
    'user_updated', p_user_id, p_session_id,
    concat_ws(',', CASE WHEN p_email IS NOT NULL THEN 'email' END,
                   CASE WHEN p_username IS NOT NULL THEN 'username' END),
    p_ip, p_user_agent, p_request_id);
END
$$;
COMMENT ON FUNCTION latchkey.update_user(uuid, bigint, text, text, inet, text, text) IS
  'Changes email and username (null = keep): updated, email_taken, username_taken, ended, inactive';
GRANT EXECUTE ON FUNCTION
  latchkey.update_user(uuid, bigint, text, text, inet, text, text) TO latchkey_app;

CREATE FUNCTION latchkey.deactivate_user(
  p_session_id uuid, p_user_id bigint, p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  outcome := latchkey.lock_bearer(p_session_id, p_user_id);
  IF outcome <> 'ok' THEN
    RETURN;
  END IF;
  UPDATE latchkey.users AS u
     SET is_active = false, updated_at = clock_timestamp()
   WHERE u.id = p_user_id;
  PERFORM latchkey.end_sessions(p_user_id, 'deactivated', NULL);
  PERFORM latchkey.record_event('user_deactivated', p_user_id, p_session_id, NULL,
                                p_ip, p_user_agent, p_request_id);
  outcome := 'deactivated';
END
$$;
COMMENT ON FUNCTION latchkey.deactivate_user(uuid, bigint, inet, text, text) IS
  'Deactivates the caller and ends every session: deactivated, ended or inactive';
GRANT EXECUTE ON FUNCTION latchkey.deactivate_user(uuid, bigint, inet, text, text) TO latchkey_app;

COMMIT;
