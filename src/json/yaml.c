#include "spk/json/yaml.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/str.h"
#include "spk/json/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <yaml.h>

struct reader {
    yaml_document_t *document;
    size_t nodes;
    struct spk_err *err;
};

static void delete_parser(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}

static void delete_document(yaml_document_t *document)
{
    yaml_document_delete(document);
}

static json_t *fail_at(struct reader *reader, const yaml_node_t *node, const char *what)
{
    (void)spk_fail(reader->err, SPK_EPARSE, "YAML line %zu column %zu: %s",
                   node->start_mark.line + 1, node->start_mark.column + 1, what);
    return NULL;
}

static json_t *fail_memory(struct reader *reader)
{
    (void)spk_fail(reader->err, SPK_ENOMEM, "YAML: out of memory");
    return NULL;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

#define NUMBER_MAX 80 /* 64 binary digits, a sign and a prefix fit */

/* @text without the '_' that numbers may hold; false when it cannot be a number. */
static bool strip(char out[static NUMBER_MAX], const char *text)
{
    size_t len = 0;

    if (!*text || !strchr("+-.0123456789", *text))
        return false;
    for (; *text; text++) {
        if (*text == '_')
            continue;
        if (len + 1 == NUMBER_MAX)
            return false;
        out[len++] = *text;
    }
    out[len] = '\0';
    return true;
}

/* An integer in C's own spelling, or in YAML's 0o17 and 0b101; all of @text or nothing. */
static bool read_integer(json_int_t *out, const char *text)
{
    int base = strncmp(text, "0o", 2) == 0 ? 8 : strncmp(text, "0b", 2) == 0 ? 2 : 0;
    const char *digits = base ? text + 2 : text + (*text == '-' || *text == '+');
    char *end;

    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    *out = strtoll(base ? digits : text, &end, base);
    return errno == 0 && *end == '\0';
}

/* Decimal digits with a point or an exponent; neither hexadecimal nor infinity. */
static bool read_real(double *out, const char *text)
{
    char *end;

    if (text[strspn(text, "0123456789+-.eE")] != '\0' || !strpbrk(text, "0123456789"))
        return false;
    errno = 0;
    *out = strtod(text, &end);
    return errno == 0 && *end == '\0';
}

/* YAML 1.1's words, as go-yaml 2 resolves them. */
static json_t *plain(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", "yes", "Yes", "YES",
                                        "y",    "Y",    "on",   "On",  "ON",  NULL};
    static const char *const falses[] = {"false", "False", "FALSE", "no",  "No",  "NO",
                                         "n",     "N",     "off",   "Off", "OFF", NULL};
    char number[NUMBER_MAX] = "";
    json_int_t integer;
    double real;

    if (is_one_of(text, nulls))
        return json_null();
    if (is_one_of(text, trues))
        return json_true();
    if (is_one_of(text, falses))
        return json_false();
    if (!strip(number, text))
        return json_string(text);
    if (read_integer(&integer, number))
        return json_integer(integer);
    if (read_real(&real, number))
        return json_real(real);
    return json_string(text);
}

static json_t *read_scalar(struct reader *reader, const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    size_t len = node->data.scalar.length;
    bool is_plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                    strcmp((const char *)node->tag, YAML_STR_TAG) == 0;
    json_t *value = is_plain && !memchr(text, '\0', len) ? plain(text) : json_stringn(text, len);

    return value ? value : fail_memory(reader);
}

static json_t *read_node(struct reader *reader, int index, size_t depth);

static json_t *read_sequence(struct reader *reader, const yaml_node_t *node, size_t depth)
{
    json_auto_t *array = json_array();

    if (!array)
        return fail_memory(reader);
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        json_t *value = read_node(reader, *item, depth + 1);
        if (!value)
            return NULL;
        if (json_array_append_new(array, value))
            return fail_memory(reader);
    }
    return json_incref(array);
}

static const char *read_key(struct reader *reader, const yaml_node_t *key, const json_t *object)
{
    const char *text;

    if (key->type != YAML_SCALAR_NODE)
        return fail_at(reader, key, "expected a text as key"), NULL;
    text = (const char *)key->data.scalar.value;
    if (memchr(text, '\0', key->data.scalar.length))
        return fail_at(reader, key, "a key with a NUL"), NULL;
    if (strcmp(text, "<<") == 0)
        return fail_at(reader, key, "merge keys (<<) are not understood"), NULL;
    if (json_object_get(object, text))
        return fail_at(reader, key, "duplicate key"), NULL;
    return text;
}

static json_t *read_mapping(struct reader *reader, const yaml_node_t *node, size_t depth)
{
    json_auto_t *object = json_object();

    if (!object)
        return fail_memory(reader);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const char *key =
            read_key(reader, yaml_document_get_node(reader->document, pair->key), object);
        json_t *value = key ? read_node(reader, pair->value, depth + 1) : NULL;
        if (!value)
            return NULL;
        if (json_object_set_new(object, key, value))
            return fail_memory(reader);
    }
    return json_incref(object);
}

static json_t *read_node(struct reader *reader, int index, size_t depth)
{
    const yaml_node_t *node = yaml_document_get_node(reader->document, index);

    if (spk_json_budget_spent()) /* settled by spk_yaml_parse() */
        return fail_memory(reader);
    if (++reader->nodes > SPK_YAML_NODES_MAX || depth > SPK_YAML_DEPTH_MAX) {
        (void)spk_fail(reader->err, SPK_ETOOBIG, "YAML: more than %d nodes, or deeper than %d",
                       SPK_YAML_NODES_MAX, SPK_YAML_DEPTH_MAX);
        return NULL;
    }
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return read_scalar(reader, node);
    case YAML_SEQUENCE_NODE:
        return read_sequence(reader, node, depth);
    case YAML_MAPPING_NODE:
        return read_mapping(reader, node, depth);
    default:
        return fail_at(reader, node, "unknown node");
    }
}

static int fail_parser(const yaml_parser_t *parser, struct spk_err *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return spk_fail(err, SPK_ENOMEM, "YAML: out of memory");
    return spk_fail(err, SPK_EPARSE, "YAML line %zu column %zu: %s", parser->problem_mark.line + 1,
                    parser->problem_mark.column + 1, parser->problem ? parser->problem : "error");
}

/* The next document's tree; NULL in @out, and 0, at the end of the stream. */
static int read_document(json_t **out, yaml_parser_t *parser, struct spk_err *err)
{
    SPK_CLEANUP(delete_document) yaml_document_t document = {0};
    struct reader reader = {.document = &document, .err = err};

    *out = NULL;
    if (!yaml_parser_load(parser, &document))
        return fail_parser(parser, err);
    if (!yaml_document_get_root_node(&document))
        return 0;
    *out = read_node(&reader, 1, 0);
    return *out ? 0 : -1;
}

/* How deep an event leads. */
static int depth_change(yaml_event_type_t type)
{
    if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
        return 1;
    return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT ? -1 : 0;
}

static bool has_anchor(const yaml_event_t *event)
{
    return (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor) ||
           (event->type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.anchor) ||
           (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor);
}

/* libyaml's time grows with the square of the depth and of the number of anchors, so both are
 * looked at before a document is loaded; reading events costs little and stops early. */
static int check_events(yaml_parser_t *parser, struct spk_err *err)
{
    size_t anchors = 0;
    int depth = 0;

    for (;;) {
        yaml_event_t event;
        bool end;
        if (!yaml_parser_parse(parser, &event))
            return fail_parser(parser, err);
        depth += depth_change(event.type);
        anchors += has_anchor(&event);
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (depth > SPK_YAML_DEPTH_MAX || anchors > SPK_YAML_ANCHORS_MAX)
            return spk_fail(err, SPK_ETOOBIG, "YAML: deeper than %d, or more than %d anchors",
                            SPK_YAML_DEPTH_MAX, SPK_YAML_ANCHORS_MAX);
        if (end)
            return 0;
    }
}

static int check_stream(const char *bytes, size_t len, struct spk_err *err)
{
    SPK_CLEANUP(delete_parser) yaml_parser_t parser = {0};

    if (!yaml_parser_initialize(&parser))
        return spk_fail(err, SPK_ENOMEM, "YAML: out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, len);
    return check_events(&parser, err);
}

static int read_stream(json_t **out, const char *bytes, size_t len, struct spk_err *err)
{
    SPK_CLEANUP(delete_parser) yaml_parser_t parser = {0};
    json_auto_t *first = NULL;
    json_auto_t *second = NULL;

    if (!yaml_parser_initialize(&parser))
        return spk_fail(err, SPK_ENOMEM, "YAML: out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, len);
    if (read_document(&first, &parser, err))
        return -1;
    if (!first)
        return spk_fail(err, SPK_EPARSE, "YAML: expected a document, found none");
    if (read_document(&second, &parser, err))
        return -1;
    if (second)
        return spk_fail(err, SPK_EPARSE, "YAML: expected one document, found more");
    *out = json_incref(first);
    return 0;
}

/* The budget is for aliases: each may stand for a text as long as the input. */
int spk_yaml_parse(json_t **out, const char *bytes, size_t len, struct spk_err *err)
{
    json_auto_t *root = NULL;
    enum spk_code budget;
    int rc;

    if (check_stream(bytes, len, err))
        return -1;
    spk_json_budget(SPK_TREE_MAX);
    rc = read_stream(&root, bytes, len, err);
    budget = spk_json_budget_end();
    if (budget == SPK_ETOOBIG)
        return spk_fail(err, SPK_ETOOBIG, "YAML: needs more memory than %zu bytes", SPK_TREE_MAX);
    if (rc)
        return -1;
    *out = json_incref(root);
    return 0;
}
