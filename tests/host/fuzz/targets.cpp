// SPDX-License-Identifier: GPL-2.0-only
//
// The targets.
#include "targets.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "btf_samples.hpp"
#include "btf_targets.hpp"
#include "cli/frame/exit_code.hpp"
#include "cli/var/differences.hpp"
#include "cli/var/leaves.hpp"
#include "inspect/btf/field_path.hpp"
#include "inspect/catalogue/glob.hpp"
#include "inspect/catalogue/section_map.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/symbols.hpp"
#include "percpu_scope/cpu_list.hpp"
#include "percpu_scope/error.hpp"
#include "percpu_scope/file_descriptor.hpp"

namespace percpu_scope::fuzz {
namespace {

void fuzz_cpus(Input input) {
  const std::vector<std::uint32_t> available{0, 1, 2, 3, 7, 8, 100};
  try {
    const auto cpus = parse_cpu_list(text_of(input), available);
    require(parse_cpu_list(format_cpu_list(cpus), available) == cpus);
  } catch (const std::invalid_argument&) {
    // Announced.
  }
}

std::vector<Seed> cpu_seeds() { return seeds_of({"all", "0", "1,3,7-8", "100"}); }

void check_place(const inspect::Btf& btf, const inspect::Request& request) {
  const inspect::TypeId type = btf.find("struct everything");
  try {
    const inspect::Place place = inspect::resolve(btf, type, request);
    require(place.offset + place.size <= sizeof(Everything));
  } catch (const UnknownNameError&) {
    // Announced.
  }
}

void fuzz_paths(Input input) {
  static const inspect::Btf btf = inspect::Btf::parse(kernel_sample().bytes());
  try {
    check_place(btf, inspect::parse_request(text_of(input)));
  } catch (const inspect::InspectError&) {
    // Announced.
  }
  try {
    const auto request = inspect::parse_pointer_request(text_of(input));
    require(!request.type.empty() && !request.target.variable.empty());
    check_place(btf, request.target);
    (void)btf.size_of(btf.find(request.type));
  } catch (const inspect::InspectError&) {
    // Announced.
  } catch (const UnknownNameError&) {
    // Announced.
  }
}

std::vector<Seed> path_seeds() {
  return seeds_of({"m::everything.pair.first:1,3", "e.matrix[1][0x2]", "e.half[1]", "e.wide",
                   "everything=struct pair.first:0", "0xffff1234=u64"});
}

void fuzz_globs(Input input) {
  const std::string_view text = text_of(input);
  const std::size_t cut = text.find('\n');
  if (cut == std::string_view::npos) return;
  const std::string_view name = text.substr(0, cut);
  const std::string_view pattern = text.substr(cut + 1);
  // Stars in front and behind match more, never less.
  if (inspect::matches_glob(name, pattern))
    require(inspect::matches_glob(name, '*' + std::string(pattern) + '*'));
  require(inspect::matches_glob(name, "*"));
  if (name.find_first_of("*?[") == std::string_view::npos)
    require(inspect::matches_glob(name, name));
}

std::vector<Seed> glob_seeds() {
  return seeds_of({"runqueues\nrun*", "abc\n[a-c]?[!x]", "a]\n*[]]"});
}

void fuzz_map(Input input) {
  if (input.empty()) return;
  const std::uint64_t line_size = std::uint64_t{1} << (std::to_integer<unsigned>(input[0]) % 64);
  std::vector<inspect::Extent> extents;
  // Either small numbers, which meet, or any.
  const bool is_small = std::to_integer<unsigned>(input[0]) < 128;
  const std::size_t width = is_small ? 2 : 16;
  for (std::size_t at = 1; at + width <= input.size(); at += width) {
    inspect::Extent extent{std::to_string(at), 0, 0};
    std::memcpy(&extent.offset, input.data() + at, width / 2);
    std::memcpy(&extent.size, input.data() + at + width / 2, width / 2);
    extents.push_back(std::move(extent));
  }
  try {
    const inspect::SectionMap map = inspect::map_section(extents, line_size);
    std::uint64_t holes = 0;
    for (const inspect::Hole& hole : map.holes) holes += hole.size;
    require(map.used + holes == map.size);
    for (const inspect::Line& line : map.shared_lines)
      require(line.names.size() > 1 && line.offset < map.size && line.offset % line_size == 0);
  } catch (const inspect::InspectError&) {
    // Announced.
  }
}

std::vector<Seed> map_seeds() {
  return seeds_of({std::string_view("\x06\x00\x08\x10\x20\x3c\x08", 7),
                   std::string_view("\x86\x10\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0", 17)});
}

void fuzz_symbols(Input input) {
  const std::string_view text = text_of(input);
  const std::vector<inspect::SymbolName> wanted{{"vmlinux", "count"}, {"nfsd", "count"}};
  for (const auto& [name, address] : inspect::Symbols::data_symbols(text)) {
    static_cast<void>(address);
    require(!name.name.empty() && !name.module.empty());
  }
  try {
    const inspect::Symbols symbols = inspect::Symbols::parse(text, wanted);
    for (const inspect::SymbolName& name : wanted)
      require(symbols.all(name).size() != 1 || symbols.find(name).has_value());
  } catch (const inspect::InspectError&) {
    // Announced.
  }
}

std::vector<Seed> symbol_seeds() {
  return seeds_of({"0000000000001040 A count\nffffffff81000010 t count\n",
                   "ffffffffc0001000 d count\t[nfsd]\nc0001000 d count\n"});
}

// Saved readings are files of the user.
void fuzz_readings(Input input) {
  try {
    const cli::Json reading = cli::parse_reading(std::string(text_of(input)), "a file");
    require(cli::compare_readings(reading, reading).at("same").get<bool>());
    (void)cli::render_reading(reading, cli::Numbers::exact);
    (void)cli::render_flat(reading);
  } catch (const cli::UsageError&) {
    // Announced.
  }
}

std::vector<Seed> reading_seeds() {
  return seeds_of(
      {R"({"variables":[{"name":"x","module":"m","path":"","type":"t","values":{"0":1,"2":[2,{"a":"b"}]}}]})",
       R"({"variables":[{"name":"x","module":"vmlinux","path":"f[1]","type":"t","values":{"10":-1,"9":null}},)"
       R"({"name":"x","module":"vmlinux","path":"f[1]","type":"u","values":{"9":{"a":1.5,"b":{}}}}]})"});
}

// The same symbols, however little of the file is held at once.
void fuzz_kallsyms(Input input) {
  constexpr std::size_t room = 64;
  const std::vector<inspect::SymbolName> wanted{{"vmlinux", "count"}, {"nfsd", "count"}};
  const FileDescriptor file(::memfd_create("kallsyms", MFD_CLOEXEC));
  require(::write(file.number(), input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  const auto found = [&wanted](const auto& read) -> std::optional<std::vector<std::size_t>> {
    try {
      const inspect::Symbols symbols = read();
      std::vector<std::size_t> counts;
      counts.reserve(wanted.size());
      for (const inspect::SymbolName& name : wanted) counts.push_back(symbols.all(name).size());
      return counts;
    } catch (const inspect::InspectError& error) {
      require(error.problem() == inspect::Problem::hidden_symbols);
      return std::nullopt;
    }
  };
  const std::string path = "/proc/self/fd/" + std::to_string(file.number());
  const auto whole = found([&] { return inspect::Symbols::load(wanted, path); });
  const auto parsed = found([&] { return inspect::Symbols::parse(text_of(input), wanted); });
  require(whole == parsed);
  // A line that is too long may be the one that shows an address, or hides all.
  const auto pieces = found([&] { return inspect::Symbols::load(wanted, path, room); });
  require(!whole || !pieces || whole == pieces);
}

// The control: a defect that must be found, or else nothing that was found says much.
void fuzz_planted(Input input) {
  const std::string_view text = text_of(input);
  if (!text.starts_with("bug")) return;
  const std::vector<std::byte> copy(input.begin(), input.end());
  const volatile std::byte* const bytes = copy.data();
  static_cast<void>(bytes[copy.size()]);
}

std::vector<Seed> planted_seeds() { return seeds_of({"none"}); }

constexpr std::array targets{Target{"cpus", fuzz_cpus, cpu_seeds},
                             Target{"paths", fuzz_paths, path_seeds},
                             Target{"globs", fuzz_globs, glob_seeds},
                             Target{"map", fuzz_map, map_seeds},
                             Target{"symbols", fuzz_symbols, symbol_seeds},
                             Target{"kallsyms", fuzz_kallsyms, symbol_seeds},
                             Target{"addresses", fuzz_addresses, address_seeds},
                             Target{"btf", fuzz_btf, btf_seeds},
                             Target{"split", fuzz_split, split_seeds},
                             Target{"loads", fuzz_loads, btf_seeds},
                             Target{"readings", fuzz_readings, reading_seeds},
                             Target{"planted", fuzz_planted, planted_seeds}};

}  // namespace

std::span<const Target> all_targets() { return targets; }

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view text_of(Input input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

std::vector<Seed> seeds_of(std::initializer_list<std::string_view> texts) {
  std::vector<Seed> seeds;
  for (const std::string_view text : texts) {
    const auto bytes = std::as_bytes(std::span(text));
    seeds.emplace_back(bytes.begin(), bytes.end());
  }
  return seeds;
}

}  // namespace percpu_scope::fuzz
