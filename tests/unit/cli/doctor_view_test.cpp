// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_view.h"

#include <string>

#include <gtest/gtest.h>

namespace latchkey::cli {
namespace {

Report report() {
  return {{"one", {ok("well", "All is well."), warning("odd", "Odd.", "See to it.")}},
          {"nothing", {}},
          {"two",
           {failure("ill", "Ill:\n\033[2J \"x\".", "Mend it."),
            could_not_ask("mute", "No word.", "Ask again.")}}};
}

TEST(DoctorText, IsAListByArea) {
  EXPECT_EQ(doctor_text(report(), false),
            "one\n"
            "  ok        well           All is well.\n"
            "  WARNING   odd            Odd.\n"
            "                           Do: See to it.\n"
            "\n"
            "two\n"
            "  FAILURE   ill            Ill:  [2J \"x\".\n"
            "                           Do: Mend it.\n"
            "  NO REPLY  mute           No word.\n"
            "                           Do: Ask again.\n"
            "\n"
            "1 failure, 1 warning, 1 ok, 1 could not be asked.\n");
}

TEST(DoctorText, OnATerminalTheMarksHaveColours) {
  const std::string text = doctor_text(report(), true);
  EXPECT_NE(text.find("\033[1;31mFAILURE \033[0m  ill"), std::string::npos) << text;
  EXPECT_EQ(doctor_text(report(), false).find('\033'), std::string::npos);
}

TEST(DoctorText, CountsInPlainEnglish) {
  EXPECT_EQ(doctor_text({}, false), "0 failures, 0 warnings, 0 ok.\n");
}

TEST(DoctorJson, IsOneObjectOnOneLine) {
  EXPECT_EQ(doctor_json(report()),
            R"({"findings":[)"
            R"({"area":"one","check":"well","status":"ok","found":"All is well.","advice":""},)"
            R"({"area":"one","check":"odd","status":"warning","found":"Odd.","advice":)"
            R"("See to it."},)"
            R"({"area":"two","check":"ill","status":"failure","found":)"
            R"("Ill:\n\u001b[2J \"x\".","advice":"Mend it."},)"
            R"({"area":"two","check":"mute","status":"could_not_ask","found":"No word.",)"
            R"("advice":"Ask again."}],"failures":1,"warnings":1,"could_not_ask":1})"
            "\n");
}

TEST(IsHealthy, WarningsAreAllowedAndSilenceIsNot) {
  EXPECT_TRUE(is_healthy({}));
  EXPECT_TRUE(is_healthy({{"a", {ok("x", "."), warning("y", ".", ".")}}}));
  EXPECT_FALSE(is_healthy({{"a", {failure("x", ".", ".")}}}));
  EXPECT_FALSE(is_healthy({{"a", {could_not_ask("x", ".", ".")}}}));
}

}  // namespace
}  // namespace latchkey::cli
