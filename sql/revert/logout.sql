-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:logout from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.logout_all(uuid, bigint, inet, text, text);
DROP FUNCTION latchkey.logout(uuid, bigint, inet, text, text);

COMMIT;
