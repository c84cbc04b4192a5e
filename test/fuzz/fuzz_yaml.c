/* What is read from YAML is the same read as JSON; as one of several documents, too. Every value
 * has a place in the text. */

#include "fuzz.h"

#include "spk/json/place.h"
#include "spk/json/yaml.h"

static void in_json(void *arg, const json_t *value, size_t offset)
{
    const struct spk_str *text = arg;

    MUST(offset < text->len);
    MUST(json_is_string(value) == (text->ptr[offset] == '"'));
    MUST(json_is_object(value) == (text->ptr[offset] == '{'));
    MUST(json_is_array(value) == (text->ptr[offset] == '['));
}

static void in_yaml(void *arg, const json_t *value, size_t offset)
{
    MUST(value != NULL && offset <= *(const size_t *)arg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_auto_t *tree = NULL;
    json_auto_t *again = NULL;
    json_auto_t *all = NULL;
    struct spk_str json;
    struct spk_err err;
    char *text;

    if (spk_yaml_parse_all(&all, (const char *)data, size, in_yaml, &size, &err))
        return 0;
    if (spk_yaml_parse(&tree, (const char *)data, size, &err))
        return 0;
    text = json_dumps(tree, JSON_ENCODE_ANY | JSON_COMPACT);
    MUST(text != NULL && spk_json_parse(&again, text, strlen(text), &err) == 0);
    MUST(json_equal(tree, again));
    MUST(json_is_null(tree) || json_equal(tree, json_array_get(all, 0)));
    json = spk_str(text);
    spk_json_places(again, json, in_json, &json);
    MUST(spk_json_document_len(json) == json.len);
    free(text);
    return 0;
}
