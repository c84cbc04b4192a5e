#include "spk/json/yaml.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/str.h"
#include "spk/json/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <yaml.h>

/* Who is told of places. libyaml counts in characters: a cursor turns that into bytes. */
struct places {
    spk_yaml_place_fn *tell;
    void *arg;
    struct spk_str bytes; /* of the stream, without a byte order mark */
    size_t skipped;       /* the length of that mark */
    size_t offset;        /* of the cursor */
    size_t index;         /* the same in characters */
    size_t *offsets;      /* owned: of the nodes of the document that is being read */
};

struct reader {
    yaml_document_t *document;
    struct places *places; /* NULL: nobody */
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

static json_t *read_kind(struct reader *reader, const yaml_node_t *node, size_t depth)
{
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

static json_t *read_node(struct reader *reader, int index, size_t depth)
{
    const yaml_node_t *node = yaml_document_get_node(reader->document, index);
    json_t *value;

    if (spk_json_budget_spent()) /* settled by spk_yaml_parse() */
        return fail_memory(reader);
    if (++reader->nodes > SPK_YAML_NODES_MAX || depth > SPK_YAML_DEPTH_MAX) {
        (void)spk_fail(reader->err, SPK_ETOOBIG, "YAML: more than %d nodes, or deeper than %d",
                       SPK_YAML_NODES_MAX, SPK_YAML_DEPTH_MAX);
        return NULL;
    }
    value = read_kind(reader, node, depth);
    if (value && reader->places)
        reader->places->tell(reader->places->arg, value, reader->places->offsets[index - 1]);
    return value;
}

static int fail_parser(const yaml_parser_t *parser, struct spk_err *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return spk_fail(err, SPK_ENOMEM, "YAML: out of memory");
    return spk_fail(err, SPK_EPARSE, "YAML line %zu column %zu: %s", parser->problem_mark.line + 1,
                    parser->problem_mark.column + 1, parser->problem ? parser->problem : "error");
}

/* Moves on to a character behind the cursor; places come in the order of the text. */
static size_t move_to(struct places *places, size_t index)
{
    while (places->index < index && places->offset < places->bytes.len) {
        places->offset++;
        while (places->offset < places->bytes.len &&
               ((unsigned char)places->bytes.ptr[places->offset] & 0xc0) == 0x80)
            places->offset++;
        places->index++;
    }
    return places->skipped + places->offset;
}

static int note_places(struct places *places, const yaml_document_t *document, struct spk_err *err)
{
    size_t count = (size_t)(document->nodes.top - document->nodes.start);

    free(places->offsets);
    places->offsets = calloc(count, sizeof(*places->offsets));
    if (!places->offsets)
        return spk_fail(err, SPK_ENOMEM, "YAML: out of memory");
    for (size_t i = 0; i < count; i++)
        places->offsets[i] = move_to(places, document->nodes.start[i].start_mark.index);
    return 0;
}

/* The next document's tree; NULL in @out, and 0, at the end of the stream. */
static int read_document(json_t **out, struct reader *reader, yaml_parser_t *parser)
{
    SPK_CLEANUP(delete_document) yaml_document_t document = {0};

    *out = NULL;
    if (!yaml_parser_load(parser, &document))
        return fail_parser(parser, reader->err);
    if (!yaml_document_get_root_node(&document))
        return 0;
    if (reader->places && note_places(reader->places, &document, reader->err))
        return -1;
    reader->document = &document;
    *out = read_node(reader, 1, 0);
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

static int read_all(json_t *all, struct reader *reader, yaml_parser_t *parser)
{
    for (;;) {
        json_auto_t *document = NULL;
        if (read_document(&document, reader, parser))
            return -1;
        if (!document)
            return 0;
        if (!json_is_null(document) && json_array_append(all, document))
            return spk_fail(reader->err, SPK_ENOMEM, "YAML: out of memory");
    }
}

/* The first document and none behind it. */
static int read_one(json_t *all, struct reader *reader, yaml_parser_t *parser)
{
    json_auto_t *first = NULL;
    json_auto_t *second = NULL;

    if (read_document(&first, reader, parser))
        return -1;
    if (!first)
        return spk_fail(reader->err, SPK_EPARSE, "YAML: expected a document, found none");
    reader->nodes = 0;
    if (read_document(&second, reader, parser))
        return -1;
    if (second)
        return spk_fail(reader->err, SPK_EPARSE, "YAML: expected one document, found more");
    return json_array_append(all, first) ? spk_fail(reader->err, SPK_ENOMEM, "YAML: out of memory")
                                         : 0;
}

typedef int read_fn(json_t *all, struct reader *reader, yaml_parser_t *parser);

static int read_stream(json_t **out, const char *bytes, size_t len, read_fn *read,
                       struct reader *reader)
{
    SPK_CLEANUP(delete_parser) yaml_parser_t parser = {0};
    json_auto_t *all = json_array();

    if (!all || !yaml_parser_initialize(&parser))
        return spk_fail(reader->err, SPK_ENOMEM, "YAML: out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, len);
    if (read(all, reader, &parser))
        return -1;
    *out = json_incref(all);
    return 0;
}

/* The budget is for aliases: each may stand for a text as long as the input. */
static int read_bounded(json_t **out, const char *bytes, size_t len, read_fn *read,
                        struct reader *reader)
{
    json_auto_t *all = NULL;
    enum spk_code budget;
    int rc;

    if (check_stream(bytes, len, reader->err))
        return -1;
    spk_json_budget(SPK_TREE_MAX);
    rc = read_stream(&all, bytes, len, read, reader);
    budget = spk_json_budget_end();
    if (budget == SPK_ETOOBIG)
        return spk_fail(reader->err, SPK_ETOOBIG, "YAML: needs more memory than %zu bytes",
                        SPK_TREE_MAX);
    if (rc)
        return -1;
    *out = json_incref(all);
    return 0;
}

int spk_yaml_parse(json_t **out, const char *bytes, size_t len, struct spk_err *err)
{
    struct reader reader = {.err = err};
    json_auto_t *all = NULL;

    if (read_bounded(&all, bytes, len, read_one, &reader))
        return -1;
    *out = json_incref(json_array_get(all, 0));
    return 0;
}

int spk_yaml_parse_all(json_t **out, const char *bytes, size_t len, spk_yaml_place_fn *place,
                       void *arg, struct spk_err *err)
{
    size_t skipped = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct places places = {
        .tell = place, .arg = arg, .bytes = {bytes + skipped, len - skipped}, .skipped = skipped};
    struct reader reader = {.places = place ? &places : NULL, .err = err};
    int rc = read_bounded(out, bytes, len, read_all, &reader);

    free(places.offsets);
    return rc;
}
