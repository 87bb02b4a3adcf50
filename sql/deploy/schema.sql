-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:schema to pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE SCHEMA latchkey;
COMMENT ON SCHEMA latchkey IS
  'Latchkey. Functions granted to latchkey_app are its interface; tables are reached by them only.';

GRANT USAGE ON SCHEMA latchkey TO latchkey_app;

COMMIT;
