// SPDX-License-Identifier: GPL-2.0-only
//
// One pass over kallsyms. The text may be anything: what is no symbol is passed over.
#include "inspect/kernel/symbols.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "inspect/catalogue/catalogue.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/hexadecimal.hpp"
#include "percpu_scope/read_file.hpp"

namespace percpu_scope::inspect {
namespace {

struct Line {
  std::string_view address;
  char type = '\0';
  std::string_view name;
  std::string_view module;
};

// Where the name begins: the address has 8 or 16 digits, one per half byte.
std::size_t name_start(std::string_view line) {
  for (const std::size_t digits : {16U, 8U})
    if (line.size() > digits + 3 && line[digits] == ' ' && line[digits + 2] == ' ')
      return digits + 3;
  return 0;
}

// False for what is no line of kallsyms.
bool split(std::string_view text, Line& line) {
  const std::size_t start = name_start(text);
  if (start == 0) return false;
  line.address = text.substr(0, start - 3);
  line.type = text[start - 2];
  line.name = text.substr(start);
  line.module = kernel_name;
  // "name\t[module]"; only modules' lines end so.
  if (line.name.back() != ']') return true;
  const std::size_t tab = line.name.find('\t');
  if (tab == 0 || tab == std::string_view::npos || tab + 3 >= line.name.size() ||
      line.name[tab + 1] != '[')
    return false;
  line.module = line.name.substr(tab + 2, line.name.size() - tab - 3);
  line.name = line.name.substr(0, tab);
  return true;
}

// As nm names them. Per-CPU symbols are absolute up to 6.14 on x86-64.
constexpr std::string_view data_types = "aAbBdDvV";

bool is_function(char type) { return type == 't' || type == 'T'; }

// Calls visit(line) for each whole line of `text`; returns what is left over.
template <typename Visit>
std::string_view for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    visit(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return text;
}

std::string key(std::string_view module, std::string_view name) {
  return std::string(module) + ':' + std::string(name);
}

// Picks the wanted out of lines, most of which are not.
class Sieve {
 public:
  explicit Sieve(std::span<const SymbolName> wanted) {
    wanted_.reserve(wanted.size());
    for (const SymbolName& symbol : wanted) wanted_.emplace(symbol.name, &symbol);
  }

  template <typename Found>
  void take(std::string_view text, Found found) {
    Line line;
    if (!split(text, line)) return;
    any_ = true;
    hidden_ = hidden_ && line.address.find_first_not_of('0') == std::string_view::npos;
    // Three of four lines are functions: not worth a look-up.
    if (is_function(line.type)) return;
    auto [candidate, last] = wanted_.equal_range(line.name);
    for (; candidate != last; ++candidate)
      if (candidate->second->module == line.module) break;
    if (candidate == last) return;
    if (const std::optional<std::uint64_t> address = parse_hexadecimal(line.address))
      found(*candidate->second, *address);
  }

  void refuse_hidden() const {
    if (any_ && hidden_)
      throw InspectError(Problem::hidden_symbols, "every address in /proc/kallsyms is zero",
                         "run as root, or with CAP_SYSLOG and kernel.kptr_restrict at most 1");
  }

 private:
  std::unordered_multimap<std::string_view, const SymbolName*> wanted_;
  bool any_ = false;
  bool hidden_ = true;
};

// Calls visit(line) for each line of the file that fits into `room` bytes.
template <typename Visit>
void for_each_line_of(const std::string& path, std::size_t room, Visit visit) try {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw std::system_error(errno, std::generic_category());
  std::vector<char> buffer(room);
  std::size_t kept = 0;
  // What fills the buffer without an end is no line, and so is what is left of it.
  bool is_rest = false;
  const auto whole = [&](std::string_view line) {
    if (!std::exchange(is_rest, false)) visit(line);
  };
  while (const std::size_t got =
             read_some(file, std::as_writable_bytes(std::span(buffer).subspan(kept)))) {
    const std::string_view left = for_each_line({buffer.data(), kept + got}, whole);
    kept = left.size();
    std::memmove(buffer.data(), left.data(), kept);
    if (kept == buffer.size()) {
      is_rest = true;
      kept = 0;
    }
  }
  // The last line may lack its end.
  whole({buffer.data(), kept});
} catch (const std::system_error& error) {
  throw InspectError(Problem::hidden_symbols, "cannot read " + path + ": " + error.code().message(),
                     "this needs a kernel with CONFIG_KALLSYMS=y and /proc mounted");
}

}  // namespace

Owners owners_of(std::span<const std::string_view> names, const std::string& path) {
  const std::unordered_set<std::string_view> wanted(names.begin(), names.end());
  Owners owners;
  for_each_line_of(path, Symbols::longest_line, [&](std::string_view text) {
    Line line;
    if (!split(text, line) || !wanted.contains(line.name)) return;
    // BPF programs and trampolines have names that are not looked up.
    if (line.module != "bpf" && !line.module.starts_with("__builtin__"))
      owners[std::string(line.name)].emplace_back(line.module);
  });
  return owners;
}

Symbols Symbols::load(std::span<const SymbolName> wanted, const std::string& path,
                      std::size_t room) {
  Symbols symbols;
  Sieve sieve(wanted);
  for_each_line_of(path, room, [&](std::string_view line) {
    sieve.take(line,
               [&](const SymbolName& name, std::uint64_t address) { symbols.add(name, address); });
  });
  sieve.refuse_hidden();
  return symbols;
}

Symbols Symbols::parse(std::string_view text, std::span<const SymbolName> wanted) {
  Symbols symbols;
  Sieve sieve(wanted);
  const auto take = [&](std::string_view line) {
    sieve.take(line,
               [&](const SymbolName& name, std::uint64_t address) { symbols.add(name, address); });
  };
  take(for_each_line(text, take));
  sieve.refuse_hidden();
  return symbols;
}

std::vector<std::pair<SymbolName, std::uint64_t>> Symbols::data_symbols(std::string_view text) {
  std::vector<std::pair<SymbolName, std::uint64_t>> symbols;
  const auto take = [&](std::string_view text_line) {
    Line line;
    if (!split(text_line, line) || data_types.find(line.type) == std::string_view::npos) return;
    if (const std::optional<std::uint64_t> address = parse_hexadecimal(line.address))
      symbols.emplace_back(SymbolName{std::string(line.module), std::string(line.name)}, *address);
  };
  take(for_each_line(text, take));
  return symbols;
}

void Symbols::add(const SymbolName& name, std::uint64_t address) {
  std::vector<std::uint64_t>& known = found_[key(name.module, name.name)];
  if (std::find(known.begin(), known.end(), address) == known.end()) known.push_back(address);
}

std::span<const std::uint64_t> Symbols::all(const SymbolName& name) const {
  const auto found = found_.find(key(name.module, name.name));
  if (found == found_.end()) return {};
  return found->second;
}

std::optional<std::uint64_t> Symbols::find(const SymbolName& name) const {
  const std::span<const std::uint64_t> addresses = all(name);
  if (addresses.empty()) return std::nullopt;
  if (addresses.size() > 1)
    throw InspectError(Problem::bad_request, name.module + " has " +
                                                 std::to_string(addresses.size()) +
                                                 " symbols called '" + name.name + "'");
  return addresses.front();
}

}  // namespace percpu_scope::inspect
