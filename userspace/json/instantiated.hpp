// SPDX-License-Identifier: GPL-2.0-only
//
// nlohmann's JSON as our documents are made of it, whose templates are compiled once, in
// instantiated.cpp: in each of the many files that make documents they would cost more than
// all else in it. For precompiled headers; files include nlohmann's own.
#pragma once

#include <nlohmann/json.hpp>

extern template class nlohmann::basic_json<nlohmann::ordered_map>;
extern template class nlohmann::detail::serializer<nlohmann::ordered_json>;
