// SPDX-License-Identifier: GPL-2.0-only
//
// All of fmt that is no template, compiled once, as in fmt's own src/format.cc, which no
// package brings; Debian's library is a shared one. Nothing of ours is to come in here.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
template FMT_API auto thousands_sep_impl(locale_ref) -> thousands_sep_result<char>;
template FMT_API auto decimal_point_impl(locale_ref) -> char;
}  // namespace detail
FMT_END_NAMESPACE
