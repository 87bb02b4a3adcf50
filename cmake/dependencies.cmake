# SPDX-License-Identifier: Apache-2.0
#
# Everything comes from Debian's packages; dev/install names them.
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
find_library(FCGI_LIBRARY fcgi REQUIRED)
find_library(CRYPT_LIBRARY crypt REQUIRED)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)
find_library(ZXCVBN_LIBRARY zxcvbn REQUIRED)
