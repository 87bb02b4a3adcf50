-- SPDX-License-Identifier: Apache-2.0
-- Attempts at passwords: counted for each name, refused when they come too soon, forgotten.
\ir fixture.psql

SELECT plan(65);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 2) AS bob \gset

-- Three are free, at most 15 minutes between two, forgotten after a day.
CREATE FUNCTION pg_temp.try(email text, username text, ip inet,
  OUT told text, OUT wait_ms bigint, OUT bucket bytea, OUT is_counted boolean, OUT user_id bigint)
LANGUAGE sql AS $$
  SELECT CASE WHEN a.retry_after_ms IS NULL THEN 'go' ELSE 'wait' END, a.retry_after_ms, a.bucket,
         a.is_counted, a.user_id
    FROM latchkey.login_attempt(email, username, 3, 900, 86400, ip, 'agent', 'request-5') AS a
$$;
CREATE FUNCTION pg_temp.try(username text) RETURNS text LANGUAGE sql
AS $$ SELECT told FROM pg_temp.try(NULL, username, '203.0.113.9') $$;
CREATE FUNCTION pg_temp.fail_at_home(username text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_try CONSTANT record := pg_temp.try(NULL, username, '192.0.2.1');
BEGIN
  IF v_try.told = 'go' THEN
    PERFORM latchkey.login_refused(v_try.user_id, 'wrong_password', v_try.bucket, 86400,
                                   '192.0.2.1', 'agent', 'request-6');
  END IF;
  RETURN v_try.told;
END
$$;
-- The clock goes on for everything that was counted.
CREATE FUNCTION pg_temp.later(seconds numeric) RETURNS void LANGUAGE sql
AS $$ UPDATE latchkey.login_throttle SET last_at = last_at - seconds * interval '1 second' $$;
CREATE FUNCTION pg_temp.throttled() RETURNS bigint LANGUAGE sql
AS $$ SELECT count(*) FROM latchkey.audit_events AS a WHERE a.event = 'login_throttled' $$;

-- --- a name, whether it exists or not

SELECT is(pg_temp.try('nobody'), told, format('attempt %s', n))
  FROM (VALUES (1, 'go'), (2, 'go'), (3, 'go'), (4, 'wait')) t (n, told);
SELECT is(pg_temp.last_event(),
          'login_throttled user=- session=- detail=name 203.0.113.9 agent request-5');
SELECT is(row(told, wait_ms BETWEEN 1 AND 1000, bucket, is_counted, user_id)::text,
          row('wait', true, NULL, NULL, NULL)::text, 'a refusal tells how long, and nothing else')
  FROM pg_temp.try(NULL, 'NOBODY', '2001:db8::1');
SELECT is(pg_temp.throttled(), 1::bigint, 'one row for a block, however many are refused');
SELECT is(pg_temp.try('nobody2'), 'go', 'another name');

-- Each attempt that goes on doubles the delay.
SELECT pg_temp.later(1);
SELECT is(array(SELECT pg_temp.try('nobody') FROM generate_series(1, 2)), ARRAY['go', 'wait']);
SELECT is(pg_temp.throttled(), 2::bigint, 'another block, another row');
SELECT pg_temp.later(1);
SELECT is(pg_temp.try('nobody'), 'wait', 'two seconds by now');
SELECT pg_temp.later(1);
SELECT is(array(SELECT pg_temp.try('nobody') FROM generate_series(1, 2)), ARRAY['go', 'wait']);
SELECT ok(wait_ms BETWEEN 3001 AND 4000, 'four by now') FROM pg_temp.try(NULL, 'nobody', NULL);
SELECT pg_temp.later(86400);
SELECT is(array(SELECT pg_temp.try('nobody') FROM generate_series(1, 4)),
          ARRAY['go', 'go', 'go', 'wait'], 'forgotten after a day');

-- The same for a name that exists, from a stranger's address: nothing tells them apart.
SELECT is(array(SELECT row(pg_temp.try('Ann'))::text FROM generate_series(1, 5)),
          array(SELECT row(pg_temp.try('nobody3'))::text FROM generate_series(1, 5)));
SELECT is(array(SELECT row(a.user_id, a.detail)::text FROM latchkey.audit_events a
                 WHERE a.event = 'login_throttled' ORDER BY a.id DESC LIMIT 2),
          ARRAY[row(NULL, 'name')::text, row(:ann, 'name')::text], 'the audit knows whom it met');
SELECT is(told, 'go', 'her email is counted apart')
  FROM pg_temp.try('ANN@example.com', NULL, '203.0.113.9');
SELECT is(array(SELECT (pg_temp.try(NULL, 'ann@EXAMPLE.com', '203.0.113.9')).told
                  FROM generate_series(1, 3)),
          ARRAY['go', 'go', 'wait'], 'an email as username is that email');

-- --- how long

SELECT is(array(SELECT (latchkey.throttle_wait_ms(n, clock_timestamp(), 3, 900) + 999) / 1000
                  FROM unnest(ARRAY[1, 2, 3, 4, 5, 12, 13, 100, 2147483647]) n),
          ARRAY[0, 0, 1, 2, 4, 512, 900, 900, 900]::bigint[], 'doubled up to the bound');
SELECT is(latchkey.throttle_wait_ms(50, clock_timestamp() + ahead, 3, 900), 0::bigint,
          'a clock set back blocks nobody: ' || ahead)
  FROM unnest(ARRAY[interval '1 ms', '1 hour', '100 years']) ahead;
SELECT is(latchkey.throttle_wait_ms(50, now() - interval '100 years', 3, 900), 0::bigint);
UPDATE latchkey.login_throttle SET last_at = last_at + interval '1 day', attempts = 9
 WHERE key = latchkey.throttle_key('username', 'nobody');
SELECT is(array(SELECT pg_temp.try('nobody') FROM generate_series(1, 2)), ARRAY['go', 'wait'],
          'nor does it forget: the attempts go on being counted');
SELECT is(t.attempts, 10) FROM latchkey.login_throttle t
 WHERE key = latchkey.throttle_key('username', 'nobody');

-- --- where the user has logged in from

SELECT is(told, 'go', 'she is known here, whatever strangers do')
  FROM pg_temp.try(NULL, 'ann', '192.0.2.1');
SELECT is(is_counted, false) FROM pg_temp.try(NULL, 'ann', '192.0.2.1');
SELECT is(array(SELECT (pg_temp.try(NULL, 'ann', '192.0.2.1')).told FROM generate_series(1, 20)),
          array_fill('go'::text, ARRAY[20]), 'attempts under way count for nothing here');
SELECT is(array(SELECT pg_temp.fail_at_home('ann') FROM generate_series(1, 5)),
          ARRAY['go', 'go', 'go', 'wait', 'wait'], 'failures do');
SELECT is(pg_temp.last_event(),
          format('login_throttled user=%s session=- detail=known address 192.0.2.1 agent request-5',
                 :ann));
SELECT is(told, 'go', 'bob at the same address') FROM pg_temp.try(NULL, 'bob', '192.0.2.1');
SELECT is(told, 'go', 'her email there') FROM pg_temp.try('ann@example.com', NULL, '192.0.2.1');

-- --- the right password

SELECT bucket AS home FROM pg_temp.try(NULL, 'bob', '192.0.2.1') \gset
SELECT is(array(SELECT pg_temp.try('bob') FROM generate_series(1, 4)),
          ARRAY['go', 'go', 'go', 'wait'], 'bob is attacked');
SELECT is(outcome, 'logged_in', 'and logs in from home')
  FROM latchkey.login_accepted(:bob, '$2b$04$hash-of-bob', NULL, :'home', pg_temp.sid(3), 60,
                               '192.0.2.1', 'agent', 'request-7');
SELECT is(pg_temp.last_event(),
          format('logged_in user=%s session=03 detail=- 192.0.2.1 agent request-7', :bob));
SELECT is(pg_temp.try('bob'), 'wait', 'which does not help the attacker');
SELECT pg_temp.later(1);
SELECT bucket AS away FROM pg_temp.try(NULL, 'bob', '203.0.113.9') \gset
SELECT is(outcome, 'logged_in', 'and from elsewhere, between two attempts of the attacker')
  FROM latchkey.login_accepted(:bob, '$2b$04$hash-of-bob', NULL, :'away', pg_temp.sid(4), 60,
                               '203.0.113.9', 'agent', 'request-8');
SELECT is(row(told, is_counted)::text, row('go', false)::text, 'where he is known from then on')
  FROM pg_temp.try(NULL, 'bob', '203.0.113.9');
SELECT is(row(told, is_counted)::text, row('go', true)::text, 'the attempts are forgotten')
  FROM pg_temp.try(NULL, 'bob', '203.0.113.10');
SELECT is(array(SELECT (pg_temp.try(NULL, 'bob', '203.0.113.10')).told FROM generate_series(1, 3)),
          ARRAY['go', 'go', 'wait']);

-- --- the hash has changed, the user is inactive

SELECT is(row(outcome, session_id, changed_hash)::text,
          row('changed', NULL, '$2b$04$hash-of-bob')::text, 'what to verify now')
  FROM latchkey.login_accepted(:bob, '$2b$04$other', '$2b$04$new', NULL, pg_temp.sid(5), 60, NULL,
                               NULL, NULL);
SELECT is(row(outcome, changed_hash)::text, row('changed', NULL)::text, 'there is none any more')
  FROM latchkey.login_accepted(0, '$2b$04$other', NULL, NULL, pg_temp.sid(5), 60, NULL, NULL, NULL);
SELECT is(left(pg_temp.last_event(), 12), 'login_thrott', 'the caller says what became of it');
UPDATE latchkey.users SET is_active = false WHERE id = :bob;
SELECT is(row(outcome, session_id, changed_hash)::text, row('inactive', NULL, NULL)::text)
  FROM latchkey.login_accepted(:bob, '$2b$04$hash-of-bob', NULL, NULL, pg_temp.sid(5), 60,
                               '192.0.2.1', 'agent', 'request-9');
SELECT is(pg_temp.last_event(),
          format('login_failed user=%s session=- detail=inactive 192.0.2.1 agent request-9', :bob));

-- --- no throttle

SELECT is(row(a.retry_after_ms, a.bucket, a.user_id, a.password_hash)::text,
          row(NULL, NULL, :ann, '$2b$04$hash-of-Ann')::text, 'switched off')
  FROM latchkey.login_attempt(NULL, 'ann', NULL, NULL, NULL, '192.0.2.1', 'agent', 'r') a;
SELECT is(array(SELECT (latchkey.login_attempt(NULL, 'free', NULL, NULL, NULL, NULL, NULL, NULL))
                         .retry_after_ms FROM generate_series(1, 9)),
          array_fill(NULL::bigint, ARRAY[9]));
SELECT is_empty($$ SELECT FROM latchkey.login_throttle
                    WHERE key = latchkey.throttle_key('username', 'free') $$);

-- --- addresses

SELECT is(latchkey.network_of(ip)::text, network)
  FROM (VALUES ('192.0.2.1'::inet, '192.0.2.1/32'), ('2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'),
               ('::ffff:192.0.2.1', '::ffff:192.0.2.1/128'), (NULL, NULL)) t (ip, network);
SELECT latchkey.remember_address(:ann, NULL);
SELECT is(array(SELECT a.network::text FROM latchkey.login_addresses a WHERE a.user_id = :ann),
          ARRAY['192.0.2.1/32'], 'a registration is a login; no address is no place');
UPDATE latchkey.login_addresses SET last_success = '2026-01-01' WHERE user_id = :ann;
SELECT latchkey.remember_address(:ann, '192.0.2.1');
SELECT ok(a.last_success > now() - interval '1 minute', 'written once a day')
  FROM latchkey.login_addresses a WHERE a.user_id = :ann;
UPDATE latchkey.login_addresses SET last_success = now() - interval '1 hour' WHERE user_id = :ann;
SELECT latchkey.remember_address(:ann, '192.0.2.1');
SELECT ok(a.last_success < now() - interval '1 minute', 'and not more often')
  FROM latchkey.login_addresses a WHERE a.user_id = :ann;
SELECT count(latchkey.remember_address(:ann, '198.51.100.0'::inet + n))
  FROM generate_series(1, 40) n \gset
SELECT is(row(count(*), bool_or(a.network = '192.0.2.1/32'),
              bool_or(a.network = '198.51.100.40/32'))::text,
          row(32, false, true)::text, 'the newest 32')
  FROM latchkey.login_addresses a WHERE a.user_id = :ann;

-- --- changing the password

SELECT is(array(SELECT (latchkey.password_attempt(pg_temp.sid(1), :ann, 3, 900, 86400, '192.0.2.1',
                                                  'v', 'request-9')).outcome
                  FROM generate_series(1, 4)),
          ARRAY['ok', 'ok', 'ok', 'throttled']);
SELECT is(pg_temp.last_event(),
          format('password_change_throttled user=%s session=01 detail=- 192.0.2.1 v request-9',
                 :ann));
SELECT is(row(a.outcome, a.password_hash, a.retry_after_ms BETWEEN 1 AND 1000)::text,
          row('throttled', NULL, true)::text)
  FROM latchkey.password_attempt(pg_temp.sid(1), :ann, 3, 900, 86400, NULL, NULL, NULL) a;
SELECT is(row(a.outcome, a.retry_after_ms)::text, row('ended', NULL)::text,
          'who is not logged in counts for nothing')
  FROM latchkey.password_attempt(pg_temp.sid(9), :ann, 3, 900, 86400, NULL, NULL, NULL) a;
SELECT is(row(a.outcome, a.password_hash, a.email, a.username)::text,
          row('ok', '$2b$04$hash-of-Ann', 'Ann@example.com', 'Ann')::text, 'switched off')
  FROM latchkey.password_attempt(pg_temp.sid(1), :ann, NULL, NULL, NULL, NULL, NULL, NULL) a;
SELECT is(r.outcome, 'changed')
  FROM latchkey.password_change(pg_temp.sid(1), :ann, '$2b$04$hash-of-Ann', '$2b$04$new', NULL,
                                NULL, NULL) r;
SELECT is(a.outcome, 'ok', 'forgotten by the right one')
  FROM latchkey.password_attempt(pg_temp.sid(1), :ann, 3, 900, 86400, NULL, NULL, NULL) a;

-- --- nothing that was typed is anywhere

SELECT is_empty($$ SELECT t FROM latchkey.login_throttle t WHERE t::text ILIKE '%nobody%' $$);
SELECT is_empty($$ SELECT a FROM latchkey.audit_events a
                    WHERE a::text ILIKE '%nobody%' OR a::text LIKE '%$2b$%' $$);

SELECT * FROM finish();
ROLLBACK;
