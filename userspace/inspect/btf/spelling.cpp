// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/btf/spelling.hpp"

#include <bpf/btf.h>

#include <algorithm>

#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

class Speller {
 public:
  explicit Speller(const Btf& btf) : btf_(btf) {}

  // From the outside in, as C's declarators are read.
  std::string spell(TypeId id) {
    std::string declarator;
    std::string qualifiers;
    while (true) {
      if (++layers_ > most_layers) malformed("a type made of itself");
      const ::btf_type& layer = btf_.type(id);
      switch (btf_kind(&layer)) {
        case BTF_KIND_PTR:
          if (!qualifiers.empty()) {
            qualifiers.pop_back();
            // "*const", and "*const *" for a pointer to it.
            if (!declarator.empty()) qualifiers += ' ';
          }
          declarator.insert(0, "*" + qualifiers);
          qualifiers.clear();
          break;
        case BTF_KIND_ARRAY:
          enclose(declarator);
          declarator += '[' + std::to_string(btf_array(&layer)->nelems) + ']';
          id = btf_array(&layer)->type;
          continue;
        case BTF_KIND_FUNC_PROTO:
          enclose(declarator);
          declarator += parameters(layer);
          break;
        case BTF_KIND_CONST:
          qualifiers += "const ";
          break;
        case BTF_KIND_VOLATILE:
          qualifiers += "volatile ";
          break;
        case BTF_KIND_RESTRICT:
          qualifiers += "restrict ";
          break;
        case BTF_KIND_TYPE_TAG:
          break;
        default:
          qualifiers += terminal(id, layer);
          if (!declarator.empty() && declarator.front() != '[') qualifiers += ' ';
          return qualifiers + declarator;
      }
      id = layer.type;
    }
  }

 private:
  static void enclose(std::string& declarator) {
    if (!declarator.empty() && declarator.front() == '*') declarator = '(' + declarator + ')';
  }

  std::string parameters(const ::btf_type& prototype) {
    // Within the parameters of a parameter nobody looks for more.
    if (nested_) return "(...)";
    nested_ = true;
    std::string text = "(";
    for (std::uint32_t i = 0; i < vlen_of(prototype); ++i) {
      if (i > 0) text += ", ";
      const struct btf_param& parameter = btf_params(&prototype)[i];
      text += parameter.type == 0 && parameter.name_off == 0 ? "..." : spell(parameter.type);
    }
    nested_ = false;
    return text += vlen_of(prototype) == 0 ? "void)" : ")";
  }

  std::string terminal(TypeId id, const ::btf_type& type) const {
    const std::string_view name = btf_.name(type);
    if (id == 0) return "void";
    if (btf_kind(&type) == BTF_KIND_INT) return canonical(words_of(name));
    std::string text(keyword(type));
    if (name.empty()) return text.empty() ? "?" : text + " {...}";
    if (!text.empty()) text += ' ';
    return text += name;
  }

  const Btf& btf_;
  int layers_ = 0;
  bool nested_ = false;
};

}  // namespace

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = text.find_first_not_of(' ');
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string canonical(std::span<const std::string_view> words) {
  bool is_unsigned = false;
  bool is_signed = false;
  int longs = 0;
  std::string_view core;
  bool other = words.empty();
  for (const std::string_view word : words) {
    if (word == "unsigned")
      is_unsigned = true;
    else if (word == "signed")
      is_signed = true;
    else if (word == "long")
      ++longs;
    else if (word == "short" || word == "char" || word == "__int128")
      core = word;
    else if (word != "int")
      other = true;
  }
  std::string text;
  if (other) {
    for (const std::string_view word : words) (text += text.empty() ? "" : " ") += word;
    return text;
  }
  if (is_unsigned) text = "unsigned ";
  if (is_signed && core == "char") text = "signed ";
  if (!core.empty()) return text += core;
  if (longs == 0) return text += "int";
  return text += longs == 1 ? "long" : "long long";
}

std::string_view keyword(const ::btf_type& type) {
  switch (btf_kind(&type)) {
    case BTF_KIND_STRUCT:
      return "struct";
    case BTF_KIND_UNION:
      return "union";
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return "enum";
    case BTF_KIND_FWD:
      return btf_kflag(&type) ? "union" : "struct";
    default:
      return {};
  }
}

std::string spell_type(const Btf& btf, TypeId id) { return Speller(btf).spell(id); }

}  // namespace percpu_scope::inspect
