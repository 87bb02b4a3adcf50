// SPDX-License-Identifier: Apache-2.0
#pragma once

// The contract between a worker and whoever starts it: systemd, or the supervisor of this room.
//
// Descriptors of a worker
//   0     /dev/null
//   1, 2  as the parent has them; log lines go to 2
//   3     the listening socket of its pool, non-blocking, shared with the other workers
//   none  above: what the parent leaves open by mistake is closed
//
// Environment of a worker: the one the parent was started with, and
//   LISTEN_FDS=1, LISTEN_PID=<pid>, LISTEN_FDNAMES=<pool>   sd_listen_fds(3)
//   NOTIFY_SOCKET=<path>                                    sd_notify(3)
//   WATCHDOG_USEC=<microseconds>                            sd_watchdog_enabled(3)
//
// Command line: the command of the pool, and from the supervisor `--slot N`. Slots count from 1,
// as the instances of a systemd template do, and never hold two workers that both accept for long:
// in a rolling restart the old one leaves as soon as the new one is ready.
//
// What a worker tells
//   READY=1     it accepts; until then a death is counted as a failed start
//   STOPPING=1  it accepts no more
//   WATCHDOG=1  it is alive; only where WATCHDOG_USEC asks for it. Who stays silent for that long,
//               in a request or between two, hangs and is killed
//
// What a worker hears
//   SIGTERM, SIGINT, SIGQUIT  finish the request in hand, leave with 0
//   SIGKILL                   at any instruction; the parent sends it when a bound is over
//   death of the supervisor   arrives as SIGTERM
//   SIGHUP, SIGUSR1, SIGUSR2  nothing: they are the supervisor's business
//
// Both sides are versions of one program, and during an upgrade of two versions: what stands here
// is changed by addition only.

namespace latchkey::process {

inline constexpr int kListenFd = 3;

// Exit codes, after sysexits(3) where it has a word for them.
inline constexpr int kExitDone = 0;            // asked to leave, or recycled: replace at once
inline constexpr int kExitUsage = 64;          // the command line is wrong
inline constexpr int kExitBroken = 70;         // it cannot go on; a fresh process may
inline constexpr int kExitOsError = 71;        // a new worker could not be given its descriptors
inline constexpr int kExitIdle = 75;           // WORKER_IDLE_EXIT: well, and not needed for now
inline constexpr int kExitConfiguration = 78;  // the settings are wrong
inline constexpr int kExitNotExecuted = 127;   // the program is not there or may not be executed

}  // namespace latchkey::process
