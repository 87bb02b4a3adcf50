// SPDX-License-Identifier: Apache-2.0
#pragma once

// The place of hashing among all that wants a processor: last.
//
// A hash takes a core for a quarter of a second, and whoever else wakes up meanwhile (an api
// worker, a backend of PostgreSQL, nginx) has to get the core at once. That takes three things on
// Linux:
//   - a niceness, sched(7);
//   - one for the group too: where the kernel groups processes by session (autogroups), a niceness
//     counts within the session only. So the process gets a session of its own, and its group the
//     niceness. systemd puts services into control groups instead, where the weight of
//     system-latchkey-hash.slice says the same, and there is no autogroup;
//   - a long slice: the kernel lets a process finish its slice, of some milliseconds, before one
//     that woke up may go on, unless that one asks for shorter slices.
// The process still gets its share of a machine that is busy with other things: a tenth of a core.
//
// Runs in hash workers, at the start, before confine_worker(). What the kernel refuses (the sandbox
// of the package refuses niceness and slice) is left as it is: a worker that is not polite is
// better than none.

namespace latchkey::process {

void come_last();

}  // namespace latchkey::process
