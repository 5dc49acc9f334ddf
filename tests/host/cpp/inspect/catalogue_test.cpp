// SPDX-License-Identifier: GPL-2.0-only
//
// All variables of a kernel and its modules, in files as /sys/kernel/btf has them.
#include "inspect/catalogue/catalogue.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "btf_samples.hpp"
#include "inspect/catalogue/glob.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/addresses.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

using inspect::Catalogue;
using inspect::Filter;
using inspect::InspectError;
using inspect::Problem;
using inspect::Variable;

class CatalogueTest : public testing::Test {
 public:
  CatalogueTest(const CatalogueTest&) = delete;
  CatalogueTest& operator=(const CatalogueTest&) = delete;

 protected:
  CatalogueTest() {
    std::filesystem::create_directories(folder);
    const BtfWriter kernel = kernel_sample();
    write("vmlinux", kernel.bytes());
    write("nfsd", module_sample(kernel).bytes());
    write("plain", BtfWriter(&kernel).bytes());
    write("broken", Bytes(100));
  }
  ~CatalogueTest() override { std::filesystem::remove_all(folder); }

  void write(const std::string& name, const Bytes& bytes) {
    std::ofstream file(folder / name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  [[nodiscard]] Catalogue load() const { return Catalogue::load(folder); }

  std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("btf." + std::to_string(::getpid()));
};

std::string names(std::span<const Variable> variables) {
  std::string text;
  for (const Variable& variable : variables)
    text += variable.module + "::" + variable.name + "@" + std::to_string(variable.offset) + "+" +
            std::to_string(variable.size) + " ";
  return text;
}

TEST_F(CatalogueTest, HasTheVariablesOfAll) {
  const Catalogue catalogue = load();
  EXPECT_EQ(names(catalogue.variables()),
            "vmlinux::everything@64+" + std::to_string(sizeof(Everything)) +
                " vmlinux::count@576+8 vmlinux::list@592+16 vmlinux::text@624+16 "
                "nfsd::own@0+8 nfsd::count@8+4 ");
  EXPECT_EQ(catalogue.variables()[4].btf, catalogue.btf_of("nfsd"));
  EXPECT_EQ(catalogue.btf_of("vmlinux"), &catalogue.kernel());
  EXPECT_NE(catalogue.btf_of("plain"), nullptr);
  EXPECT_EQ(catalogue.btf_of("absent"), nullptr);
  ASSERT_EQ(catalogue.failures().size(), 1U);
  EXPECT_EQ(catalogue.failures()[0].module, "broken");
  EXPECT_FALSE(catalogue.failures()[0].message.empty());
}

TEST_F(CatalogueTest, FindsByNameAndModule) {
  const Catalogue catalogue = load();
  EXPECT_EQ(catalogue.find("text").offset, 624U);
  EXPECT_EQ(catalogue.find("own").module, "nfsd");
  EXPECT_EQ(catalogue.find("count", "vmlinux").size, 8U);
  EXPECT_EQ(catalogue.find("count", "nfsd").size, 4U);
}

TEST_F(CatalogueTest, RefusesNamesOfTwo) {
  const Catalogue catalogue = load();
  try {
    (void)catalogue.find("count");
    FAIL();
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), Problem::bad_request);
    EXPECT_NE(std::string(error.what()).find("vmlinux, nfsd"), std::string::npos);
  }
}

// A static variable of two files that were linked into one.
TEST_F(CatalogueTest, RefusesNamesThatOneObjectHasTwice) {
  BtfWriter writer;
  const int number = writer.integer("unsigned int", 4);
  writer.section(".data..percpu", {{writer.variable("twice", number), 0, 4},
                                   {writer.variable("twice", number), 8, 4}});
  write("vmlinux", writer.bytes());
  const Catalogue catalogue = load();
  try {
    (void)catalogue.find("twice");
    FAIL();
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), Problem::bad_request);
    EXPECT_EQ(std::string(error.what()).find("vmlinux has 2 per-CPU variables"), 0U)
        << error.what();
  }
}

TEST_F(CatalogueTest, SaysWhyAModuleIsNotRead) {
  const Catalogue catalogue = load();
  try {
    (void)catalogue.find("count", "broken");
    FAIL() << "found in what cannot be read";
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), Problem::malformed_btf) << error.what();
    EXPECT_NE(std::string(error.what()).find(catalogue.failures()[0].message), std::string::npos)
        << error.what();
  }
}

TEST_F(CatalogueTest, SaysWhatIsClose) {
  const Catalogue catalogue = load();
  try {
    (void)catalogue.find("evrything");
    FAIL();
  } catch (const UnknownNameError& error) {
    EXPECT_EQ(error.known().front(), "everything");
    EXPECT_EQ(error.known().size(), 3U) << "who mistypes needs no list of hundreds";
  }
  EXPECT_THROW((void)catalogue.find("own", "vmlinux"), UnknownNameError);
  try {
    (void)catalogue.find("own", "absent");
    FAIL();
  } catch (const UnknownNameError& error) {
    EXPECT_EQ(error.kind(), "module with BTF");
    EXPECT_EQ(error.known().size(), 3U);
  }
}

TEST_F(CatalogueTest, Selects) {
  const Catalogue catalogue = load();
  const auto selected = [&](const Filter& filter) {
    std::string text;
    for (const Variable& variable : inspect::select(catalogue.variables(), filter))
      text += variable.name + " ";
    return text;
  };
  EXPECT_EQ(selected({}), "everything count list text own count ");
  Filter filter;
  filter.glob = "*t";
  EXPECT_EQ(selected(filter), "count list text count ");
  filter.glob = "x*";
  EXPECT_EQ(selected(filter), "");
  filter = {};
  filter.module = "nfsd";
  EXPECT_EQ(selected(filter), "own count ");
  filter = {};
  filter.type = "unsigned int";
  EXPECT_EQ(selected(filter), "count ");
  filter.type = "char[16]";
  EXPECT_EQ(selected(filter), "text ");
  filter.type = "struct*";
  EXPECT_EQ(selected(filter), "everything list own ");
  filter = {};
  const auto of_size = [&](std::string_view text) {
    filter.size = inspect::SizeFilter::parse(text).value();
    return selected(filter);
  };
  EXPECT_EQ(of_size(">16"), "everything ");
  EXPECT_EQ(of_size(">=16"), "everything list text ");
  EXPECT_EQ(of_size("16"), "list text ");
  EXPECT_EQ(of_size("=16"), "list text ");
  EXPECT_EQ(of_size("<=8"), "count own count ");
  EXPECT_EQ(of_size("<8"), "count ");
}

TEST(SizeFilter, OfWhatIsNoneIsNothing) {
  for (const char* const text :
       {"", ">", "=>8", "==8", "8k", " 8", "-8", "> 8", "99999999999999999999"})
    EXPECT_EQ(inspect::SizeFilter::parse(text), std::nullopt) << text;
}

TEST_F(CatalogueTest, NeedsAKernel) {
  std::filesystem::remove(folder / "vmlinux");
  try {
    (void)load();
    FAIL();
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), Problem::no_btf);
    EXPECT_FALSE(error.remedy().empty());
  }
}

// Of WSL, and of old versions of pahole.
TEST_F(CatalogueTest, WithoutAPerCpuSectionSaysSo) {
  BtfWriter writer;
  writer.section(".data", {{writer.variable("count", writer.integer("unsigned int", 4)), 0, 4}});
  write("vmlinux", writer.bytes());
  const Catalogue catalogue = load();
  try {
    (void)catalogue.find("runqueues");
    FAIL();
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), Problem::no_btf);
    EXPECT_NE(std::string(error.what()).find(".data..percpu"), std::string::npos) << error.what();
    EXPECT_NE(error.remedy().find("pahole"), std::string::npos) << error.remedy();
  }
  EXPECT_THROW(catalogue.require_variables(), InspectError);
  EXPECT_NO_THROW(Catalogue(inspect::Btf::parse(kernel_sample().bytes())).require_variables());
}

TEST_F(CatalogueTest, RefusesSectionsThatWrap) {
  for (const std::uint32_t offset : {0xffffffffU, 0xfffffffcU}) {
    BtfWriter writer;
    const int variable = writer.variable("count", writer.integer("unsigned int", 4));
    writer.section(".data..percpu", {{variable, offset, 4}});
    write("vmlinux", writer.bytes());
    EXPECT_THROW((void)load(), InspectError);
  }
}

TEST_F(CatalogueTest, RefusesVariablesSmallerThanTheirType) {
  BtfWriter writer;
  const int variable = writer.variable("count", writer.integer("unsigned int", 4));
  writer.section(".data..percpu", {{variable, 0, 3}});
  write("vmlinux", writer.bytes());
  EXPECT_THROW((void)load(), InspectError);
}

// "count" is an ordinary variable of the kernel, too.
TEST_F(CatalogueTest, TellsSymbolsApartByTheirPlace) {
  const Catalogue catalogue = load();
  const std::vector<const Variable*> wanted{&catalogue.find("count", "vmlinux"),
                                            &catalogue.find("own"), &catalogue.find("list")};
  const auto parsed = [&](const std::string& count) {
    return inspect::Symbols::parse(
        "0000000000002000 A __per_cpu_start\n"
        "0000000000002040 A everything\n" +
            count + "ffffffffc0000000 d own\t[nfsd]\n",
        inspect::symbols_for(catalogue, wanted));
  };
  const std::string ordinary = "ffffffff82000000 b count\n";
  const auto found =
      inspect::addresses_of(catalogue, wanted, parsed(ordinary + "0000000000002240 A count\n"));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], 0x2240U);
  EXPECT_EQ(found[1], 0xffffffffc0000000);
  // No symbol of its own, but a place among the others.
  EXPECT_EQ(found[2], 0x2000U + 592U);
  // Neither of them lies where BTF says: this one has no address, the others keep theirs.
  const auto neither =
      inspect::addresses_of(catalogue, wanted, parsed(ordinary + "0000000000002248 A count\n"));
  EXPECT_EQ(neither[0], std::nullopt);
  EXPECT_EQ(neither[1], 0xffffffffc0000000);
}

TEST_F(CatalogueTest, NoSymbolOfAnObjectNoAddress) {
  const Catalogue catalogue = load();
  const std::vector<const Variable*> wanted{&catalogue.find("own")};
  const auto symbols = inspect::Symbols::parse("0000000000002040 A everything\n",
                                               inspect::symbols_for(catalogue, wanted));
  EXPECT_EQ(inspect::addresses_of(catalogue, wanted, symbols).front(), std::nullopt);
}

struct Match {
  const char* text;
  const char* pattern;
  bool matches;
};
class Globs : public testing::TestWithParam<Match> {};

TEST_P(Globs, Match) {
  EXPECT_EQ(inspect::matches_glob(GetParam().text, GetParam().pattern), GetParam().matches)
      << GetParam().text << " " << GetParam().pattern;
}

INSTANTIATE_TEST_SUITE_P(
    Catalogue, Globs,
    testing::Values(Match{"", "", true}, Match{"a", "", false}, Match{"", "*", true},
                    Match{"", "?", false}, Match{"abc", "abc", true}, Match{"abc", "ab", false},
                    Match{"abc", "a*c", true}, Match{"abc", "*b*", true}, Match{"abc", "a?c", true},
                    Match{"abab", "*ab", true}, Match{"aXbXc", "a*X*c", true},
                    Match{"abc", "[a-b]bc", true}, Match{"cbc", "[a-b]bc", false},
                    Match{"cbc", "[!a-b]bc", true}, Match{"]", "[]]", true},
                    Match{"-", "[a-]", true}, Match{"[", "[", true}, Match{"[a", "[a", true},
                    Match{"a", "[a", false}, Match{"a", "[]", false}, Match{"a", "[!", false},
                    Match{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                          "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", false}));

}  // namespace
}  // namespace percpu_scope
