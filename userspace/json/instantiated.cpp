// SPDX-License-Identifier: GPL-2.0-only
#include "json/instantiated.hpp"

template class nlohmann::basic_json<nlohmann::ordered_map>;
template class nlohmann::detail::serializer<nlohmann::ordered_json>;
