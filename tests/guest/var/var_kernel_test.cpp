// SPDX-License-Identifier: GPL-2.0-only
//
// VarKernel: what pcpu reads of the kernel's own variables against what the kernel
// says of them elsewhere. A number that grows is read between two looks at /proc.
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "percpu_scope/file_descriptor.hpp"
#include "var/var_fixture.hpp"

namespace percpu_scope::guest {
namespace {

// A name and a CPU to a number, however the file is laid out.
using Numbers = std::map<std::string, std::uint64_t>;

std::string key(const std::string& name, std::uint32_t cpu) {
  return name + ":" + std::to_string(cpu);
}

struct Symbol {
  std::string name;
  std::uint64_t address;
};

// The kernel's data symbols in /proc/kallsyms. Those of modules have a fourth word.
std::vector<Symbol> kernel_symbols() {
  std::vector<Symbol> symbols;
  for (const std::vector<std::string>& words : words_of(read_file("/proc/kallsyms")))
    if (words.size() == 3 && std::string_view("tTwWU").find(words[1]) == std::string_view::npos)
      symbols.push_back({words[2], std::stoull(words[0], nullptr, 16)});
  return symbols;
}

std::uint64_t address_of(const std::vector<Symbol>& symbols, const std::string& name) {
  for (const Symbol& symbol : symbols)
    if (symbol.name == name) return symbol.address;
  throw std::runtime_error("no symbol " + name);
}

class VarKernel : public VarTest {
 public:
  // Every number that `read` finds through pcpu must be one that it can have had
  // between two looks. How many there were.
  static std::size_t expect_between(const std::function<Numbers()>& look,
                                    const std::function<Numbers()>& read) {
    const Numbers before = look();
    const Numbers seen = read();
    const Numbers after = look();
    for (const auto& [name, value] : seen) {
      if (!before.contains(name)) {
        ADD_FAILURE() << name << " is not in the kernel's own file";
        continue;
      }
      EXPECT_GE(value, before.at(name)) << name;
      EXPECT_LE(value, after.at(name)) << name;
    }
    return seen.size();
  }
  [[nodiscard]] std::string cpu_text(std::uint32_t cpu) const { return std::to_string(cpu); }
};

TEST_F(VarKernel, NumbersThatMustBe) {
  const nlohmann::json numbers = only({"var", "read", "runqueues.cpu"});
  const nlohmann::json offsets = only({"var", "read", "this_cpu_off"});
  const std::vector<Cpu> raw = device.cpus(Addresses::raw);
  for (const Cpu& cpu : raw) {
    EXPECT_EQ(numbers.at("values").at(cpu_text(cpu.number)), cpu.number);
    EXPECT_EQ(offsets.at("values").at(cpu_text(cpu.number)), cpu.offset);
  }
}

TEST_F(VarKernel, ListIsWhatKallsymsSays) {
  const std::vector<Symbol> symbols = kernel_symbols();
  const std::uint64_t start = address_of(symbols, "__per_cpu_start");
  const std::uint64_t end = address_of(symbols, "__per_cpu_end");
  // The linker's own, and the one object that no compiler sees.
  const std::set<std::string> unlisted{"__per_cpu_start", "__per_cpu_end", "__per_cpu_hot_start",
                                       "__per_cpu_hot_end", "fixed_percpu_data"};
  // A second name that the linker gives: const_pcpu_hot (6.8 to 6.14), const_current_task
  // and others (6.15) tell the compiler that a task never sees them change.
  const std::string linked = "const_";
  const auto is_second_name = [&](const Symbol& symbol) {
    return symbol.name.starts_with(linked) &&
           std::any_of(symbols.begin(), symbols.end(), [&](const Symbol& other) {
             return other.address == symbol.address &&
                    symbol.name.compare(linked.size(), std::string::npos, other.name) == 0;
           });
  };
  // A second name of a variable, for the kernel's position-independent parts (6.15):
  // BTF knows it by either, so only the variable's own is compared.
  const std::string alias = "__pi_";
  const auto own_name = [&](const std::string& name) {
    return name.starts_with(alias) ? name.substr(alias.size()) : name;
  };
  std::multiset<std::pair<std::uint64_t, std::string>> there;
  for (const Symbol& symbol : symbols)
    if (symbol.address >= start && symbol.address < end && !unlisted.contains(symbol.name) &&
        !symbol.name.starts_with(alias) && !is_second_name(symbol))
      there.emplace(symbol.address - start, symbol.name);
  std::multiset<std::pair<std::uint64_t, std::string>> listed;
  for (const nlohmann::json& variable : list_variables({"--module", "vmlinux"}))
    listed.emplace(variable.at("offset").get<std::uint64_t>(),
                   own_name(variable.at("name").get<std::string>()));
  EXPECT_GT(listed.size(), 100U);
  EXPECT_EQ(listed, there);
}

TEST_F(VarKernel, CpuTimes) {
  // By place in enum cpu_usage_stat and in a line of /proc/stat; idle and iowait are
  // counted elsewhere while a CPU's tick is off.
  struct Time {
    const char* name;
    std::size_t usage;
    std::size_t word;
  };
  constexpr Time times[]{{"user", 0, 1},    {"nice", 1, 2}, {"system", 2, 3},
                         {"softirq", 3, 7}, {"irq", 4, 6},  {"steal", 7, 8}};
  constexpr std::uint64_t tick_ns = 10'000'000;  // USER_HZ is 100
  const auto look = [&] {
    Numbers numbers;
    for (const auto& words : words_of(read_file("/proc/stat")))
      for (const std::uint32_t cpu : catalogue.online)
        if (words.at(0) == "cpu" + std::to_string(cpu))
          for (const Time& time : times)
            numbers[key(time.name, cpu)] = to_number(words.at(time.word));
    return numbers;
  };
  const auto read = [&] {
    const nlohmann::json values = only({"var", "read", "kernel_cpustat"}).at("values");
    Numbers numbers;
    for (const std::uint32_t cpu : catalogue.online)
      for (const Time& time : times)
        numbers[key(time.name, cpu)] =
            values.at(cpu_text(cpu)).at("cpustat").at(time.usage).get<std::uint64_t>() / tick_ns;
    return numbers;
  };
  EXPECT_EQ(expect_between(look, read), catalogue.online.size() * std::size(times));
}

TEST_F(VarKernel, EventsOfMemory) {
  const Types types(btf__parse("/sys/kernel/btf/vmlinux", nullptr));
  ASSERT_NE(types, nullptr);
  const int id = btf__find_by_name_kind(types.get(), "vm_event_item", BTF_KIND_ENUM);
  ASSERT_GT(id, 0);
  const btf_type* const items = btf__type_by_id(types.get(), static_cast<__u32>(id));
  const auto look = [] {
    Numbers numbers;
    for (const auto& words : words_of(read_file("/proc/vmstat")))
      numbers[words.at(0)] = to_number(words.at(1));
    return numbers;
  };
  const Numbers shown = look();
  const auto read = [&] {
    const nlohmann::json values = only({"var", "read", "vm_event_states"}).at("values");
    Numbers numbers;
    for (unsigned i = 0; i < btf_vlen(items); ++i) {
      const struct btf_enum& item = btf_enum(items)[i];
      std::string name = btf__name_by_offset(types.get(), item.name_off);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      // The file shows some in other units, and under other names.
      if (!shown.contains(name) || name == "pgpgin" || name == "pgpgout") continue;
      std::uint64_t sum = 0;
      for (const auto& [cpu, value] : values.items())
        sum += value.at("event").at(static_cast<std::size_t>(item.val)).get<std::uint64_t>();
      numbers[name] = sum;
    }
    return numbers;
  };
  EXPECT_GT(expect_between(look, read), 30U);
  EXPECT_GT(shown.at("pgfault"), 0U);
}

TEST_F(VarKernel, Interrupts) {
  const std::map<std::string, std::string> fields{{"NMI:", "__nmi_count"},
                                                  {"LOC:", "apic_timer_irqs"},
                                                  {"RES:", "irq_resched_count"},
                                                  {"CAL:", "irq_call_count"},
                                                  {"TLB:", "irq_tlb_count"}};
  const nlohmann::json first =
      only({"var", "read", "irq_stat"}).at("values").at(cpu_text(catalogue.online.front()));
  // 7.3 does, and no field has the name of an interrupt then.
  if (first.contains("counts")) GTEST_SKIP() << "this kernel counts interrupts in an array";
  const auto look = [&] {
    Numbers numbers;
    for (const auto& words : words_of(read_file("/proc/interrupts")))
      if (const auto field = fields.find(words.at(0)); field != fields.end())
        for (std::size_t i = 0; i < catalogue.online.size(); ++i)
          numbers[key(field->second, catalogue.online[i])] = to_number(words.at(i + 1));
    return numbers;
  };
  const auto read = [&] {
    const nlohmann::json values = only({"var", "read", "irq_stat"}).at("values");
    Numbers numbers;
    for (const std::uint32_t cpu : catalogue.online)
      for (const auto& [name, field] : fields)
        numbers[key(field, cpu)] = number_in(values.at(cpu_text(cpu)).at(field));
    return numbers;
  };
  EXPECT_EQ(expect_between(look, read), catalogue.online.size() * fields.size());
}

// Packets of this machine to itself, so that there is something to count.
void send_packets() {
  const FileDescriptor sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq interface {};
  interface.ifr_name[0] = 'l';
  interface.ifr_name[1] = 'o';
  ASSERT_EQ(::ioctl(sender.number(), SIOCGIFFLAGS, &interface), 0);
  interface.ifr_flags = static_cast<short>(interface.ifr_flags | IFF_UP);
  ASSERT_EQ(::ioctl(sender.number(), SIOCSIFFLAGS, &interface), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Nobody listens: later ones may be told so.
  for (int i = 0; i < 100; ++i)
    (void)::sendto(sender.number(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address));
}

TEST_F(VarKernel, Packets) {
  send_packets();
  // By column of /proc/net/softnet_stat, whose last column is the CPU.
  std::map<std::string, std::size_t> columns{
      {"processed", 0}, {"dropped", 1}, {"time_squeeze", 2}, {"received_rps", 9}};
  constexpr std::size_t cpu_column = 12;
  // By 7.3 it is no part of this any more, but of a struct numa_drop_counters.
  if (!only({"var", "read", "softnet_data"})
           .at("values")
           .at(cpu_text(catalogue.online.front()))
           .contains("dropped"))
    columns.erase("dropped");
  const auto look = [&] {
    Numbers numbers;
    for (const auto& words : words_of(read_file("/proc/net/softnet_stat")))
      for (const auto& [name, column] : columns)
        numbers[key(name,
                    static_cast<std::uint32_t>(std::stoul(words.at(cpu_column), nullptr, 16)))] =
            std::stoull(words.at(column), nullptr, 16);
    return numbers;
  };
  std::uint64_t processed = 0;
  const auto read = [&] {
    const nlohmann::json values = only({"var", "read", "softnet_data"}).at("values");
    Numbers numbers;
    for (const std::uint32_t cpu : catalogue.online)
      for (const auto& [name, column] : columns)
        numbers[key(name, cpu)] = number_in(values.at(cpu_text(cpu)).at(name));
    for (const std::uint32_t cpu : catalogue.online) processed += numbers[key("processed", cpu)];
    return numbers;
  };
  EXPECT_EQ(expect_between(look, read), catalogue.online.size() * columns.size());
  EXPECT_GE(processed, 100U);
}

TEST_F(VarKernel, PointersOfTheKernelsOwn) {
  const std::vector<Symbol> symbols = kernel_symbols();
  if (std::none_of(symbols.begin(), symbols.end(),
                   [](const Symbol& symbol) { return symbol.name == "ip_rt_acct"; }))
    GTEST_SKIP() << "this kernel is built without CONFIG_IP_ROUTE_CLASSID";
  const nlohmann::json reading = only({"var", "ptr", "ip_rt_acct=struct ip_rt_acct", "--addr"});
  EXPECT_EQ(reading.at("size"), 16);
  for (const Cpu& cpu : catalogue.cpus)
    EXPECT_TRUE(reading.at("values").at(cpu_text(cpu.number)).contains("o_bytes")) << reading;
}

TEST_F(VarKernel, MapOfTheSection) {
  const nlohmann::json map = document({"var", "map", "--addr"});
  const nlohmann::json list = list_variables({"--module", "vmlinux"});
  EXPECT_EQ(map.at("variables"), list.size());
  std::uint64_t used = 0;
  for (const nlohmann::json& variable : list) used += variable.at("size").get<std::uint64_t>();
  std::uint64_t holes = 0;
  for (const nlohmann::json& hole : map.at("holes")) holes += hole.at("size").get<std::uint64_t>();
  EXPECT_EQ(map.at("used"), used);
  EXPECT_EQ(map.at("size").get<std::uint64_t>(), used + holes);
  EXPECT_TRUE(map.at("overlaps").empty()) << map.at("overlaps");
  EXPECT_FALSE(map.at("shared_lines").empty());
  const std::vector<Cpu> raw = device.cpus(Addresses::raw);
  ASSERT_EQ(map.at("areas").size(), raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    EXPECT_EQ(map.at("areas")[i].at("cpu"), raw[i].number);
    EXPECT_EQ(to_number(map.at("areas")[i].at("raw")), raw[i].offset);
    EXPECT_EQ(map.at("areas")[i].at("node"), raw[i].node);
  }
  EXPECT_EQ(map.at("first_chunk").at(0).at("source"), "symbols");
  const nlohmann::json& parts = map.at("first_chunk");
  const bool has_hot = std::any_of(parts.begin(), parts.end(), [](const nlohmann::json& part) {
    return part.at("part") == "  ..hot" && part.at("source") == "symbols";
  });
  const std::vector<Symbol> symbols = kernel_symbols();
  EXPECT_EQ(has_hot, std::any_of(symbols.begin(), symbols.end(), [](const Symbol& symbol) {
              return symbol.name == "__per_cpu_hot_start";
            }));
}

}  // namespace
}  // namespace percpu_scope::guest
