-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:login_addresses to pg
--
-- Where users have logged in from. A login with the right password must get through from there,
-- whatever a stranger elsewhere does with the name: so attempts from such a place are counted apart
-- (see login_attempts). A registration is a login too.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE TABLE latchkey.login_addresses (
  user_id      bigint NOT NULL,
  last_success timestamptz(3) NOT NULL,
  network      cidr NOT NULL,

  CONSTRAINT login_addresses_pkey PRIMARY KEY (user_id, network),
  CONSTRAINT login_addresses_user_id_fkey FOREIGN KEY (user_id)
    REFERENCES latchkey.users (id) ON DELETE CASCADE
);

COMMENT ON TABLE latchkey.login_addresses IS
  'Networks that users have logged in from; at most the newest 32 of each';
COMMENT ON COLUMN latchkey.login_addresses.user_id IS 'Whose network';
COMMENT ON COLUMN latchkey.login_addresses.last_success IS
  'When the user last logged in from there, to a day: it is not written more often';
COMMENT ON COLUMN latchkey.login_addresses.network IS 'See network_of';

-- One IPv4 address, or the 64 bits of an IPv6 one that a household or an office gets. IPv4
-- addresses mapped into IPv6 are one /96 all together, so these are told apart to the last bit.
CREATE FUNCTION latchkey.network_of(p_ip inet) RETURNS cidr
LANGUAGE sql IMMUTABLE
AS $$
  SELECT network(set_masklen(p_ip, CASE WHEN family(p_ip) = 4 THEN 32
                                        WHEN p_ip <<= '::ffff:0.0.0.0/96' THEN 128
                                        ELSE 64 END))
$$;
COMMENT ON FUNCTION latchkey.network_of(inet) IS
  'Internal: what counts as one place, for logins; null for null';

-- A login from where the user was seen in the last day writes nothing. A time ahead (the clock was
-- set back) is written anew.
CREATE FUNCTION latchkey.remember_address(p_user_id bigint, p_ip inet) RETURNS void
LANGUAGE plpgsql SET search_path = ''
AS $$
DECLARE
  v_network CONSTANT cidr := latchkey.network_of(p_ip);
  v_now CONSTANT timestamptz := clock_timestamp();
  v_last timestamptz;
BEGIN
  SELECT a.last_success INTO v_last
    FROM latchkey.login_addresses AS a WHERE a.user_id = p_user_id AND a.network = v_network;
  IF v_network IS NULL
     OR v_last BETWEEN v_now - interval '1 day' AND v_now + interval '1 second' THEN
    RETURN;
  END IF;
  INSERT INTO latchkey.login_addresses AS a (user_id, network, last_success)
  VALUES (p_user_id, v_network, v_now)
      ON CONFLICT (user_id, network) DO UPDATE SET last_success = excluded.last_success;
  IF v_last IS NULL THEN
    DELETE FROM latchkey.login_addresses AS a
     WHERE a.user_id = p_user_id
       AND a.network IN (SELECT o.network FROM latchkey.login_addresses AS o
                          WHERE o.user_id = p_user_id
                          ORDER BY o.last_success DESC, o.network OFFSET 32);
  END IF;
END
$$;
COMMENT ON FUNCTION latchkey.remember_address(bigint, inet) IS
  'Internal: notes where a user has logged in from; the caller has locked the row of the user';

-- As `registration` made it, and it remembers the address.
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
      PERFORM latchkey.remember_address(user_id, p_ip);
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

COMMIT;
