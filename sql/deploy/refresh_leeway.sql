-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:refresh_leeway to pg
--
-- The leeway for a token just used is a stretch of time around the rotation. The first version of
-- this function bounded it on one side only, so that a clock which was set back made it last until
-- the clock had come to the rotation again. Otherwise the function is as `refresh` made it.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE OR REPLACE FUNCTION latchkey.refresh_session(
  p_session_id uuid, p_user_id bigint, p_counter integer,
  p_leeway_ms integer, p_session_ttl_s integer,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text,
  OUT user_id bigint, OUT email text, OUT username text, OUT is_active boolean,
  OUT created_at_ms bigint, OUT updated_at_ms bigint, OUT last_login_ms bigint,
  OUT session_id uuid, OUT counter integer, OUT rotated_at_ms bigint, OUT expires_at_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  -- The moment of arrival, for all comparisons. Good enough to be written too: this call writes
  -- only if nobody rotated while it waited, so rotated_at never goes back.
  v_now CONSTANT timestamptz(3) := clock_timestamp();
BEGIN
  UPDATE latchkey.sessions AS s
     SET counter = s.counter + 1, rotated_at = v_now, last_used_at = v_now,
         expires_at = v_now + p_session_ttl_s * interval '1 second',
         ip = p_ip, user_agent = left(p_user_agent, 512)
    FROM latchkey.users AS u
   WHERE s.id = p_session_id AND s.user_id = p_user_id AND s.counter = p_counter
     AND s.revoked_at IS NULL AND s.expires_at > v_now
     AND u.id = s.user_id AND u.is_active
  RETURNING 'rotated', u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
            latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login),
            s.id, s.counter, latchkey.epoch_ms(s.rotated_at), latchkey.epoch_ms(s.expires_at)
       INTO outcome, user_id, email, username, is_active, created_at_ms,
            updated_at_ms, last_login_ms,
            session_id, counter, rotated_at_ms, expires_at_ms;
  IF FOUND THEN
    RETURN;
  END IF;

  SELECT CASE
           WHEN s.revoked_at IS NOT NULL THEN 'revoked'
           WHEN s.expires_at <= v_now THEN 'expired'
           WHEN (p_counter BETWEEN 0 AND s.counter) IS NOT TRUE THEN 'unknown'
           -- With an equal counter it was the user's state that stopped the UPDATE.
           WHEN NOT u.is_active OR s.counter = p_counter THEN 'inactive'
           -- Both sides: v_now is the moment of arrival, which may be before the rotation of
           -- another call, and a clock that was set back must not stretch the leeway.
           WHEN s.counter - 1 = p_counter AND p_leeway_ms > 0
                AND v_now < s.rotated_at + p_leeway_ms * interval '1 millisecond'
                AND v_now > s.rotated_at - p_leeway_ms * interval '1 millisecond' THEN 'repeated'
           ELSE 'reused'
         END
    INTO outcome
    FROM latchkey.sessions AS s
    JOIN latchkey.users AS u ON u.id = s.user_id
   WHERE s.id = p_session_id AND s.user_id = p_user_id;

  IF outcome = 'repeated' THEN
    SELECT u.id, u.email, u.username, u.is_active, latchkey.epoch_ms(u.created_at),
           latchkey.epoch_ms(u.updated_at), latchkey.epoch_ms(u.last_login),
           s.id, s.counter, latchkey.epoch_ms(s.rotated_at), latchkey.epoch_ms(s.expires_at)
      INTO user_id, email, username, is_active, created_at_ms,
           updated_at_ms, last_login_ms,
           session_id, counter, rotated_at_ms, expires_at_ms
      FROM latchkey.sessions AS s
      JOIN latchkey.users AS u ON u.id = s.user_id
     WHERE s.id = p_session_id;
  ELSIF outcome = 'reused' THEN
    UPDATE latchkey.sessions AS s
       SET revoked_at = clock_timestamp(), revoke_reason = 'reused'
     WHERE s.id = p_session_id AND s.revoked_at IS NULL;
    IF FOUND THEN
      PERFORM latchkey.record_event('refresh_reused', p_user_id, p_session_id, NULL,
                                    p_ip, p_user_agent, p_request_id);
    ELSE
      outcome := 'revoked';  -- Somebody else ended it first.
    END IF;
  ELSE
    outcome := coalesce(outcome, 'unknown');
  END IF;
END
$$;

COMMIT;
