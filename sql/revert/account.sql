-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:account from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.deactivate_user(uuid, bigint, inet, text, text);
DROP FUNCTION latchkey.update_user(uuid, bigint, text, text, inet, text, text);

COMMIT;
