-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:throttle_purge from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.purge_addresses(bigint, bigint, integer);
DROP FUNCTION latchkey.purge_throttle(bigint, bytea, integer);

COMMIT;
