-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:login_addresses from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- The function as `registration` made it.
CREATE OR REPLACE FUNCTION latchkey.register_user(
  p_email text, p_username text, p_password_hash text,
  p_session_id uuid, p_session_ttl_s integer,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text,
  OUT user_id bigint, OUT email text, OUT username text, OUT is_active boolean,
  OUT created_at_ms bigint, OUT updated_at_ms bigint, OUT last_login_ms bigint,
  OUT session_id uuid, OUT counter integer, OUT rotated_at_ms bigint, OUT expires_at_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_now CONSTANT timestamptz(3) := clock_timestamp();
  v_constraint text;
BEGIN
  -- Once is enough, unless the name that was in the way has been given up in between.
  FOR v_attempt IN 1..3 LOOP
    BEGIN
      INSERT INTO latchkey.users AS u
             (email, username, password_hash, created_at, updated_at, last_login)
      VALUES (p_email, p_username, latchkey.checked_hash(p_password_hash), v_now, v_now, v_now)
          ON CONFLICT DO NOTHING
      RETURNING u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
                latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login)
           INTO user_id, email, username, is_active, created_at_ms,
                updated_at_ms, last_login_ms;
    EXCEPTION WHEN check_violation THEN
      -- Raised again by its name only: the original quotes the row.
      GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
      RAISE check_violation USING MESSAGE = 'a new user breaks a constraint',
                                  CONSTRAINT = v_constraint;
    END;

    IF user_id IS NOT NULL THEN
      INSERT INTO latchkey.sessions AS s
             (id, user_id, created_at, rotated_at, last_used_at, expires_at, ip, user_agent)
      VALUES (p_session_id, user_id, v_now, v_now, v_now,
              v_now + p_session_ttl_s * interval '1 second', p_ip, left(p_user_agent, 512))
      RETURNING s.id, s.counter, latchkey.epoch_ms(s.rotated_at), latchkey.epoch_ms(s.expires_at)
           INTO session_id, counter, rotated_at_ms, expires_at_ms;
      PERFORM latchkey.record_event('registered', user_id, session_id, NULL,
                                    p_ip, p_user_agent, p_request_id);
      outcome := 'registered';
      RETURN;
    END IF;

    SELECT CASE WHEN t.email_taken THEN 'email_taken'
                WHEN t.username_taken THEN 'username_taken' END
      INTO outcome
      FROM latchkey.login_names_taken(p_email, p_username) AS t;
    IF outcome IS NOT NULL THEN
      RETURN;
    END IF;
  END LOOP;
  RAISE serialization_failure USING MESSAGE = 'a name was taken and given up again three times';
END
$$;

DROP FUNCTION latchkey.remember_address(bigint, inet);
DROP FUNCTION latchkey.network_of(inet);
DROP TABLE latchkey.login_addresses;

COMMIT;
