// SPDX-License-Identifier: Apache-2.0
#include "cli/password_input.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

#include <gtest/gtest.h>

namespace latchkey::cli {
namespace {

// A file with this content, for as long as the object lives.
class PasswordFile {
 public:
  explicit PasswordFile(const std::string& content) {
    close(mkstemp(path_.data()));
    std::ofstream(path_) << content;
  }
  PasswordFile(const PasswordFile&) = delete;
  PasswordFile& operator=(const PasswordFile&) = delete;
  ~PasswordFile() { unlink(path_.c_str()); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/latchkey-password-XXXXXX";
};

std::string read(const std::string& content) {
  const PasswordFile file(content);
  return std::string(read_password_file(file.path()).reveal());
}

TEST(PasswordFileTest, IsOneLine) {
  EXPECT_EQ(read("correct horse"), "correct horse");
  EXPECT_EQ(read("correct horse\n"), "correct horse");
  EXPECT_EQ(read("correct horse\r\n"), "correct horse");
  EXPECT_EQ(read(" with blanks \n"), " with blanks ");
  EXPECT_EQ(read("\x03\n"), "\x03");
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read(std::string(4096, 'x') + '\n').size(), 4096U);
}

TEST(PasswordFileTest, IsNothingElse) {
  EXPECT_THROW(read("one\ntwo"), std::runtime_error);
  EXPECT_THROW(read("one\n\n"), std::runtime_error);
  EXPECT_THROW(read(std::string(4097, 'x')), std::runtime_error);
  EXPECT_THROW(read_password_file("/nonexistent/file"), std::runtime_error);
  EXPECT_THROW(read_password_file("/"), std::runtime_error);
}

}  // namespace
}  // namespace latchkey::cli
