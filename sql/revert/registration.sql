-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:registration from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.register_user(text, text, text, uuid, integer, inet, text, text);
DROP FUNCTION latchkey.login_names_taken(text, text);

COMMIT;
