-- SPDX-License-Identifier: Apache-2.0
-- Dead and inactive callers are tested in session_control.sql.
\ir fixture.psql

SELECT plan(23);
SELECT pg_temp.enrol('Ann', 1) AS ann, pg_temp.enrol('bob', 9) AS bob \gset
UPDATE latchkey.users SET updated_at = '2026-01-01';

-- update_user
SELECT is(row(r.outcome, r.user_id, r.email, r.username)::text,
          row('updated', :ann, 'new@example.com', 'Ann')::text, 'email only')
  FROM latchkey.update_user(pg_temp.sid(1), :ann, 'new@example.com', NULL, '192.0.2.9', 'v',
                            'request-9') r;
SELECT is(pg_temp.last_event(),
          format('user_updated user=%s session=01 detail=email 192.0.2.9 v request-9', :ann));
SELECT cmp_ok(updated_at, '>=', now(), 'updated_at moves') FROM latchkey.users WHERE id = :ann;
SELECT is(row(r.outcome, r.email, r.username)::text,
          row('updated', 'new@example.com', 'anna')::text, 'username only')
  FROM latchkey.update_user(pg_temp.sid(1), :ann, NULL, 'anna', '192.0.2.9', 'v', 'request-9') r;
SELECT is(pg_temp.last_event(),
          format('user_updated user=%s session=01 detail=username 192.0.2.9 v request-9', :ann));
SELECT is(row(r.outcome, r.email, r.username)::text,
          row('updated', 'NEW@example.com', 'ANNA')::text,
          'her own names in other letters')
  FROM latchkey.update_user(pg_temp.sid(1), :ann, 'NEW@example.com', 'ANNA', '192.0.2.9', 'v',
                            'request-9') r;
SELECT is(pg_temp.last_event(),
          format('user_updated user=%s session=01 detail=email,username 192.0.2.9 v request-9',
                 :ann));
SELECT is(row(r.outcome, r.user_id)::text, row(expected, NULL)::text,
          format('%s: %s %s', expected, t.email, t.username))
  FROM (VALUES ('BOB@example.com', NULL, 'email_taken'), (NULL, 'BOB', 'username_taken'),
               ('bob@example.com', 'bob', 'email_taken'),
               ('free@example.com', 'Bob', 'username_taken'))
       t (email, username, expected)
 CROSS JOIN latchkey.update_user(pg_temp.sid(1), :ann, t.email, t.username, NULL, NULL, NULL) r;
SELECT is(row(email, username)::text, row('NEW@example.com', 'ANNA')::text, 'all or nothing')
  FROM latchkey.users WHERE id = :ann;

-- The names that she has: an answer, but no row of audit and no new time.
UPDATE latchkey.users SET updated_at = '2026-01-02' WHERE id = :ann;
SELECT is(row(r.outcome, r.email, r.username, r.updated_at_ms)::text,
          row('updated', 'NEW@example.com', 'ANNA', latchkey.epoch_ms('2026-01-02'))::text,
          'nothing changes')
  FROM latchkey.update_user(pg_temp.sid(1), :ann, 'NEW@example.com', 'ANNA', NULL, NULL, 'again') r;
SELECT is(count(*), 0::bigint, 'and nothing is audited')
  FROM latchkey.audit_events WHERE request_id = 'again';

-- A name that is taken between the look and the write: seen by the index only.
CREATE FUNCTION pg_temp.taken_late() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
  IF NEW.email = 'late@example.com' THEN
    INSERT INTO latchkey.users (email, username, password_hash)
      VALUES ('LATE@example.com', 'eve', 'x');
  ELSIF NEW.username = 'late' THEN
    INSERT INTO latchkey.users (email, username, password_hash)
      VALUES ('eve@example.com', 'LATE', 'x');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER taken_late BEFORE UPDATE ON latchkey.users
  FOR EACH ROW EXECUTE FUNCTION pg_temp.taken_late();
SELECT is(r.outcome, expected, 'taken at the last moment: ' || expected)
  FROM (VALUES ('late@example.com', NULL, 'email_taken'),
               (NULL, 'late', 'username_taken')) t (email, username, expected)
 CROSS JOIN latchkey.update_user(pg_temp.sid(1), :ann, t.email, t.username, NULL, NULL, NULL) r;
DROP TRIGGER taken_late ON latchkey.users;
SELECT throws_ok(format($$ SELECT latchkey.update_user(pg_temp.sid(1), %s, 'secret', NULL, NULL,
                                                       NULL, NULL) $$, :ann),
                 '23514', 'a changed user breaks a constraint', 'a bug is told without the value');

-- deactivate_user
SELECT is(pg_temp.login_again('ANNA', 2), 'logged_in');
SELECT is(r.outcome, 'deactivated')
  FROM latchkey.deactivate_user(pg_temp.sid(1), :ann, '192.0.2.9', 'v', 'request-9') r;
SELECT is(pg_temp.last_event(),
          format('user_deactivated user=%s session=01 detail=- 192.0.2.9 v request-9', :ann));
SELECT is(row(u.is_active, count(*))::text, row(false, 2)::text, 'with every session')
  FROM latchkey.users u
  JOIN latchkey.sessions s ON s.user_id = u.id AND s.revoke_reason = 'deactivated'
 WHERE u.id = :ann GROUP BY u.is_active;
SELECT is(r.outcome, 'ended', 'once more')
  FROM latchkey.deactivate_user(pg_temp.sid(1), :ann, NULL, NULL, NULL) r;
SELECT is(row(t.email_taken, t.username_taken)::text, row(true, true)::text, 'the names stay taken')
  FROM latchkey.login_names_taken('new@example.com', 'anna') t;

SELECT * FROM finish();
ROLLBACK;
