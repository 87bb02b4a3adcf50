-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:password from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.password_change_failed(uuid, bigint, text, inet, text, text);
DROP FUNCTION latchkey.password_change(uuid, bigint, text, text, inet, text, text);
DROP FUNCTION latchkey.password_change_begin(uuid, bigint);

COMMIT;
