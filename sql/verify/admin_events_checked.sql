-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:admin_events_checked on pg

BEGIN;

SELECT 1 / (count(*) = 2)::integer
  FROM pg_constraint c
 WHERE c.conrelid = 'latchkey.audit_events'::regclass AND c.convalidated
   AND c.conname IN ('audit_events_event_check', 'audit_events_actor_check');

ROLLBACK;
