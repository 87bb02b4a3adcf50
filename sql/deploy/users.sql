-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:users to pg
--
-- One row per account. Names are compared without regard to case by lower() under the collation
-- "C": they are ASCII, so the indexes depend on no locale and survive an upgrade of the C library.
-- The checks are the second line of defence: the program refuses more, and sooner. Times are kept
-- to the millisecond, which is what the functions hand out.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE TABLE latchkey.users (
  id            bigint GENERATED ALWAYS AS IDENTITY,
  created_at    timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at    timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  last_login    timestamptz(3),
  is_active     boolean NOT NULL DEFAULT true,
  email         text COLLATE "C" NOT NULL,
  username      text COLLATE "C" NOT NULL,
  password_hash text NOT NULL,

  CONSTRAINT users_pkey PRIMARY KEY (id),
  -- Printable ASCII, one '@', a dotted domain.
  CONSTRAINT users_email_check CHECK (
    octet_length(email) <= 254 AND email ~ '^[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+$'),
  -- No '@': so that a name can never be taken for another user's email address.
  CONSTRAINT users_username_check CHECK (username ~ '^[A-Za-z0-9][A-Za-z0-9._-]{2,49}$'),
  CONSTRAINT users_password_hash_check CHECK (octet_length(password_hash) BETWEEN 1 AND 512)
)
-- Each login writes last_login: room for a new version on the same page (a HOT update).
WITH (fillfactor = 90);

CREATE UNIQUE INDEX users_email_key ON latchkey.users (lower(email));
CREATE UNIQUE INDEX users_username_key ON latchkey.users (lower(username));

COMMENT ON TABLE latchkey.users IS 'Accounts; never deleted by the program, only deactivated';
COMMENT ON COLUMN latchkey.users.id IS 'Never reused; the "sub" of tokens';
COMMENT ON COLUMN latchkey.users.created_at IS 'When the account was registered';
COMMENT ON COLUMN latchkey.users.updated_at IS
  'Last change of email, username, password or is_active; a login does not count';
COMMENT ON COLUMN latchkey.users.last_login IS 'Last login or registration; null = never';
COMMENT ON COLUMN latchkey.users.is_active IS
  'False = deactivated: cannot log in, names stay taken';
COMMENT ON COLUMN latchkey.users.email IS 'As typed; unique without regard to case';
COMMENT ON COLUMN latchkey.users.username IS 'As typed; unique without regard to case';
COMMENT ON COLUMN latchkey.users.password_hash IS
  'In crypt(5) form with its scheme as prefix; a value of no known scheme matches no password';

COMMIT;
