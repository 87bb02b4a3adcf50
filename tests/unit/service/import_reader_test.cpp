// SPDX-License-Identifier: Apache-2.0
#include "service/import_reader.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latchkey::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Strings = std::vector<std::string>;

// Hands a text out in pieces of a size.
ByteSource source_of(std::string text, std::size_t piece = 7) {
  return [text = std::move(text), piece, at = std::size_t{0}](std::span<char> buffer) mutable {
    const std::size_t size = std::min({piece, buffer.size(), text.size() - at});
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), size, buffer.begin());
    at += size;
    return size;
  };
}

// Each entry as "line:fault" or "line=email|username|password_hash|is_active|created_at".
Strings read(ImportFormat format, const std::string& text, std::size_t piece = 7) {
  LineReader lines(source_of(text, piece));
  const auto reader = open_import(format, lines);
  Strings all;
  while (const auto entry = reader->next()) {
    const ImportFields& fields = entry->fields;
    std::string line = std::to_string(entry->line);
    if (entry->fault) {
      all.push_back(line + ':' + entry->fault->code);
      continue;
    }
    char separator = '=';
    for (const auto* const field : {&fields.email, &fields.username, &fields.password_hash,
                                    &fields.is_active, &fields.created_at}) {
      line += separator + field->value_or("-");
      separator = '|';
    }
    all.push_back(line);
  }
  return all;
}

std::string fault_of_file(const std::string& text) {
  try {
    (void)read(ImportFormat::kCsv, text);
  } catch (const ImportFileFault& fault) {
    return fault.what();
  }
  return "none";
}

const std::string kHeader = "email,username,password_hash\n";

TEST(LineReaderTest, GivesLinesWithoutTheirEnds) {
  for (const std::size_t piece : {1U, 2U, 3U, 100U}) {
    LineReader lines(source_of("a\r\n\nb\rc\n\r\nlast", piece));
    Strings all;
    while (const auto line = lines.next()) all.push_back(std::to_string(line->number) + line->text);
    EXPECT_EQ(all, (Strings{"1a", "2", "3b\rc", "4", "5last"})) << piece;
    EXPECT_EQ(lines.bytes_read(), 14);
  }
  LineReader empty(source_of(""));
  EXPECT_FALSE(empty.next());
}

TEST(LineReaderTest, ThrowsAwayWhatIsTooLong) {
  const std::string longest(kMaxLineBytes, 'x');
  for (const char* const end : {"\n", "\r\n"}) {
    LineReader lines(source_of(
        longest + end + longest + 'x' + end + std::string(1'000'000, 'y') + end + 'z', 5000));
    EXPECT_EQ(lines.next()->text, longest);
    for (int i = 0; i < 2; ++i) {
      const auto line = lines.next();
      EXPECT_TRUE(line->is_too_long);
      EXPECT_TRUE(line->text.empty());
    }
    EXPECT_EQ(lines.next()->text, "z");
    EXPECT_FALSE(lines.next());
  }
}

TEST(CsvRecordTest, HasFieldsAsRfc4180SaysIt) {
  EXPECT_EQ(parse_csv_record("a,b,c").fields, (Strings{"a", "b", "c"}));
  EXPECT_EQ(parse_csv_record("").fields, Strings{""});
  EXPECT_EQ(parse_csv_record(",").fields, (Strings{"", ""}));
  EXPECT_EQ(parse_csv_record(R"("a","b,c","d""e","")").fields, (Strings{"a", "b,c", "d\"e", ""}));
  EXPECT_EQ(parse_csv_record(R"("""")").fields, Strings{"\""});
  EXPECT_EQ(parse_csv_record(R"("""a""",b)").fields, (Strings{"\"a\"", "b"}));
  EXPECT_EQ(parse_csv_record(" a , b ").fields, (Strings{" a ", " b "}));
  EXPECT_EQ(parse_csv_record("\"a\nb\",c").fields, (Strings{"a\nb", "c"}));
}

TEST(CsvRecordTest, TellsWhatIsWrongWithAQuote) {
  for (const std::string_view text : {R"(")", R"("a)", R"(a,"b)", R"("a"")", R"("""")", R"("")"}) {
    const bool is_closed = text == R"("""")" || text == R"("")";
    EXPECT_EQ(parse_csv_record(text).fault,
              is_closed ? std::nullopt : std::optional(CsvFault::kOpenQuote))
        << text;
  }
  for (const std::string_view text :
       {R"(a"b)", R"("a"b)", R"("a" ,b)", R"( "a")", R"(a")", R"("a"b")"})
    EXPECT_EQ(parse_csv_record(text).fault, CsvFault::kBadQuote) << text;
}

TEST(CsvTest, ReadsColumnsInAnyOrder) {
  for (const std::size_t piece : {1U, 1000U}) {
    EXPECT_EQ(read(ImportFormat::kCsv,
                   "created_at,PASSWORD_HASH,email,is_active,username\r\n"
                   "2024,h,a@b.co,true,ada\r\n"
                   "\r\n"
                   ",h,b@b.co,,bob\r\n",
                   piece),
              (Strings{"2=a@b.co|ada|h|true|2024", "4=b@b.co|bob|h|-|-"}));
  }
  EXPECT_EQ(read(ImportFormat::kCsv, "\xEF\xBB\xBF" + kHeader + "a,b,c"), Strings{"2=a|b|c|-|-"});
  EXPECT_EQ(
      read(ImportFormat::kCsv, "\xEF\xBB\xBF\"email\",\"username\",\"password_hash\"\na,b,c\n"),
      Strings{"2=a|b|c|-|-"});
  EXPECT_TRUE(read(ImportFormat::kCsv, kHeader).empty());
}

TEST(CsvTest, RefusesLinesAndGoesOn) {
  const std::string too_long(kMaxLineBytes + 1, 'x');
  EXPECT_EQ(read(ImportFormat::kCsv,
                 kHeader + "a,b\n" + "a,b,c,d\n" + "a,\xFF,c\n" + std::string("a,b\0,c\n", 7) +
                     too_long + "\na,b\"c,d\na,b,c\n",
                 1000),
            (Strings{"2:wrong_columns", "3:wrong_columns", "4:invalid_utf8", "5:nul_character",
                     "6:too_long", "7:bad_quote", "8=a|b|c|-|-"}));
}

TEST(CsvTest, AQuoteMayHoldLineEnds) {
  EXPECT_EQ(read(ImportFormat::kCsv, kHeader + "a,\"b\r\n\r\nb\",c\nd,e,f\n"),
            (Strings{"2=a|b\n\nb|c|-|-", "5=d|e|f|-|-"}));
}

TEST(CsvTest, AQuoteThatIsNeverClosedCostsItsLineOnly) {
  EXPECT_EQ(read(ImportFormat::kCsv, kHeader + "a,\"b,c\nd,e,f\ng,h,i"),
            (Strings{"2:open_quote", "3=d|e|f|-|-", "4=g|h|i|-|-"}));
  // The next quote would close it, in the middle of a field.
  EXPECT_EQ(read(ImportFormat::kCsv, kHeader + "a,\"b,c\nd,\"e\",f\n\"g,h,i\n"),
            (Strings{"2:bad_quote", "3=d|e|f|-|-", "4:open_quote"}));
  EXPECT_EQ(read(ImportFormat::kCsv, kHeader + "\"a" + std::string(99, '\n') + "\",b,c\n", 1000)
                .front()[0],
            '2');
  EXPECT_EQ(
      read(ImportFormat::kCsv, kHeader + "\"a" + std::string(100, '\n') + "\",b,c\n", 1000).front(),
      "2:open_quote");
  // Far behind it, or followed by a line without an end.
  const std::string many(2 * kMaxLineBytes, '\n');
  EXPECT_EQ(read(ImportFormat::kCsv, kHeader + "\"a,b,c" + many + "d,e,f\"\ng,h,i\n", 1000),
            (Strings{"2:open_quote", std::to_string(2 * kMaxLineBytes + 2) + ":bad_quote",
                     std::to_string(2 * kMaxLineBytes + 3) + "=g|h|i|-|-"}));
  EXPECT_EQ(read(ImportFormat::kCsv,
                 kHeader + "\"a,b,c\n" + std::string(1'000'000, 'x') + "\nd,e,f\n", 1000),
            (Strings{"2:open_quote", "3:too_long", "4=d|e|f|-|-"}));
}

TEST(CsvTest, AFileThatIsNoneIsRefusedWhole) {
  EXPECT_THAT(fault_of_file(""), HasSubstr("empty"));
  EXPECT_THAT(fault_of_file("\n\r\n"), HasSubstr("empty"));
  EXPECT_THAT(fault_of_file("email,username\n"), HasSubstr("lacks the column password_hash"));
  EXPECT_THAT(fault_of_file("email,username,password_hash,email\n"), HasSubstr("twice: email"));
  EXPECT_THAT(fault_of_file("email,username,password_hash,is_actve\n"),
              HasSubstr("its field 4 is"));
  EXPECT_THAT(fault_of_file("email,username,password_hash,\x1b[2J\n"), Not(HasSubstr("[2J")));
  // Without a header it is a user who stands there.
  EXPECT_THAT(fault_of_file("$2b$12$hash,ada,a@b.co\n"), Not(HasSubstr("$2b$")));
  EXPECT_THAT(fault_of_file("\xFF\xFE"
                            "e\0m\0"),
              HasSubstr("UTF-16"));
  EXPECT_THAT(fault_of_file("\xFE\xFF\n"), HasSubstr("UTF-16"));
  EXPECT_THAT(fault_of_file("email,\"username,password_hash\n"), HasSubstr("no header"));
  EXPECT_THAT(fault_of_file("email,\xFF\n"), HasSubstr("no header"));
  EXPECT_THAT(fault_of_file(std::string(1'000'000, 'x')), HasSubstr("no header"));
}

TEST(JsonLinesTest, ReadsAnObjectALine) {
  EXPECT_EQ(
      read(ImportFormat::kJsonLines,
           "\xEF\xBB\xBF"
           R"({"email": "a@b.co", "username": "ada", "password_hash": "h", "is_active": false})"
           "\r\n\n"
           R"({"created_at": "2024", "password_hash": "h", "email": "b@b.co", "username": "bob"})"
           "\n"
           R"({"email": null, "username": "", "is_active": true})"),
      (Strings{"1=a@b.co|ada|h|false|-", "3=b@b.co|bob|h|-|2024", "4=-|-|-|true|-"}));
}

TEST(JsonLinesTest, RefusesLinesAndGoesOn) {
  EXPECT_EQ(read(ImportFormat::kJsonLines,
                 "nonsense\n"
                 "[]\n"
                 "{\"email\": \"a\"\n"
                 "{\"email\": \"a\", \"email\": \"b\"}\n"
                 "{\"emial\": \"a\"}\n"
                 "{\"email\": 5}\n"
                 "{\"is_active\": \"yes\"}\n"
                 "{\"created_at\": 1e999999}\n"
                 "{\"created_at\": 99999999999999999999999999}\n"
                 "{\"username\": {}}\n"
                 "{\"username\": \"\\u0000\"}\n"
                 "{\"username\": \"\xFF\"}\n" +
                     std::string("{\"username\": \"\0\"}\n", 18) + "{\"username\": \"" +
                     std::string(100'000, '[') + "\"}\n" + std::string(1000, '[') + "\n{}\n",
                 1000),
            (Strings{"1:invalid_json", "2:invalid_json", "3:invalid_json", "4:invalid_json",
                     "5:unknown_field", "6:email_wrong_type", "7:is_active_wrong_type",
                     "8:invalid_json", "9:created_at_wrong_type", "10:username_wrong_type",
                     "11:invalid_json", "12:invalid_utf8", "13:nul_character", "14:too_long",
                     "15:invalid_json", "16=-|-|-|-|-"}));
}

TEST(JsonLinesTest, SaysWhatIsWrong) {
  LineReader lines(source_of("{\"a\": 1, \"a\": 2}\n"));
  EXPECT_EQ(open_import(ImportFormat::kJsonLines, lines)->next()->fault->message,
            "is no JSON object: a key occurs twice");
}

}  // namespace
}  // namespace latchkey::service
