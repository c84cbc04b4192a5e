# Compiler and linker flags, on one INTERFACE target. -march is never set: an image runs anywhere.
add_library(spk-flags INTERFACE)
target_compile_features(spk-flags INTERFACE c_std_11)
target_compile_definitions(spk-flags INTERFACE _GNU_SOURCE)
target_compile_options(spk-flags INTERFACE
    -Wall -Wextra        # what every C programmer expects
    -Wshadow             # a name that means two things
    -Wconversion         # a length that loses its high bits
    -Wstrict-prototypes -Wmissing-prototypes # what crosses files has a header
    -Wformat=2           # a stranger's text as format
    -Wvla -Wundef -Wwrite-strings
    -fvisibility=hidden)

set(SPK_SANITIZE "" CACHE STRING "sanitizers: address,undefined or thread")
option(SPK_WERROR "warnings are errors" OFF)
option(SPK_HARDEN "hardening for release" OFF)
option(SPK_COVERAGE "count lines" OFF)
option(SPK_FUZZ "build the libFuzzer targets (clang)" OFF)

if(SPK_WERROR)
    target_compile_options(spk-flags INTERFACE -Werror)
endif()
if(SPK_SANITIZE)
    target_compile_options(spk-flags INTERFACE -fsanitize=${SPK_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(spk-flags INTERFACE -fsanitize=${SPK_SANITIZE})
endif()
if(SPK_FUZZ)
    target_compile_options(spk-flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(SPK_COVERAGE)
    target_compile_options(spk-flags INTERFACE --coverage)
    target_link_options(spk-flags INTERFACE --coverage)
endif()
if(SPK_HARDEN)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
    target_compile_options(spk-flags INTERFACE
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
        -fstack-protector-strong -fstack-clash-protection
        $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>
        -ftrivial-auto-var-init=zero)
    target_link_options(spk-flags INTERFACE -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
endif()
