-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:internals to pg
--
-- What the functions of the interface share. Nothing here is granted to anybody: these run inside
-- those, as latchkey_owner.
--
-- Rules for every function that writes, here and in later changes:
--
-- * Order of locks: the row of users first, then rows of sessions. A function that ends several
--   sessions of a user holds the user's row, so two of them never meet halfway. A function that
--   touches one session only (refresh, logout) locks that row and asks for nothing after it. No
--   function locks rows of two users.
-- * Isolation is read committed: after a wait, UPDATE looks at its WHERE again with the row as it
--   is then, and the next statement sees what was committed meanwhile. So: lock, then look, then
--   write.
-- * Times written come from clock_timestamp(), since now() is older than the wait for a lock.
--   Whether a session has expired is judged by now(), the arrival of the request.
-- * What went wrong is told by an outcome. An exception is a bug, and carries no value of the
--   user's.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- Times cross to the program as milliseconds since 1970; columns hold no finer ones. As plain SQL
-- without SET it is inlined into the statement that calls it.
CREATE FUNCTION latchkey.epoch_ms(p_at timestamptz) RETURNS bigint
LANGUAGE sql STABLE
AS $$ SELECT (date_part('epoch', p_at) * 1000)::bigint $$;
COMMENT ON FUNCTION latchkey.epoch_ms(timestamptz) IS
  'Internal: milliseconds since 1970-01-01T00:00:00Z';

-- The last look at a hash before it is stored: crypt(3) answers "*0" or "*1" when it fails. Raised
-- here because the error of a table constraint would quote the whole row to the client.
CREATE FUNCTION latchkey.checked_hash(p_hash text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = ''
AS $$
BEGIN
  IF (octet_length(p_hash) BETWEEN 1 AND 512 AND p_hash NOT LIKE '*%') IS NOT TRUE THEN
    RAISE check_violation
      USING MESSAGE = 'a password hash is null, empty, too long or a mark of failure';
  END IF;
  RETURN p_hash;
END
$$;
COMMENT ON FUNCTION latchkey.checked_hash(text) IS
  'Internal: its argument, if it may be stored as a password hash; else an exception without it';

CREATE FUNCTION latchkey.record_event(
  p_event text, p_user_id bigint, p_session_id uuid, p_detail text,
  p_ip inet, p_user_agent text, p_request_id text) RETURNS void
LANGUAGE plpgsql SET search_path = ''
AS $$
BEGIN
  INSERT INTO latchkey.audit_events
         (event, user_id, session_id, detail, ip, user_agent, request_id)
  VALUES (p_event, p_user_id, p_session_id, left(p_detail, 200),
          p_ip, left(p_user_agent, 512), left(p_request_id, 64));
END
$$;
COMMENT ON FUNCTION latchkey.record_event(text, bigint, uuid, text, inet, text, text) IS
  'Internal: writes one audit event, long texts cut';

-- A caller that will write must hold the lock on the user's row before it asks.
CREATE FUNCTION latchkey.bearer_outcome(p_session_id uuid, p_user_id bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = ''
AS $$
DECLARE
  v_active boolean;
BEGIN
  SELECT u.is_active INTO v_active
    FROM latchkey.sessions AS s
    JOIN latchkey.users AS u ON u.id = s.user_id
   WHERE s.id = p_session_id AND s.user_id = p_user_id
     AND s.revoked_at IS NULL AND s.expires_at > now();
  RETURN CASE WHEN v_active THEN 'ok' WHEN NOT v_active THEN 'inactive' ELSE 'ended' END;
END
$$;
COMMENT ON FUNCTION latchkey.bearer_outcome(uuid, bigint) IS
  'Internal: whether an access token still stands for somebody: ok, inactive or ended';

CREATE FUNCTION latchkey.lock_bearer(p_session_id uuid, p_user_id bigint) RETURNS text
LANGUAGE plpgsql SET search_path = ''
AS $$
BEGIN
  PERFORM FROM latchkey.users AS u WHERE u.id = p_user_id FOR NO KEY UPDATE;
  RETURN latchkey.bearer_outcome(p_session_id, p_user_id);
END
$$;
COMMENT ON FUNCTION latchkey.lock_bearer(uuid, bigint) IS
  'Internal: bearer_outcome, with the row of the user locked until the transaction ends';

-- Expired sessions are marked too, though not counted: one that expires at this very moment could
-- otherwise be prolonged by a refresh that came just before.
CREATE FUNCTION latchkey.end_sessions(p_user_id bigint, p_reason text, p_except uuid)
RETURNS integer
LANGUAGE plpgsql SET search_path = ''
AS $$
DECLARE
  v_live integer;
BEGIN
  WITH ended AS (
    UPDATE latchkey.sessions AS s
       SET revoked_at = clock_timestamp(), revoke_reason = p_reason
     WHERE s.user_id = p_user_id AND s.revoked_at IS NULL AND s.id IS DISTINCT FROM p_except
    RETURNING s.expires_at
  )
  SELECT count(*) FILTER (WHERE ended.expires_at > now()) INTO v_live FROM ended;
  RETURN v_live;
END
$$;
COMMENT ON FUNCTION latchkey.end_sessions(bigint, text, uuid) IS
  'Internal: revokes all sessions of a user but one (or none); how many of them were live';

COMMIT;
