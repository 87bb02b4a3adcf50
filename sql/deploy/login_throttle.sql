-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:login_throttle to pg
--
-- What makes guessing slow: attempts are counted before the password is checked, for each name that
-- is typed, and the next one has to wait the longer the more there were. It is kept here because it
-- must be the same for every worker and survive all of them. The numbers come with each call, since
-- they are settings of the workers.
--
-- Order of locks: a row of login_throttle is locked last, and only one by any transaction but a
-- purge, which waits for none.
--
-- The counts are of no use to anybody who restores the database, and may be deleted at any time.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE TABLE latchkey.login_throttle (
  key                 bytea NOT NULL,
  last_at             timestamptz NOT NULL,
  attempts            integer NOT NULL,
  is_refusal_recorded boolean NOT NULL DEFAULT false,

  CONSTRAINT login_throttle_pkey PRIMARY KEY (key),
  CONSTRAINT login_throttle_key_check CHECK (octet_length(key) = 32),
  CONSTRAINT login_throttle_attempts_check CHECK (attempts > 0)
)
-- An attempt that is counted writes the row anew, on the same page (a HOT update): so no index but
-- that of the key, and room for new versions. Vacuum sooner than the default, since rows go as soon
-- as the right password comes.
WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

COMMENT ON TABLE latchkey.login_throttle IS
  'Attempts at passwords since the last right one, by what they are counted for';
COMMENT ON COLUMN latchkey.login_throttle.key IS
  'See throttle_key: what was typed is not kept, since people type passwords there';
COMMENT ON COLUMN latchkey.login_throttle.last_at IS
  'When the last attempt was counted, not rounded: that of an attempt a moment ago is never ahead';
COMMENT ON COLUMN latchkey.login_throttle.attempts IS
  'How many were counted since they were last forgotten';
COMMENT ON COLUMN latchkey.login_throttle.is_refusal_recorded IS
  'Whether an attempt was refused, and audited, since the last one that was counted';

-- What attempts are counted for: an 'email' or a 'username' as it was typed, whether anybody has it
-- or not; the same with 'home' before it and a network behind, for a user who has logged in from
-- there; a user, for 'password', who changes it.
CREATE FUNCTION latchkey.throttle_key(p_kind text, p_subject text) RETURNS bytea
LANGUAGE sql STABLE
AS $$ SELECT sha256(convert_to(p_kind || ' ' || p_subject, 'UTF8')) $$;
COMMENT ON FUNCTION latchkey.throttle_key(text, text) IS
  'Internal: the key of what attempts are counted for; null for null';

-- Nothing for the first `p_free` attempts, then a second after the last one counted, doubled by
-- each that follows. A row from the future (the clock was set back) blocks nobody: so a block never
-- lasts longer than its delay. To be called with the row locked, since it asks the clock.
CREATE FUNCTION latchkey.throttle_wait_ms(
  p_attempts integer, p_last_at timestamptz, p_free integer, p_max_delay_s integer) RETURNS bigint
LANGUAGE plpgsql SET search_path = ''
AS $$
DECLARE
  v_delay_ms CONSTANT double precision :=
    1000 * CASE WHEN p_attempts < p_free THEN 0
                ELSE least(p_max_delay_s, power(2, least(p_attempts - p_free, 30))) END;
  v_elapsed_ms CONSTANT double precision :=
    1000 * date_part('epoch', clock_timestamp() - p_last_at);
BEGIN
  RETURN CASE WHEN v_elapsed_ms >= 0 THEN greatest(0, ceil(v_delay_ms - v_elapsed_ms)) ELSE 0 END;
END
$$;
COMMENT ON FUNCTION latchkey.throttle_wait_ms(integer, timestamptz, integer, integer) IS
  'Internal: how long the next attempt has to wait; 0 = not at all';

-- The one place where an attempt is counted. With p_free it is counted unless it came too soon,
-- which is decided with the row locked: of any number of attempts at once no more get through than
-- are free. Without p_free it is counted in any case.
CREATE FUNCTION latchkey.throttle_count(
  p_key bytea, p_free integer, p_max_delay_s integer, p_reset_s integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = ''
AS $$
BEGIN
  INSERT INTO latchkey.login_throttle AS t (key, last_at, attempts)
  VALUES (p_key, clock_timestamp(), 1)
      ON CONFLICT (key) DO UPDATE
         SET attempts = CASE WHEN clock_timestamp() - t.last_at >= p_reset_s * interval '1 second'
                             THEN 1 ELSE t.attempts + 1 END,
             last_at = clock_timestamp(),
             is_refusal_recorded = false
       WHERE p_free IS NULL
          OR latchkey.throttle_wait_ms(t.attempts, t.last_at, p_free, p_max_delay_s) = 0;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION latchkey.throttle_count(bytea, integer, integer, integer) IS
  'Internal: counts an attempt; false if it came too soon';

-- Most of what comes too soon is found by a look, which locks and writes nothing: an attacker in a
-- hurry costs little. The first one that is refused since the last one counted is marked, since the
-- caller audits that one and no other: the rows of an attack are few.
CREATE FUNCTION latchkey.throttle_claim(
  p_key bytea, p_counts boolean, p_free integer, p_max_delay_s integer, p_reset_s integer,
  OUT wait_ms bigint, OUT is_first_refusal boolean)
LANGUAGE plpgsql SET search_path = ''
AS $$
DECLARE
  v_is_recorded boolean;
BEGIN
  is_first_refusal := false;
  FOR v_look IN 1..2 LOOP
    SELECT latchkey.throttle_wait_ms(t.attempts, t.last_at, p_free, p_max_delay_s),
           t.is_refusal_recorded
      INTO wait_ms, v_is_recorded
      FROM latchkey.login_throttle AS t WHERE t.key = p_key;
    EXIT WHEN wait_ms > 0;
    IF NOT p_counts OR latchkey.throttle_count(p_key, p_free, p_max_delay_s, p_reset_s) THEN
      wait_ms := 0;
      RETURN;
    END IF;
    -- Another attempt was counted between the look and the lock: look again.
  END LOOP;
  wait_ms := greatest(coalesce(wait_ms, 0), 1);
  IF NOT v_is_recorded THEN
    UPDATE latchkey.login_throttle AS t SET is_refusal_recorded = true
     WHERE t.key = p_key AND NOT t.is_refusal_recorded;
    is_first_refusal := FOUND;
  END IF;
END
$$;
COMMENT ON FUNCTION latchkey.throttle_claim(bytea, boolean, integer, integer, integer) IS
  'Internal: lets an attempt go on, which counts it if p_counts, or says how long it has to wait';

COMMIT;
