-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:login_throttle from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.throttle_claim(bytea, boolean, integer, integer, integer);
DROP FUNCTION latchkey.throttle_count(bytea, integer, integer, integer);
DROP FUNCTION latchkey.throttle_wait_ms(integer, timestamptz, integer, integer);
DROP FUNCTION latchkey.throttle_key(text, text);
DROP TABLE latchkey.login_throttle;

COMMIT;
