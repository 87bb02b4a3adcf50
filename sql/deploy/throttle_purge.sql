-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:throttle_purge to pg
--
-- What `latchkey purge` deletes of login_throttle and login_addresses, by the rules of `purge`: a
-- batch a call, under the same lock, and never waiting for a request.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- Attempts that would be forgotten anyhow. `p_after_key`, where the batch before ended, leads
-- through the table by its key, a batch at a time; null begins.
CREATE FUNCTION latchkey.purge_throttle(
  p_forgotten_s bigint, p_after_key bytea, p_limit integer,
  OUT outcome text, OUT deleted integer, OUT last_key bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_cutoff CONSTANT timestamptz := now() - p_forgotten_s * interval '1 second';
  v_seen integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(latchkey.purge_lock_key()) THEN
    outcome := 'busy';
    RETURN;
  END IF;
  SELECT count(*), (array_agg(b.key ORDER BY b.key DESC))[1] INTO v_seen, last_key
    FROM (SELECT t.key FROM latchkey.login_throttle AS t
           WHERE t.key > coalesce(p_after_key, '') ORDER BY t.key LIMIT p_limit) AS b;
  DELETE FROM latchkey.login_throttle AS t
   WHERE t.key IN (SELECT o.key FROM latchkey.login_throttle AS o
                    WHERE o.key > coalesce(p_after_key, '') AND o.key <= last_key
                      AND o.last_at < v_cutoff
                      FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  outcome := CASE WHEN v_seen < p_limit THEN 'finished' ELSE 'done' END;
END
$$;
COMMENT ON FUNCTION latchkey.purge_throttle(bigint, bytea, integer) IS
  'Deletes what of the next rows was forgotten that long ago: done (go on), finished or busy';
GRANT EXECUTE ON FUNCTION latchkey.purge_throttle(bigint, bytea, integer) TO latchkey_admin;

-- Networks that a user has not logged in from for so long, from the next users on. A batch ends
-- with a whole user, of whom there are at most 32 rows.
CREATE FUNCTION latchkey.purge_addresses(
  p_unused_s bigint, p_after_user_id bigint, p_limit integer,
  OUT outcome text, OUT deleted integer, OUT last_user_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  v_cutoff CONSTANT timestamptz := now() - p_unused_s * interval '1 second';
  v_seen integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(latchkey.purge_lock_key()) THEN
    outcome := 'busy';
    RETURN;
  END IF;
  SELECT count(*), max(b.user_id) INTO v_seen, last_user_id
    FROM (SELECT a.user_id FROM latchkey.login_addresses AS a
           WHERE a.user_id > p_after_user_id ORDER BY a.user_id LIMIT p_limit) AS b;
  DELETE FROM latchkey.login_addresses AS a
   WHERE (a.user_id, a.network) IN (
           SELECT o.user_id, o.network FROM latchkey.login_addresses AS o
            WHERE o.user_id > p_after_user_id AND o.user_id <= last_user_id
              AND o.last_success < v_cutoff
              FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  outcome := CASE WHEN v_seen < p_limit THEN 'finished' ELSE 'done' END;
END
$$;
COMMENT ON FUNCTION latchkey.purge_addresses(bigint, bigint, integer) IS
  'Deletes what of the next rows was unused for that long: done (go on), finished or busy';
GRANT EXECUTE ON FUNCTION latchkey.purge_addresses(bigint, bigint, integer) TO latchkey_admin;

COMMIT;
