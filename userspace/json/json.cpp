// SPDX-License-Identifier: GPL-2.0-only
//
// Values; as text by nlohmann's parser and writer of scalars.
#include "json/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

namespace percpu_scope {
namespace {

using Text = nlohmann::json;

template <typename Value>
Value& the(Value* value, const char* wanted) {
  if (value == nullptr) throw JsonError(std::string("a JSON value is not ") + wanted);
  return *value;
}

// Builds a value of what nlohmann's parser sees.
class Builder {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the parser's names.
  using number_integer_t = Text::number_integer_t;
  using number_unsigned_t = Text::number_unsigned_t;
  using number_float_t = Text::number_float_t;
  using string_t = Text::string_t;
  using binary_t = Text::binary_t;
  // NOLINTEND(readability-identifier-naming)

  bool null() { return put(Json()); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(number_integer_t value) { return put(value); }
  bool number_unsigned(number_unsigned_t value) { return put(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) { return put(value); }
  bool string(string_t& value) { return put(std::move(value)); }
  bool binary(binary_t& /*value*/) { return false; }
  bool key(string_t& name) {
    key_ = std::move(name);
    return true;
  }
  bool start_object(std::size_t /*size*/) { return open(Json::object()); }
  bool start_array(std::size_t /*size*/) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) {
    throw JsonError(error.what());
  }

  Json take() { return std::move(root_); }

 private:
  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  // Its owner does not grow before it is closed, so that it stays where it is.
  Json& place(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    Json& owner = *open_.back();
    if (owner.is_array()) {
      owner.push_back(std::move(value));
      return owner.back();
    }
    return owner[key_] = std::move(value);
  }
  bool open(Json value) {
    if (open_.size() >= Json::deepest) throw JsonError("JSON is nested too deep");
    open_.push_back(&place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;
  std::string key_;
};

void write_string(std::string& text, const std::string& string) {
  const bool plain = std::all_of(string.begin(), string.end(), [](char letter) {
    return letter >= ' ' && letter < 0x7f && letter != '"' && letter != '\\';
  });
  if (plain)
    (text += '"').append(string) += '"';
  else
    text += Text(string).dump(-1, ' ', false, Text::error_handler_t::replace);
}

void new_line(std::string& text, int indent, int depth) {
  if (indent >= 0) (text += '\n').append(static_cast<std::size_t>(indent * depth), ' ');
}

}  // namespace

Json::Json() noexcept = default;
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json::Json(std::string text) : value_(std::move(text)) {}
Json::Json(Array elements) : value_(std::move(elements)) {}
Json::Json(double number) noexcept : value_(number) {}
Json::Json(From<bool> from) noexcept : value_(from.value) {}
Json::Json(From<std::int64_t> from) noexcept : value_(from.value) {}
Json::Json(From<std::uint64_t> from) noexcept : value_(from.value) {}

Json::Json(std::initializer_list<Part> parts) {
  const bool is_object = std::all_of(parts.begin(), parts.end(), [](const Part& part) {
    const Json& pair = part.value_;
    return pair.is_array() && pair.size() == 2 && pair.front().is_string();
  });
  if (!is_object) {
    *this = array(parts);
    return;
  }
  Object& members = value_.emplace<Object>();
  members.reserve(parts.size());
  for (const Part& part : parts) {
    Array& pair = part.value_.elements();
    members.emplace_back(std::move(std::get<std::string>(pair[0].value_)), std::move(pair[1]));
  }
}

Json Json::array(std::initializer_list<Part> elements) {
  Array array;
  array.reserve(elements.size());
  for (const Part& element : elements) array.push_back(std::move(element.value_));
  return array;
}

Json Json::object() {
  Json value;
  value.value_.emplace<Object>();
  return value;
}

const std::string& Json::string() const {
  return the(std::get_if<std::string>(&value_), "a string");
}

bool Json::boolean() const { return the(std::get_if<bool>(&value_), "a boolean"); }

std::uint64_t Json::whole() const {
  if (const auto* number = std::get_if<std::int64_t>(&value_))
    return static_cast<std::uint64_t>(*number);
  if (const auto* number = std::get_if<double>(&value_))
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(*number));
  return the(std::get_if<std::uint64_t>(&value_), "a number");
}

double Json::real() const {
  if (const auto* number = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*number);
  return the(std::get_if<double>(&value_), "a number");
}

std::size_t Json::size() const {
  if (const auto* array = std::get_if<Array>(&value_)) return array->size();
  if (const auto* object = std::get_if<Object>(&value_)) return object->size();
  return is_null() ? 0 : 1;
}

const Json::Object& Json::items() const { return the(std::get_if<Object>(&value_), "an object"); }
Json::Object& Json::items() { return the(std::get_if<Object>(&value_), "an object"); }
Json::Array& Json::elements() { return the(std::get_if<Array>(&value_), "an array"); }

Json::ConstPlace Json::begin() const {
  if (const auto* array = std::get_if<Array>(&value_)) return {array->data(), nullptr};
  if (const auto* object = std::get_if<Object>(&value_)) return {nullptr, object->data()};
  return {};
}
Json::ConstPlace Json::end() const {
  if (const auto* array = std::get_if<Array>(&value_))
    return {array->data() + array->size(), nullptr};
  if (const auto* object = std::get_if<Object>(&value_))
    return {nullptr, object->data() + object->size()};
  return {};
}
Json::Place Json::begin() {
  if (auto* array = std::get_if<Array>(&value_)) return {array->data(), nullptr};
  if (auto* object = std::get_if<Object>(&value_)) return {nullptr, object->data()};
  return {};
}
Json::Place Json::end() {
  if (auto* array = std::get_if<Array>(&value_)) return {array->data() + array->size(), nullptr};
  if (auto* object = std::get_if<Object>(&value_))
    return {nullptr, object->data() + object->size()};
  return {};
}

Json& Json::back() { return at(size() - 1); }

const Json& Json::at(std::size_t index) const {
  const Array& array = the(std::get_if<Array>(&value_), "an array");
  if (index >= array.size())
    throw JsonError("a JSON array has no element " + std::to_string(index));
  return array[index];
}
Json& Json::at(std::size_t index) { return const_cast<Json&>(std::as_const(*this).at(index)); }

const Json& Json::at(std::string_view key) const {
  if (const Json* found = find(key)) return *found;
  throw JsonError("a JSON value has no member '" + std::string(key) + "'");
}
Json& Json::at(std::string_view key) { return const_cast<Json&>(std::as_const(*this).at(key)); }

const Json* Json::find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  const auto found = std::find_if(object->begin(), object->end(),
                                  [key](const Member& member) { return member.first == key; });
  return found == object->end() ? nullptr : &found->second;
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_.emplace<Object>();
  if (const Json* found = find(key)) return const_cast<Json&>(*found);
  return items().emplace_back(std::string(key), nullptr).second;
}

void Json::push_back(Json element) {
  if (is_null()) value_.emplace<Array>();
  elements().push_back(std::move(element));
}

bool operator==(const Json& left, const Json& right) {
  if (left.type() == right.type()) return left.value_ == right.value_;
  if (!left.is_number() || !right.is_number()) return false;
  if (left.type() == Json::Type::real || right.type() == Json::Type::real)
    return left.real() == right.real();
  // One is signed, the other is not.
  const Json& is_signed = left.type() == Json::Type::integer ? left : right;
  return std::get<std::int64_t>(is_signed.value_) >= 0 && left.whole() == right.whole();
}

bool operator<(const Json& left, const Json& right) {
  if (left.is_string()) return left.string() < right.string();
  if (left.type() == Json::Type::natural && right.type() == Json::Type::natural)
    return left.whole() < right.whole();
  return left.real() < right.real();
}

std::ostream& operator<<(std::ostream& out, const Json& value) { return out << value.dump(); }

std::string Json::dump(int indent) const {
  std::string text;
  write(text, indent, 0);
  return text;
}

void Json::write(std::string& text, int indent, int depth) const {
  switch (type()) {
    case Type::null:
      text += "null";
      break;
    case Type::boolean:
      text += boolean() ? "true" : "false";
      break;
    case Type::integer:
      text += std::to_string(std::get<std::int64_t>(value_));
      break;
    case Type::natural:
      text += std::to_string(std::get<std::uint64_t>(value_));
      break;
    case Type::real:
      text += Text(real()).dump();
      break;
    case Type::string:
      write_string(text, string());
      break;
    case Type::array:
    case Type::object: {
      const bool is_list = is_array();
      text += is_list ? '[' : '{';
      const Member* member = is_list ? nullptr : items().data();
      for (const Json& value : *this) {
        if (&value != &*begin()) text += ',';
        new_line(text, indent, depth + 1);
        if (member != nullptr) {
          write_string(text, member++->first);
          text += indent >= 0 ? ": " : ":";
        }
        value.write(text, indent, depth + 1);
      }
      if (!empty()) new_line(text, indent, depth);
      text += is_list ? ']' : '}';
    }
  }
}

Json Json::parse(std::string_view text) {
  Builder builder;
  if (!Text::sax_parse(text, &builder)) throw JsonError("it is no JSON");
  return builder.take();
}

}  // namespace percpu_scope
