// SPDX-License-Identifier: Apache-2.0
//
// A libldap that knows no LDAP, in place of the one that libpq asks for.
//
// libpq can look up connections in a directory: where a service file says so, which nobody's does
// here. For that it has libldap loaded into every process, and with it a second TLS library, PKCS
// #11, SASL and nine more: a quarter of the page faults of a start, half a megabyte of a worker's
// memory, and code that has no business in a process that strangers talk to. This library has its
// name and is found first (worker/CMakeLists.txt). A lookup fails as it does where no directory
// answers.
//
// Where libpq asks for another version of libldap, as in a later Debian, that one is loaded.
//
// The names are those that any libpq so far has used, whose fault a missing one would be: it would
// not start. tests/system/test_binary.py holds them to the libpq of this machine.

extern "C" {

namespace {
constexpr int kOther = 0x50;  // LDAP_OTHER
char message[] = "this program has no LDAP";
}  // namespace

void* ldap_init(const char* /*host*/, int /*port*/) { return nullptr; }
int ldap_initialize(void** connection, const char* /*uri*/) {
  *connection = nullptr;
  return kOther;
}
int ldap_set_option(void* /*connection*/, int /*option*/, const void* /*value*/) { return kOther; }
int ldap_get_option(void* /*connection*/, int /*option*/, void* /*value*/) { return kOther; }
int ldap_simple_bind(void* /*connection*/, const char* /*name*/, const char* /*password*/) {
  return -1;
}
int ldap_simple_bind_s(void* /*connection*/, const char* /*name*/, const char* /*password*/) {
  return kOther;
}
int ldap_search_st(void* /*connection*/, const char* /*base*/, int /*scope*/,
                   const char* /*filter*/, char** /*attributes*/, int /*only_names*/,
                   void* /*timeout*/, void** /*result*/) {
  return kOther;
}
int ldap_result(void* /*connection*/, int /*message*/, int /*all*/, void* /*timeout*/,
                void** /*result*/) {
  return -1;
}
int ldap_result2error(void* /*connection*/, void* /*result*/, int /*frees*/) { return kOther; }
int ldap_count_entries(void* /*connection*/, void* /*result*/) { return 0; }
void* ldap_first_entry(void* /*connection*/, void* /*result*/) { return nullptr; }
void** ldap_get_values_len(void* /*connection*/, void* /*entry*/, const char* /*name*/) {
  return nullptr;
}
void ldap_value_free_len(void** /*values*/) {}
int ldap_msgfree(void* /*result*/) { return 0; }
int ldap_abandon(void* /*connection*/, int /*message*/) { return kOther; }
int ldap_unbind(void* /*connection*/) { return kOther; }
int ldap_unbind_s(void* /*connection*/) { return kOther; }
char* ldap_err2string(int /*error*/) { return message; }

}  // extern "C"
