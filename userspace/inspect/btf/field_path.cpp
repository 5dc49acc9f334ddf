// SPDX-License-Identifier: GPL-2.0-only
//
// Requests: their grammar, and where they lead.
#include "inspect/btf/field_path.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "inspect/btf/members.hpp"
#include "inspect/error.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::inspect {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

bool is_word(char character) {
  return is_digit(character) || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z') || character == '_';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ == text_.size(); }

  [[nodiscard]] bool take(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }

  // A name of C; of a module, too, which may begin with a digit.
  std::string name(const char* what) {
    const std::string_view word = word_here();
    if (word.empty()) refuse(std::string(what) + " is missing");
    return take_name(word);
  }

  // The longest known one, dots and all; else the first word, or with the next where that
  // cannot be a field.
  std::string variable(std::string_view module, const KnownName& is_known) {
    const std::string_view whole = dotted_here();
    for (std::string_view part = whole; is_known && !part.empty();
         part = part.substr(0, std::min(part.rfind('.'), part.size()))) {
      if (is_known(module, part)) return take_name(part);
      if (part.find('.') == std::string_view::npos) break;
    }
    const std::size_t dot = whole.find('.');
    if (is_known && dot != std::string_view::npos && dot + 1 < whole.size() &&
        is_digit(whole[dot + 1]))
      return take_name(whole);
    return name("the name of a variable");
  }

  // With all of its dots.
  std::string symbol(const char* what) {
    const std::string_view whole = dotted_here();
    if (whole.empty()) refuse(std::string(what) + " is missing");
    return take_name(whole);
  }

  // "module::" or nothing.
  std::string module() {
    const std::size_t size = module_name().size();
    if (size == 0 || text_.substr(at_ + size, 2) != "::") return {};
    std::string module(text_.substr(at_, size));
    at_ += size + 2;
    return module;
  }

  std::vector<std::variant<std::string, std::uint64_t>> steps() {
    std::vector<std::variant<std::string, std::uint64_t>> steps;
    while (true) {
      if (take("."))
        steps.emplace_back(field());
      else if (take("["))
        steps.emplace_back(index());
      else
        return steps;
    }
  }

  // ":cpus" or nothing, and then the end.
  std::string cpus() {
    if (done()) return {};
    if (!take(":")) refuse("'" + std::string(1, text_[at_]) + "' does not belong here");
    if (done()) refuse("CPUs are missing, e.g. all, 0 or 1,3-5");
    return std::string(text_.substr(std::exchange(at_, text_.size())));
  }

  // Up to the next of `stops` or the end, without blanks around it.
  std::string until(std::string_view stops, const char* what) {
    const std::size_t end = std::min(text_.find_first_of(stops, at_), text_.size());
    std::string_view part = text_.substr(at_, end - at_);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (part.empty()) refuse(std::string(what) + " is missing");
    at_ = end;
    return std::string(part);
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw InspectError(Problem::bad_request, "'" + std::string(text_) + "': " + why + " (column " +
                                                 std::to_string(at_ + 1) + ")");
  }

 private:
  [[nodiscard]] std::string_view word_here() const {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  [[nodiscard]] std::string_view dotted_here() const {
    std::size_t end = at_;
    while (end < text_.size() && (is_word(text_[end]) || text_[end] == '.')) ++end;
    return text_.substr(at_, end - at_);
  }

  std::string take_name(std::string_view name) {
    at_ += name.size();
    return std::string(name);
  }

  [[nodiscard]] std::string_view module_name() const {
    std::size_t end = at_;
    while (end < text_.size() && (is_word(text_[end]) || text_[end] == '-')) ++end;
    return text_.substr(at_, end - at_);
  }

  std::string field() {
    if (!done() && is_digit(text_[at_])) refuse("a field does not begin with a digit");
    return name("the name of a field");
  }

  std::uint64_t index() {
    int base = 10;
    if (take("0x")) base = 16;
    std::uint64_t number = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stopped, error] = std::from_chars(text_.data() + at_, end, number, base);
    if (error == std::errc::result_out_of_range) refuse("the index is too large");
    if (error != std::errc()) refuse("an index is missing");
    at_ = static_cast<std::size_t>(stopped - text_.data());
    if (!take("]")) refuse("']' is missing");
    return number;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Fields by name, below anonymous structs and unions as C finds them.
class Fields {
 public:
  explicit Fields(const Btf& btf) : btf_(btf) {}

  // The member with its offset from the start of the outermost struct.
  std::optional<Member> find(const ::btf_type& aggregate, std::string_view name) {
    std::optional<Member> found;
    visit(aggregate, 0, [&](const Member& member) {
      if (member.name == name && !found) found = member;
    });
    return found;
  }

  std::vector<std::string> names(const ::btf_type& aggregate) {
    std::vector<std::string> names;
    visit(aggregate, 0, [&](const Member& member) { names.emplace_back(member.name); });
    return names;
  }

 private:
  template <typename Visit>
  void visit(const ::btf_type& aggregate, std::uint64_t bit_offset, const Visit& each) {
    for (std::uint32_t i = 0; i < vlen_of(aggregate); ++i) {
      // The largest struct of a kernel has some hundred fields.
      if (++visited_ > 1'000'000 || depth_ > 64) malformed("a struct that holds itself");
      Member member = member_at(btf_, aggregate, i);
      member.bit_offset += bit_offset;
      const ::btf_type& type = btf_.type(member.stripped);
      if (!member.name.empty()) {
        each(member);
      } else if (btf_is_composite(&type)) {
        ++depth_;
        visit(type, member.bit_offset, each);
        --depth_;
      }
    }
  }

  const Btf& btf_;
  std::uint32_t visited_ = 0;
  int depth_ = 0;
};

[[noreturn]] void refuse(const std::string& why) { throw InspectError(Problem::bad_request, why); }

// What is there, for messages: the path so far, or the variable.
std::string called(const Place& place, const Request& request) {
  return "'" + request.variable + (place.path.empty() || place.path[0] == '[' ? "" : ".") +
         place.path + "'";
}

void step_into(const Btf& btf, Place& place, const std::string& field, const Request& request) {
  const ::btf_type& type = btf.type(btf.strip(place.type));
  if (btf_is_ptr(&type))
    refuse(called(place, request) + " is a pointer, and pointers are not followed");
  if (!btf_is_composite(&type))
    refuse(called(place, request) + " is no struct but '" + btf.spell(place.type) + "'");
  const std::optional<Member> member = Fields(btf).find(type, field);
  if (!member)
    throw UnknownNameError("field of " + btf.spell(place.type), field, Fields(btf).names(type));
  place.type = member->type;
  place.offset += member->bit_offset / 8;
  place.bit_offset = member->bit_offset % 8;
  place.bit_size = member->bit_size;
  (place.path += place.path.empty() ? "" : ".") += field;
}

void step_into(const Btf& btf, Place& place, std::uint64_t index, const Request& request) {
  const ::btf_type& type = btf.type(btf.strip(place.type));
  if (!btf_is_array(&type))
    refuse(called(place, request) + " is no array but '" + btf.spell(place.type) + "'");
  const struct btf_array& array = *btf_array(&type);
  if (array.nelems == 0) refuse(called(place, request) + " is an array of no known length");
  if (index >= array.nelems)
    refuse(called(place, request) + " has " + std::to_string(array.nelems) +
           " elements: there is no [" + std::to_string(index) + "]");
  place.type = array.type;
  // Within the array, which is within its struct or was checked to fit memory.
  place.offset += index * btf.size_of(array.type);
  place.path += '[' + std::to_string(index) + ']';
}

// Zero for what has no size: a variable of which BTF knows no type.
std::uint64_t bytes_of(const Btf& btf, const Place& place) {
  if (place.bit_size != 0) return (place.bit_offset + place.bit_size + 7) / 8;
  switch (btf_kind(&btf.type(btf.elements_of(place.type).type))) {
    case BTF_KIND_UNKN:
    case BTF_KIND_FWD:
      return 0;
    default:
      return btf.size_of(place.type);
  }
}

}  // namespace

Request parse_request(std::string_view text, const KnownName& is_known) {
  Parser parser(text);
  Request request;
  request.module = parser.module();
  request.variable = parser.variable(request.module, is_known);
  request.steps = parser.steps();
  request.cpus = parser.cpus();
  return request;
}

PointerRequest parse_pointer_request(std::string_view text) {
  Parser parser(text);
  PointerRequest request;
  request.target.module = parser.module();
  request.target.variable = parser.symbol("a symbol or address");
  if (!parser.take("=")) parser.refuse("'=' and a type are missing");
  // Brackets behind a type are the type's.
  request.type = parser.until(".:", "a type");
  request.target.steps = parser.steps();
  request.target.cpus = parser.cpus();
  return request;
}

Place resolve(const Btf& btf, TypeId type, const Request& request) {
  Place place;
  place.type = type;
  // Fails here, and not after a multiplication, if it is larger than memory.
  place.size = bytes_of(btf, place);
  for (const auto& step : request.steps) {
    std::visit([&](const auto& what) { step_into(btf, place, what, request); }, step);
    place.size = bytes_of(btf, place);
  }
  return place;
}

}  // namespace percpu_scope::inspect
