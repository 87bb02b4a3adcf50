-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:throttle_events_checked from pg
--
-- Nothing to take back: that a constraint holds for old rows too harms nobody.

BEGIN;
COMMIT;
