-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:schema from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP SCHEMA latchkey;

COMMIT;
