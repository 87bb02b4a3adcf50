// SPDX-License-Identifier: Apache-2.0
//
// libpqxx 6.4 loses libpq's result (a kilobyte) when a call finds its connection gone. A worker can
// live with that: the circuit breaker bounds how often it happens, and workers are recycled.

#if defined(__SANITIZE_ADDRESS__)
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name that LeakSanitizer looks for.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:pqxx::connection_base::exec_prepared\n"
         "leak:pqxx::connection_base::register_prepared\n";
}
#endif
