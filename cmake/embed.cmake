# spk_embed(TARGET ARRAY FOLDER FILE...): the files as texts in the program, an array as in
# spk/cli/embedded.h. Their names begin below FOLDER. A changed file configures anew.
function(spk_embed target array folder)
    set(SPK_EMBEDDED "")
    foreach(file ${ARGN})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
        file(RELATIVE_PATH name ${folder} ${file})
        file(READ ${file} text)
        string(REPLACE "\\" "\\\\" text "${text}")
        string(REPLACE "\"" "\\\"" text "${text}")
        string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
        string(APPEND SPK_EMBEDDED "    {\"${name}\",\n     \"${text}\"},\n")
    endforeach()
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${array}.c @ONLY CONTENT
"/* Made by cmake/embed.cmake. */
#include \"spk/cli/embedded.h\"

extern const struct spk_embedded ${array}[];
const struct spk_embedded ${array}[] = {
@SPK_EMBEDDED@    {0},
};
")
    target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${array}.c)
endfunction()
