-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:login_attempts to pg
--
-- Login with a throttle: as `login` two calls, since the hash is computed between them. Programs of
-- before go on with login_begin, login_succeeded and login_failed, which count nothing.
--
-- A stranger cannot tell a name that exists from one that does not: both are counted by what was
-- typed. The email and the username of one user are counted apart, since counting them together
-- would tell that they belong together. Nor can a stranger lock a user out: a login from where the
-- user has logged in before has a count of its own.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- Where p_free is null there is no throttle. `retry_after_ms` is null for an attempt that may go
-- on; for one that came too soon everything else is. `bucket` is the key that the attempt belongs
-- to, and `is_counted` says whether it is counted there already: what comes from a place that the
-- user is known at is counted when it fails, so that many right logins at once are no attack. The
-- number of those at once has its bound in nginx.
CREATE FUNCTION latchkey.login_attempt(
  p_email text, p_username text,
  p_free integer, p_max_delay_s integer, p_reset_s integer,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT retry_after_ms bigint, OUT bucket bytea, OUT is_counted boolean,
  OUT user_id bigint, OUT password_hash text, OUT is_active boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
  -- Usernames hold no '@', so one argument can serve as either without doubt.
  v_email CONSTANT text := CASE WHEN strpos(p_username, '@') > 0 THEN p_username ELSE p_email END;
  v_kind CONSTANT text := CASE WHEN v_email IS NOT NULL THEN 'email' ELSE 'username' END;
  v_name CONSTANT text := lower(coalesce(v_email, p_username) COLLATE "C");
  v_network CONSTANT cidr := latchkey.network_of(p_ip);
  v_is_home boolean;
  v_is_first_refusal boolean;
BEGIN
  IF v_email IS NOT NULL THEN
    SELECT u.id, u.password_hash, u.is_active INTO user_id, password_hash, is_active
      FROM latchkey.users AS u WHERE lower(u.email) = v_name COLLATE "C";
  ELSE
    SELECT u.id, u.password_hash, u.is_active INTO user_id, password_hash, is_active
      FROM latchkey.users AS u WHERE lower(u.username) = v_name COLLATE "C";
  END IF;
  IF p_free IS NULL THEN
    RETURN;
  END IF;

  -- Looked up for nobody too: a name that does not exist takes no less time.
  v_is_home := EXISTS (
    SELECT FROM latchkey.login_addresses AS a
     WHERE a.user_id = coalesce(login_attempt.user_id, 0) AND a.network = v_network);
  is_counted := NOT v_is_home;
  bucket := CASE WHEN v_is_home THEN latchkey.throttle_key('home ' || v_kind,
                                                           v_name || ' ' || v_network)
                 ELSE latchkey.throttle_key(v_kind, v_name) END;
  SELECT nullif(c.wait_ms, 0), c.is_first_refusal INTO retry_after_ms, v_is_first_refusal
    FROM latchkey.throttle_claim(bucket, is_counted, p_free, p_max_delay_s, p_reset_s) AS c;
  IF retry_after_ms IS NULL THEN
    RETURN;
  END IF;
  IF v_is_first_refusal THEN
    PERFORM latchkey.record_event('login_throttled', user_id, NULL,
                                  CASE WHEN v_is_home THEN 'known address' ELSE 'name' END,
                                  p_ip, p_user_agent, p_request_id);
  END IF;
  bucket := NULL;
  is_counted := NULL;
  user_id := NULL;
  password_hash := NULL;
  is_active := NULL;
END
$$;
COMMENT ON FUNCTION
  latchkey.login_attempt(text, text, integer, integer, integer, inet, text, text) IS
  'What a login is checked against, or how long it has to wait; no user_id for an unknown user';
GRANT EXECUTE ON FUNCTION
  latchkey.login_attempt(text, text, integer, integer, integer, inet, text, text) TO latchkey_app;

-- As login_succeeded, and more: the attempts of the bucket are forgotten, and the address is one
-- that the user is known at. Where the hash is no longer the one that was verified, the one of now
-- is given (null if there is none any more), so that the caller can verify it without a further
-- attempt; what becomes of that is audited, and not this.
CREATE FUNCTION latchkey.login_accepted(
  p_user_id bigint, p_verified_hash text, p_new_hash text, p_bucket bytea,
  p_session_id uuid, p_session_ttl_s integer,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text,
  OUT user_id bigint, OUT email text, OUT username text, OUT is_active boolean,
  OUT created_at_ms bigint, OUT updated_at_ms bigint, OUT last_login_ms bigint,
  OUT session_id uuid, OUT counter integer, OUT rotated_at_ms bigint, OUT expires_at_ms bigint,
  OUT changed_hash text)
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
    SELECT u.password_hash INTO changed_hash FROM latchkey.users AS u WHERE u.id = p_user_id;
    outcome := 'changed';
    -- That an account is inactive is told only to who knows its password as it is now.
    IF changed_hash = p_verified_hash THEN
      changed_hash := NULL;
      outcome := 'inactive';
      PERFORM latchkey.record_event('login_failed', p_user_id, NULL, 'inactive',
                                    p_ip, p_user_agent, p_request_id);
    END IF;
    RETURN;
  END IF;

  INSERT INTO latchkey.sessions AS s
         (id, user_id, created_at, rotated_at, last_used_at, expires_at, ip, user_agent)
  VALUES (p_session_id, p_user_id, v_now, v_now, v_now,
          v_now + p_session_ttl_s * interval '1 second', p_ip, left(p_user_agent, 512))
  RETURNING s.id, s.counter, latchkey.epoch_ms(s.rotated_at), latchkey.epoch_ms(s.expires_at)
       INTO session_id, counter, rotated_at_ms, expires_at_ms;
  PERFORM latchkey.remember_address(p_user_id, p_ip);
  PERFORM latchkey.record_event('logged_in', p_user_id, p_session_id, NULL,
                                p_ip, p_user_agent, p_request_id);
  DELETE FROM latchkey.login_throttle AS t WHERE t.key = p_bucket;
  outcome := 'logged_in';
END
$$;
COMMENT ON FUNCTION
  latchkey.login_accepted(bigint, text, text, bytea, uuid, integer, inet, text, text) IS
  'A new session for who gave the right password: logged_in, inactive or changed';
GRANT EXECUTE ON FUNCTION
  latchkey.login_accepted(bigint, text, text, bytea, uuid, integer, inet, text, text)
  TO latchkey_app;

CREATE FUNCTION latchkey.login_refused(
  p_user_id bigint, p_reason text, p_uncounted_bucket bytea, p_reset_s integer,
  p_ip inet, p_user_agent text, p_request_id text,
  OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  PERFORM latchkey.record_event('login_failed', p_user_id, NULL, p_reason,
                                p_ip, p_user_agent, p_request_id);
  IF p_uncounted_bucket IS NOT NULL THEN
    PERFORM latchkey.throttle_count(p_uncounted_bucket, NULL, NULL, p_reset_s);
  END IF;
  outcome := 'recorded';
END
$$;
COMMENT ON FUNCTION
  latchkey.login_refused(bigint, text, bytea, integer, inet, text, text) IS
  'Audits a login that was refused, and counts it where it was not counted yet';
GRANT EXECUTE ON FUNCTION
  latchkey.login_refused(bigint, text, bytea, integer, inet, text, text) TO latchkey_app;

COMMIT;
