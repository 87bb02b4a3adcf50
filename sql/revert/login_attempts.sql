-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:login_attempts from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.login_refused(bigint, text, bytea, integer, inet, text, text);
DROP FUNCTION
  latchkey.login_accepted(bigint, text, text, bytea, uuid, integer, inet, text, text);
DROP FUNCTION
  latchkey.login_attempt(text, text, integer, integer, integer, inet, text, text);

COMMIT;
