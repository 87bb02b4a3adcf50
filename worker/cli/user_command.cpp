// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/input_file.h"
#include "cli/user_commands.h"
#include "cli/verbs.h"

namespace latchkey::cli {
namespace {

constexpr std::array kVerbs{
    Verb{"list", list_users},
    Verb{"show", show_user},
    Verb{"create", create_user},
    Verb{"deactivate", deactivate_user},
    Verb{"activate", activate_user},
    Verb{"reset-password", reset_password},
    Verb{"sessions", list_user_sessions},
    Verb{"revoke", revoke_user_sessions},
    Verb{"audit", show_user_audit},
    Verb{"import", import_users},
};

int say(const base::Error& error) {
  const bool is_list = !error.fields().empty();
  std::fprintf(stderr, "latchkey: %s\n", is_list ? "not allowed:" : error.detail().c_str());
  for (const base::FieldError& fault : error.fields()) {
    std::fprintf(stderr, "  - %s %s\n", fault.field.c_str(), fault.message.c_str());
  }
  return error.code() == base::ErrorCode::kNotFound ? kExitNoUser : kExitData;
}

}  // namespace

int user(const Words& words) {
  try {
    return run_verb(kVerbs, words, user_usage());
  } catch (const FileFailure& failure) {
    std::fprintf(stderr, "latchkey: %s\n", failure.what());
    return kExitNoInput;
  } catch (const base::Error& error) {
    switch (error.code()) {
      case base::ErrorCode::kNotFound:
      case base::ErrorCode::kValidationError:
      case base::ErrorCode::kUserAlreadyExists:
        return say(error);
      default:
        throw;
    }
  }
}

std::string user_usage() {
  return R"(latchkey user VERB ... [--config FILE]
    Looks after users, by ADMIN_DATABASE_URL. NAME is a username, an email address or id:42. What is
    changed is written to the audit trail with the name of who is logged in to the operating system.
      list [--active | --inactive] [--match TEXT] [--sort id|username|email] [--limit N] [--json]
          every user, or those with TEXT in the username or the email
      show NAME [--json]
          one user, with the number of sessions; of the password only the scheme
      create --email EMAIL --username USERNAME [--password-file FILE]
          a new user, by the rules of registration; prints the id
      deactivate NAME
          nobody can log in as NAME any more; ends every session
      activate NAME
          takes that back
      reset-password NAME [--password-file FILE]
          a new password, by the rules of registration; ends every session
      sessions NAME [--limit N] [--json]
          the live sessions, newest first
      revoke NAME (--session ID | --all)
          ends one live session, or all of them
      audit NAME [--limit N] [--json]
          what happened to the user, newest first: logins, refusals, changes, by whom, from where
      import FILE [--format csv|jsonl] [--dry-run] [--json]
          takes over users with their password hashes from a CSV file (email, username,
          password_hash; is_active and created_at if there are any; the header names them) or from
          JSON lines with these members; FILE may be -. Names of files that end in .csv, .jsonl or
          .ndjson say the format. Says each line that is refused, and why, and a summary
    Options:
      --config FILE         read the settings from FILE too (the environment goes first)
      --password-file FILE  the password is the only line of FILE (- is standard input); without it
                            the terminal asks
      --json                for programs: one JSON object a line
      --dry-run             say what an import would do, and change nothing
    Exit status: 0 done; 64 usage; 65 what was given is not allowed, a name is taken, or lines of an
    import were refused; 66 a file that was named cannot be read; 67 there is no such user or
    session; 70 the database cannot be asked, or nobody typed a password that can be used; 78 the
    settings are wrong.)";
}

}  // namespace latchkey::cli
