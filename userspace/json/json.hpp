// SPDX-License-Identifier: GPL-2.0-only
//
// A JSON value: what all documents are made of. Members stay in the order they were put in,
// whole numbers keep all of their 64 bits. Written and read as nlohmann's ordered_json is, but
// no template, which each of the many files that make documents would have to compile anew:
// nlohmann's headers are not to come in here. They do in json.cpp, for JSON as text.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace percpu_scope {

// A value of another kind than is wanted, or text that is no JSON.
class JsonError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Json {
 public:
  class Part;  // of a list in braces
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;
  enum class Type { null, boolean, integer, natural, real, string, array, object };

  template <typename Value, typename Pair>
  class Iterator;
  using Place = Iterator<Json, Member>;
  using ConstPlace = Iterator<const Json, const Member>;

  Json() noexcept;
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  // Implicit, so that documents read like what they are: Json{{"name", name}, {"cpus", 4}}.
  Json(std::nullptr_t) noexcept : Json() {}
  Json(const char* text) : Json(std::string(text)) {}
  Json(std::string_view text) : Json(std::string(text)) {}
  Json(std::string text);
  Json(Array elements);
  Json(double number) noexcept;
  template <std::integral Number>
  Json(Number number) noexcept : Json(From<Widest<Number>>{number}) {}
  template <typename Element>
  Json(const std::vector<Element>& elements) : Json(Array(elements.begin(), elements.end())) {}
  // An object if all parts are pairs that begin with a string, else an array.
  Json(std::initializer_list<Part> parts);
  static Json array(std::initializer_list<Part> elements = {});
  static Json object();

  [[nodiscard]] Type type() const { return static_cast<Type>(value_.index()); }
  [[nodiscard]] bool is_null() const { return type() == Type::null; }
  [[nodiscard]] bool is_number_integer() const {
    return type() == Type::integer || type() == Type::natural;
  }
  [[nodiscard]] bool is_number_unsigned() const { return type() == Type::natural; }
  [[nodiscard]] bool is_number() const { return is_number_integer() || type() == Type::real; }
  [[nodiscard]] bool is_string() const { return type() == Type::string; }
  [[nodiscard]] bool is_array() const { return type() == Type::array; }
  [[nodiscard]] bool is_object() const { return type() == Type::object; }
  [[nodiscard]] bool is_structured() const { return is_array() || is_object(); }

  // The value as bool, a number or std::string; JsonError if it is another kind. A number
  // that does not fit is cut off, as a cast would.
  template <typename Value>
  [[nodiscard]] Value get() const {
    if constexpr (std::is_same_v<Value, bool>)
      return boolean();
    else if constexpr (std::is_floating_point_v<Value>)
      return static_cast<Value>(real());
    else if constexpr (std::is_integral_v<Value>)
      return static_cast<Value>(whole());
    else
      return Value(string());
  }
  [[nodiscard]] const std::string& string() const;
  // A document's string is passed on as one.
  operator const std::string&() const { return string(); }

  // Of an array or object; null has none, another value is one.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] const Object& items() const;
  [[nodiscard]] Object& items();
  [[nodiscard]] Array& elements();
  // The values of an array or of an object; nothing of what is neither.
  [[nodiscard]] Place begin();
  [[nodiscard]] Place end();
  [[nodiscard]] ConstPlace begin() const;
  [[nodiscard]] ConstPlace end() const;
  [[nodiscard]] const Json& front() const { return at(0); }
  [[nodiscard]] Json& back();
  [[nodiscard]] const Json& back() const { return at(size() - 1); }

  // JsonError if there is none.
  [[nodiscard]] const Json& at(std::size_t index) const;
  [[nodiscard]] Json& at(std::size_t index);
  [[nodiscard]] const Json& at(std::string_view key) const;
  [[nodiscard]] Json& at(std::string_view key);
  [[nodiscard]] const Json& operator[](std::size_t index) const { return at(index); }
  [[nodiscard]] Json& operator[](std::size_t index) { return at(index); }
  [[nodiscard]] const Json& operator[](std::string_view key) const { return at(key); }
  // A new member, null, if there is none of that name.
  [[nodiscard]] Json& operator[](std::string_view key);
  // Null if there is none, or if this is no object.
  [[nodiscard]] const Json* find(std::string_view key) const;
  [[nodiscard]] bool contains(std::string_view key) const { return find(key) != nullptr; }
  // Onto an array, which null becomes.
  void push_back(Json element);

  // Numbers are equal if their values are, whatever their types.
  friend bool operator==(const Json& left, const Json& right);
  // Of numbers or of strings.
  friend bool operator<(const Json& left, const Json& right);
  friend bool operator>(const Json& left, const Json& right) { return right < left; }
  friend bool operator<=(const Json& left, const Json& right) { return !(right < left); }
  friend bool operator>=(const Json& left, const Json& right) { return !(left < right); }
  friend std::ostream& operator<<(std::ostream& out, const Json& value);

  // As text: on one line unless `indent` is given. Bytes that are no UTF-8 are replaced.
  [[nodiscard]] std::string dump(int indent = -1) const;
  // JsonError if it is no JSON, or nested deeper than any document.
  static Json parse(std::string_view text);
  static constexpr int deepest = 128;

 private:
  // The widest of its kind.
  template <typename Number>
  using Widest =
      std::conditional_t<std::is_same_v<Number, bool>, bool,
                         std::conditional_t<std::is_signed_v<Number>, std::int64_t, std::uint64_t>>;
  template <typename Kind>
  struct From {
    Kind value;
  };
  explicit Json(From<bool> from) noexcept;
  explicit Json(From<std::int64_t> from) noexcept;
  explicit Json(From<std::uint64_t> from) noexcept;

  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::uint64_t whole() const;
  [[nodiscard]] double real() const;
  void write(std::string& text, int indent, int depth) const;

  // In the order of Type.
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      value_;
};

// What makes a Json of its parts by moving them, which an initializer_list of them cannot.
class Json::Part {
 public:
  template <typename Value>
  requires std::constructible_from<Json, Value&&> Part(Value&& value)
      : value_(std::forward<Value>(value)) {}
  Part(std::initializer_list<Part> parts) : value_(parts) {}

 private:
  friend class Json;
  mutable Json value_;
};

// Over an array, or over the values of an object: one of the two is null.
template <typename Value, typename Pair>
class Json::Iterator {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the standard library's names.
  using iterator_category = std::forward_iterator_tag;
  using value_type = Json;
  using difference_type = std::ptrdiff_t;
  using pointer = Value*;
  using reference = Value&;
  // NOLINTEND(readability-identifier-naming)

  Iterator() = default;
  Iterator(Value* element, Pair* member) : element_(element), member_(member) {}
  reference operator*() const { return element_ != nullptr ? *element_ : member_->second; }
  pointer operator->() const { return &**this; }
  Iterator& operator++() {
    if (element_ != nullptr)
      ++element_;
    else
      ++member_;
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Iterator&) const = default;

 private:
  Value* element_ = nullptr;
  Pair* member_ = nullptr;
};

}  // namespace percpu_scope
