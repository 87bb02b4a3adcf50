-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:throttle_events_checked on pg

BEGIN;

SELECT 1 / (count(*) = 1)::integer
  FROM pg_constraint c
 WHERE c.conrelid = 'latchkey.audit_events'::regclass AND c.convalidated
   AND c.conname = 'audit_events_event_check';

ROLLBACK;
