// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a process gives up at its start, so that who takes it over gains little.
//
// hide_memory: no core file, and no debugger or reader of /proc of the same user (root still may).
// For every process that holds secrets: supervisor, workers, commands of administrators.
//
// confine_worker: no new privileges, and a filter of system calls (seccomp(2)). It names what no
// worker does, and leaves the rest: in production systemd's own filter, a list of what is allowed,
// comes on top (systemd/latchkey-.service.d), and with `latchkey serve` this one is the only one.
//   killed (SIGSYS)  to execute a program, to look into another process, to load code into the
//                    kernel: nobody tries that by accident
//   refused (EPERM)  to make processes or threads, to signal others, to change files and mounts, to
//                    listen, to make memory executable, to become visible again
//   sockets          as libpq and the name service need them, which reconnect: UNIX, IPv4, IPv6,
//                    netlink
// Only the release build confines (LATCHKEY_HARDENING): debuggers, valgrind, gcov and sanitizers do
// what the filter forbids.
//
// Runs once in each process, before it has a stranger's input. A kernel without filters, or a
// sandbox around us that lets nobody add one, is an answer: a worker that is confined less is
// better than none. A kernel without PR_SET_NO_NEW_PRIVS is older than any that we run on:
// std::system_error.

namespace latchkey::process {

void hide_memory();

// Whether it is confined now, as far as this build asks for it.
[[nodiscard]] bool confine_worker();

// The second half of it, whatever the build; for its test.
[[nodiscard]] bool forbid_what_no_worker_does();

}  // namespace latchkey::process
