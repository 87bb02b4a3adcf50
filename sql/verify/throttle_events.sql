-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:throttle_events on pg

BEGIN;

SELECT 1 / (pg_get_constraintdef(c.oid) LIKE '%login_throttled%')::integer
  FROM pg_constraint c
 WHERE c.conrelid = 'latchkey.audit_events'::regclass AND c.conname = 'audit_events_event_check';

ROLLBACK;
