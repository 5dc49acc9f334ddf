# SPDX-License-Identifier: GPL-2.0-only
#
# cmake -DOBJECT=… -DSOURCE=… -P embed.cmake: a file's bytes as a C++ source.
file(READ "${OBJECT}" digits HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${digits}")
string(REGEX REPLACE "((0x..,){20})" "\\1\n" bytes "${bytes}")
file(WRITE "${SOURCE}" "// Made of ${OBJECT}.
#include \"inspect/bpf/read_memory.hpp\"

namespace percpu_scope::inspect {
namespace {
alignas(8) constexpr unsigned char object[] = {
${bytes}
};
}  // namespace

std::span<const std::byte> read_memory_object() { return std::as_bytes(std::span(object)); }

}  // namespace percpu_scope::inspect
")
