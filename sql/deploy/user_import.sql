-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:user_import to pg
--
-- A batch of users from elsewhere, with the hashes that they have: one call, one transaction. What
-- cannot be taken because a name is taken is told by user, and does not spoil the others. Anything
-- else that is wrong with a user the program finds before; here it fails the whole batch.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

-- p_users: an array of {"email", "username", "password_hash", "is_active", "created_at_ms"}, the last
-- two optional. One row comes back for each that was not taken, with its index from 0. Of two in the
-- array that want one name, the first gets it. With p_dry_run nothing is written, and only what the
-- database itself holds is in the way.
CREATE FUNCTION latchkey.admin_import_users(p_users jsonb, p_dry_run boolean, p_actor text)
RETURNS TABLE (index integer, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' ROWS 10
AS $$
DECLARE
  v_constraint text;
BEGIN
  IF coalesce(p_actor, '') = '' THEN
    RAISE not_null_violation USING MESSAGE = 'who does this?';
  END IF;
  RETURN QUERY
    WITH entry AS MATERIALIZED (
      SELECT (e.ordinality - 1)::integer AS index,
             e.value ->> 'email' COLLATE "C" AS email,
             e.value ->> 'username' COLLATE "C" AS username,
             e.value ->> 'password_hash' AS password_hash,
             coalesce((e.value ->> 'is_active')::boolean, true) AS is_active,
             (e.value ->> 'created_at_ms')::bigint AS created_at_ms
        FROM jsonb_array_elements(p_users) WITH ORDINALITY AS e
    ), taken AS (
      INSERT INTO latchkey.users AS u (email, username, password_hash, is_active, created_at)
      SELECT e.email, e.username, latchkey.checked_hash(e.password_hash), e.is_active,
             coalesce(timestamptz 'epoch' + e.created_at_ms * interval '1 millisecond',
                      clock_timestamp())
        FROM entry AS e
       WHERE NOT p_dry_run
       ORDER BY e.index
          ON CONFLICT DO NOTHING
      RETURNING u.id, lower(u.email) AS email, lower(u.username) AS username
    ), audit AS (
      INSERT INTO latchkey.audit_events (event, user_id, actor)
      SELECT 'user_imported', t.id, left(p_actor, 100) FROM taken AS t ORDER BY t.id
    ), judged AS (
      -- Users are looked for as they were before this statement; `taken` has those of it. Of equal
      -- entries only the first was taken.
      SELECT e.index,
             EXISTS (SELECT FROM latchkey.users AS u WHERE lower(u.email) = lower(e.email))
               AS has_email,
             EXISTS (SELECT FROM latchkey.users AS u WHERE lower(u.username) = lower(e.username))
               AS has_username,
             by_email.id AS email_taken_by, by_username.id AS username_taken_by,
             row_number() OVER (PARTITION BY by_email.id, by_username.id ORDER BY e.index) AS nth
        FROM entry AS e
        LEFT JOIN taken AS by_email ON by_email.email = lower(e.email)
        LEFT JOIN taken AS by_username ON by_username.username = lower(e.username)
    )
    SELECT j.index,
           CASE WHEN j.has_email OR j.email_taken_by IS NOT NULL THEN 'email_taken'
                WHEN j.has_username OR j.username_taken_by IS NOT NULL THEN 'username_taken'
                WHEN NOT p_dry_run THEN 'name_taken'  -- by somebody who registered meanwhile
           END
      FROM judged AS j
     WHERE CASE WHEN p_dry_run THEN j.has_email OR j.has_username
                ELSE (j.email_taken_by = j.username_taken_by AND j.nth = 1) IS NOT TRUE END
     ORDER BY j.index;
EXCEPTION WHEN check_violation THEN
  -- Raised again by its name only: the original quotes the row.
  GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
  RAISE check_violation USING MESSAGE = 'an imported user breaks a constraint',
                              CONSTRAINT = v_constraint;
END
$$;
COMMENT ON FUNCTION latchkey.admin_import_users(jsonb, boolean, text) IS
  'Takes a batch of users; a row for each refused: email_taken, username_taken or name_taken';
GRANT EXECUTE ON FUNCTION latchkey.admin_import_users(jsonb, boolean, text) TO latchkey_admin;

COMMIT;
