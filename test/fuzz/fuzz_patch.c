/* A document on the first line, operations behind it. */

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = size ? memchr(text, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - text) : 0;
    json_auto_t *document = NULL;
    json_auto_t *before = NULL;
    json_auto_t *ops = NULL;
    json_auto_t *after = NULL;
    struct spk_err err;

    if (!end || spk_json_parse(&document, text, len, &err) ||
        spk_json_parse(&ops, end + 1, size - len - 1, &err))
        return 0;
    before = json_deep_copy(document);
    if (spk_patch_apply(&after, document, ops, &err))
        MUST(err.code == SPK_EINVALID);
    MUST(json_equal(document, before));
    return 0;
}
