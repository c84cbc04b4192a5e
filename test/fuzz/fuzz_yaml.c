/* What is read from YAML is the same read as JSON. */

#include "fuzz.h"

#include "spk/json/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_auto_t *tree = NULL;
    json_auto_t *again = NULL;
    struct spk_err err;
    char *text;

    if (spk_yaml_parse(&tree, (const char *)data, size, &err))
        return 0;
    text = json_dumps(tree, JSON_ENCODE_ANY | JSON_COMPACT);
    MUST(text != NULL && spk_json_parse(&again, text, strlen(text), &err) == 0);
    MUST(json_equal(tree, again));
    free(text);
    return 0;
}
