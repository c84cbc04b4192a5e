#include "spk/json/base64.h"

#include "spk/base/base64.h"
#include "spk/base/cleanup.h"

#include <string.h>

json_t *spk_json_base64(struct spk_str bytes)
{
    size_t len = spk_base64_size(bytes.len);
    SPK_AUTOFREE char *text = malloc(len + 1);

    if (!text)
        return NULL;
    spk_base64_encode(text, bytes.ptr, bytes.len);
    return json_stringn_nocheck(text, len);
}

int spk_json_base64_text(char **out, const json_t *string, struct spk_err *err)
{
    struct spk_str value = {json_string_value(string), json_string_length(string)};
    SPK_AUTOFREE char *text = NULL;
    size_t len = 0;

    if (!value.ptr)
        return 1;
    text = malloc(spk_base64_room(value) + 1);
    if (!text)
        return spk_fail(err, SPK_ENOMEM, "base64");
    if (!spk_base64_decode(text, &len, value) || memchr(text, '\0', len))
        return 1;
    text[len] = '\0';
    *out = SPK_STEAL(text);
    return 0;
}
