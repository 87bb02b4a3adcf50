// SPDX-License-Identifier: Apache-2.0
#pragma once

// The subcommands, one file each. main.cpp is their table.
//
// A command gets the words after its name and gives the exit code. It may throw UsageError,
// config::ConfigurationError or any std::exception: main.cpp says each on standard error and
// chooses the exit code.

#include <string>
#include <vector>

namespace latchkey::cli {

using Words = std::vector<std::string>;

int serve(const Words& words);
int worker(const Words& words);
int status(const Words& words);
int doctor(const Words& words);
int purge(const Words& words);
int user(const Words& words);
int blocklist(const Words& words);
int keys(const Words& words);
int show_config(const Words& words);
int show_version(const Words& words);

std::string serve_usage();
std::string worker_usage();
std::string status_usage();
std::string doctor_usage();
std::string purge_usage();
std::string user_usage();
std::string blocklist_usage();
std::string keys_usage();
std::string config_usage();
std::string version_usage();

}  // namespace latchkey::cli
