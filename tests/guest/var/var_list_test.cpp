// SPDX-License-Identifier: GPL-2.0-only
//
// VarList: what needs the kernel's BTF alone, and no address: which variables there are,
// and how they lie. Also where /proc/kallsyms lists no variables.
#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "var/var_fixture.hpp"

namespace percpu_scope::guest {
namespace {

class VarList : public VarTest {
 public:
  void SetUp() override {
    if (!path_exists("/sys/kernel/btf/vmlinux")) GTEST_SKIP() << "this kernel has no BTF";
  }
  // Name, offset and size of each of the kernel's variables, as `pcpu var list` has them.
  static std::multiset<std::string> listed_variables() {
    std::multiset<std::string> listed;
    for (const nlohmann::json& variable : list_variables({"--module", "vmlinux"}))
      listed.insert(variable.at("name").get<std::string>() + " " +
                    std::to_string(variable.at("offset").get<std::uint64_t>()) + " " +
                    std::to_string(variable.at("size").get<std::uint64_t>()));
    return listed;
  }
};

TEST_F(VarList, IsWhatBtfSays) {
  const Types types(btf__parse("/sys/kernel/btf/vmlinux", nullptr));
  ASSERT_NE(types, nullptr);
  const int id = btf__find_by_name_kind(types.get(), ".data..percpu", BTF_KIND_DATASEC);
  ASSERT_GT(id, 0);
  const btf_type* const section = btf__type_by_id(types.get(), static_cast<__u32>(id));
  std::multiset<std::string> there;
  for (unsigned i = 0; i < btf_vlen(section); ++i) {
    const btf_var_secinfo& info = btf_var_secinfos(section)[i];
    const btf_type* const variable = btf__type_by_id(types.get(), info.type);
    there.insert(std::string(btf__name_by_offset(types.get(), variable->name_off)) + " " +
                 std::to_string(info.offset) + " " + std::to_string(info.size));
  }
  EXPECT_EQ(listed_variables(), there);
}

// The host has left what bpftool says of this kernel's image (scripts/percpu_vm/bpftool.py).
TEST_F(VarList, IsWhatBpftoolSays) {
  std::multiset<std::string> there;
  for (const std::vector<std::string>& words :
       words_of(read_file("/etc/percpu-scope/bpftool-variables"))) {
    // type_id=1 offset=64 size=8 (VAR 'name')
    ASSERT_EQ(words.size(), 5U);
    const auto number = [](const std::string& word) { return word.substr(word.find('=') + 1); };
    const std::string quoted = words[4];
    const std::size_t from = quoted.find('\'') + 1;
    there.insert(quoted.substr(from, quoted.rfind('\'') - from) + " " + number(words[1]) + " " +
                 number(words[2]));
  }
  EXPECT_GT(there.size(), 100U);
  EXPECT_EQ(listed_variables(), there);
}

// A module that cannot be looked into is told of, to programs too.
TEST_F(VarList, NotesWhatIsMissing) {
  const char* const types = "/sys/kernel/btf/percpu_scope";
  ASSERT_TRUE(path_exists(types));
  const auto garble = [types] { cover_file(types, "no BTF"); };
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"var", "list"}, {"var", "read", "--all"}}) {
    if (words[1] == "read" && !lists_data_symbols()) continue;
    SCOPED_TRACE(words[1]);
    std::vector<std::string> as_json = words;
    as_json.insert(as_json.begin(), "-j");
    const Ended json = run(as_json, garble);
    EXPECT_EQ(json.status, 0) << json.err;
    EXPECT_EQ(json.err, "");
    const nlohmann::json document = parsed(json.out);
    EXPECT_FALSE(document.at("variables").empty());
    EXPECT_NE(document.at("notes").dump().find("percpu_scope"), std::string::npos)
        << document.at("notes");
    const Ended text = run(words, garble);
    EXPECT_NE(text.err.find("note: not looked into, their BTF cannot be read: percpu_scope"),
              std::string::npos)
        << text.err;
  }
  for (const nlohmann::json& note : document({"var", "list"}).at("notes"))
    EXPECT_EQ(note.get<std::string>().find("percpu_scope"), std::string::npos) << note;
}

TEST_F(VarList, MapNeedsNoAddresses) {
  const nlohmann::json map = document({"var", "map"});
  EXPECT_EQ(map.at("variables"), list_variables({"--module", "vmlinux"}).size());
  EXPECT_FALSE(map.at("holes").empty());
  EXPECT_FALSE(map.at("shared_lines").empty());
  EXPECT_EQ(run({"var", "map", "--lines"}).status, 0);
}

TEST_F(VarList, WithoutAddressesReadingSaysWhatIsMissing) {
  if (lists_data_symbols()) return;  // then VarKernel has them read
  const Ended read = run({"var", "read", "runqueues.cpu"});
  EXPECT_EQ(read.status, 1) << read.out;
  EXPECT_NE(read.err.find("CONFIG_KALLSYMS_ALL"), std::string::npos) << read.err;
  const Ended doctor = run({"doctor"});
  EXPECT_NE(doctor.out.find("variables (pcpu var) DO NOT WORK"), std::string::npos) << doctor.out;
  EXPECT_NE(doctor.out.find("CONFIG_KALLSYMS_ALL"), std::string::npos) << doctor.out;
}

}  // namespace
}  // namespace percpu_scope::guest
