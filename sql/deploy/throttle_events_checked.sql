-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:throttle_events_checked to pg
--
-- Reads the whole table, beside all that goes on: it keeps out other changes of the schema only.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

ALTER TABLE latchkey.audit_events VALIDATE CONSTRAINT audit_events_event_check;

COMMIT;
