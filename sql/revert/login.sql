-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:login from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.login_failed(bigint, text, inet, text, text);
DROP FUNCTION latchkey.login_succeeded(bigint, text, text, uuid, integer, inet, text, text);
DROP FUNCTION latchkey.login_begin(text, text);

COMMIT;
