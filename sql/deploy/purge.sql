-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:purge to pg
--
-- Deletes what nobody needs any more, a batch a call; the program pauses between the calls. One purge
-- at a time: an advisory lock of the connection, which goes when the connection does. Each batch asks
-- for the same lock once more, for its own transaction: a connection that was lost and opened anew
-- between two batches has lost the lock, and may meet another purge that took it.
--
-- A purge never waits for a request: a row that somebody holds is left to the next purge. So it can
-- take no part in a deadlock with functions that lock several sessions in an order of their own. A
-- request waits for a purge no longer than a batch takes, and only for a session that is over.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE FUNCTION latchkey.purge_lock_key() RETURNS bigint
LANGUAGE sql IMMUTABLE
AS $$ SELECT 7809651199139603833 $$;  -- the eight letters of "latchkey"
COMMENT ON FUNCTION latchkey.purge_lock_key() IS 'Internal: the advisory lock of a purge';

CREATE FUNCTION latchkey.purge_begin(
  p_sessions_after_s bigint, p_audit_retention_s bigint, p_actor text,
  OUT outcome text, OUT session_pages bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  IF NOT pg_try_advisory_lock(latchkey.purge_lock_key()) THEN
    outcome := 'busy';
    RETURN;
  END IF;
  PERFORM latchkey.record_admin_event(
    'purge_started', NULL, NULL,
    format('sessions_after_s=%s audit_retention_s=%s', p_sessions_after_s, p_audit_retention_s),
    p_actor);
  session_pages := pg_relation_size('latchkey.sessions')
                   / current_setting('block_size')::bigint;
  outcome := 'started';
END
$$;
COMMENT ON FUNCTION latchkey.purge_begin(bigint, bigint, text) IS
  'Takes the lock of a purge for this connection and audits it: started or busy';
GRANT EXECUTE ON FUNCTION latchkey.purge_begin(bigint, bigint, text) TO latchkey_admin;

-- A session is over when it has expired or was revoked. What makes its row worth keeping after that
-- is that tokens which name it are told as revoked, and not as unknown: so it stays at least until
-- its last refresh token has expired too, whatever the caller asks for. A live session is never
-- deleted.
CREATE FUNCTION latchkey.purge_sessions(
  p_after_s bigint, p_first_page bigint, p_pages integer,
  OUT outcome text, OUT deleted integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_cutoff CONSTANT timestamptz := now() - p_after_s * interval '1 second';
  v_from CONSTANT tid := format('(%s,0)', p_first_page)::tid;
  v_to CONSTANT tid := format('(%s,0)', p_first_page + p_pages)::tid;
  v_over uuid[];
BEGIN
  IF NOT pg_try_advisory_xact_lock(latchkey.purge_lock_key()) THEN
    outcome := 'busy';
    RETURN;
  END IF;
  IF current_setting('server_version_num')::integer >= 140000 THEN
    v_over := ARRAY(
      SELECT s.id FROM latchkey.sessions AS s
       WHERE s.ctid >= v_from AND s.ctid < v_to
         AND s.expires_at < now() AND least(s.revoked_at, s.expires_at) < v_cutoff
         FOR UPDATE SKIP LOCKED);
  ELSE
    -- PostgreSQL 13 would read the whole table for that. So it gets every place that a page of 8 KiB
    -- can have, at the price of some 10 ms a batch.
    v_over := ARRAY(
      SELECT s.id FROM latchkey.sessions AS s
       WHERE s.ctid = ANY (ARRAY(
               SELECT format('(%s,%s)', page, place)::tid
                 FROM generate_series(p_first_page, p_first_page + p_pages - 1) AS page
                CROSS JOIN generate_series(1, 291) AS place))
         AND s.expires_at < now() AND least(s.revoked_at, s.expires_at) < v_cutoff
         FOR UPDATE SKIP LOCKED);
  END IF;
  DELETE FROM latchkey.sessions AS s WHERE s.id = ANY (v_over);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  outcome := 'done';
END
$$;
COMMENT ON FUNCTION latchkey.purge_sessions(bigint, bigint, integer) IS
  'Deletes from a range of pages the sessions that have been over for so long: done or busy';
GRANT EXECUTE ON FUNCTION latchkey.purge_sessions(bigint, bigint, integer) TO latchkey_admin;

-- Ids ascend with time, so the lowest go first. `p_after_id`, where the batch before ended, spares
-- each batch the way through what the others have left dead in the index.
CREATE FUNCTION latchkey.purge_audit_events(
  p_retention_s bigint, p_after_id bigint, p_limit integer,
  OUT outcome text, OUT deleted integer, OUT last_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_cutoff CONSTANT timestamptz := now() - p_retention_s * interval '1 second';
  v_seen integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(latchkey.purge_lock_key()) THEN
    outcome := 'busy';
    RETURN;
  END IF;
  SELECT count(*), max(b.id) INTO v_seen, last_id
    FROM (SELECT a.id FROM latchkey.audit_events AS a
           WHERE a.id > p_after_id ORDER BY a.id LIMIT p_limit) AS b;
  DELETE FROM latchkey.audit_events AS a
   WHERE a.id > p_after_id AND a.id <= last_id AND a.at < v_cutoff;
  GET DIAGNOSTICS deleted = ROW_COUNT;
  -- A row young enough to keep, or the end of the table.
  outcome := CASE WHEN v_seen < p_limit OR deleted < v_seen THEN 'finished' ELSE 'done' END;
END
$$;
COMMENT ON FUNCTION latchkey.purge_audit_events(bigint, bigint, integer) IS
  'Deletes the next audit events older than that: done (there may be more), finished or busy';
GRANT EXECUTE ON FUNCTION latchkey.purge_audit_events(bigint, bigint, integer) TO latchkey_admin;

CREATE FUNCTION latchkey.purge_end(OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  outcome := CASE WHEN pg_advisory_unlock(latchkey.purge_lock_key()) THEN 'ended' ELSE 'lost' END;
END
$$;
COMMENT ON FUNCTION latchkey.purge_end() IS
  'Gives the lock of a purge back, before the connection does: ended or lost';
GRANT EXECUTE ON FUNCTION latchkey.purge_end() TO latchkey_admin;

COMMIT;
