#include "spk/app/status.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/str.h"
#include "spk/base/text.h"
#include "spk/json/walk.h"

#include <stddef.h>
#include <stdio.h>

/* Every field of the status: where it is in JSON and in the struct. */
enum kind { TEXT, NUMBER, TIME };

struct field {
    const char *in; /* the object that holds it; NULL: status itself */
    const char *key;
    enum kind kind;
    size_t offset;
    size_t size;
};

#define FIELD(in, key, kind, member)                            \
    {                                                           \
        in, key, kind, offsetof(struct spk_app_status, member), \
            sizeof(((struct spk_app_status *)NULL)->member)     \
    }

static const struct field fields[] = {
    FIELD(NULL, "submissionID", TEXT, submission_id),
    FIELD(NULL, "sparkApplicationId", TEXT, application_id),
    FIELD(NULL, "executionAttempts", NUMBER, execution_attempts),
    FIELD(NULL, "submissionAttempts", NUMBER, submission_attempts),
    FIELD(NULL, "lastSubmissionAttemptTime", TIME, submitted_s),
    FIELD(NULL, "terminationTime", TIME, terminated_s),
    FIELD("applicationState", "errorMessage", TEXT, message),
    FIELD("driverInfo", "podName", TEXT, driver.pod),
    FIELD("driverInfo", "webUIServiceName", TEXT, driver.ui_service),
    FIELD("driverInfo", "webUIAddress", TEXT, driver.ui_address),
    FIELD("driverInfo", "webUIPort", NUMBER, driver.ui_port),
    FIELD("driverInfo", "webUIIngressName", TEXT, driver.ingress),
    FIELD("driverInfo", "webUIIngressAddress", TEXT, driver.ingress_address),
};

/* ------------------------------------------------------------------------------------- reading */

/* Cut between two characters. */
static void read_text(char *out, size_t size, struct spk_str text)
{
    if (text.len >= size)
        text.len = spk_runes_whole((struct spk_str){text.ptr, size - 1});
    (void)snprintf(out, size, "%.*s", SPK_ARG(text));
}

static int32_t clamp(json_int_t value)
{
    if (value < 0)
        return 0;
    return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

static int read_number(int32_t *out, const json_t *object, const struct field *field,
                       const struct spk_at *at, struct spk_err *err)
{
    json_t *value;

    if (spk_json_member(&value, object, field->key, JSON_INTEGER, at, err))
        return -1;
    *out = clamp(json_integer_value(value));
    return 0;
}

static int read_time(int64_t *out, const json_t *object, const struct field *field,
                     const struct spk_at *at, struct spk_err *err)
{
    struct spk_str text;

    if (spk_json_text(&text, object, field->key, at, err))
        return -1;
    (void)spk_clock_parse(out, text);
    return 0;
}

static int read_field(struct spk_app_status *out, const json_t *object, const struct field *field,
                      const struct spk_at *at, struct spk_err *err)
{
    char *place = (char *)out + field->offset;
    struct spk_str text;

    if (field->kind == NUMBER)
        return read_number((int32_t *)(void *)place, object, field, at, err);
    if (field->kind == TIME)
        return read_time((int64_t *)(void *)place, object, field, at, err);
    if (spk_json_text(&text, object, field->key, at, err))
        return -1;
    read_text(place, field->size, text);
    return 0;
}

/* "NEW" is how January 2018 wrote "". */
static enum spk_app_state state_of(struct spk_str text)
{
    if (spk_str_is(text, "NEW"))
        return SPK_APP_NEW;
    for (int i = 0; i < SPK_APP_STATES; i++) {
        if (spk_str_is(text, spk_app_state_text((enum spk_app_state)i)))
            return (enum spk_app_state)i;
    }
    return SPK_APP_UNKNOWN;
}

int spk_app_status_read(struct spk_app_status *out, const json_t *status, struct spk_err *err)
{
    const struct spk_at top = {.key = "status"};
    struct spk_app_status read = {0};
    struct spk_str state = {0};

    if (status && !json_is_null(status) && spk_json_expect(status, JSON_OBJECT, &top, err))
        return -1;
    for (size_t i = 0; i < SPK_LEN(fields); i++) {
        const struct spk_at inner = {.up = &top, .key = fields[i].in};
        json_t *object = (json_t *)status;
        if (fields[i].in && spk_json_member(&object, status, fields[i].in, JSON_OBJECT, &top, err))
            return -1;
        if (read_field(&read, object, &fields[i], fields[i].in ? &inner : &top, err))
            return -1;
    }
    if (spk_json_text(&state, json_object_get(status, "applicationState"), "state",
                      &(struct spk_at){.up = &top, .key = "applicationState"}, err))
        return -1;
    read.state = state_of(state);
    *out = read;
    return 0;
}

/* ------------------------------------------------------------------------------------- writing */

static bool differs(const struct spk_app_status *a, const struct spk_app_status *b,
                    const struct field *field)
{
    const char *left = (const char *)a + field->offset;
    const char *right = (const char *)b + field->offset;

    return field->kind == TEXT ? strcmp(left, right) != 0 : memcmp(left, right, field->size) != 0;
}

static json_t *time_json(int64_t seconds)
{
    char text[SPK_CLOCK_TEXT];

    spk_clock_text(text, seconds);
    return json_string(text);
}

/* What is none is null: a merge patch takes it out. */
static json_t *value_of(const struct spk_app_status *status, const struct field *field)
{
    const char *place = (const char *)status + field->offset;

    if (field->kind == NUMBER)
        return json_integer(*(const int32_t *)(const void *)place);
    if (field->kind == TIME) {
        int64_t seconds = *(const int64_t *)(const void *)place;
        return seconds ? time_json(seconds) : json_null();
    }
    return *place ? json_string(place) : json_null();
}

/* The object in @status that @in names, made if need be. NULL without memory. */
static json_t *holder(json_t *status, const char *in)
{
    json_t *object = in ? json_object_get(status, in) : status;

    if (object)
        return object;
    return json_object_set_new(status, in, json_object()) ? NULL : json_object_get(status, in);
}

static int put(json_t *status, const char *in, const char *key, json_t *value, struct spk_err *err)
{
    json_t *object = holder(status, in);

    if (!object) {
        json_decref(value);
        return spk_fail(err, SPK_ENOMEM, "status: out of memory");
    }
    return json_object_set_new(object, key, value)
               ? spk_fail(err, SPK_ENOMEM, "status: out of memory")
               : 0;
}

static int put_executors(json_t *status, const json_t *have, const json_t *executors,
                         struct spk_err *err)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)executors, name, value)
    {
        if (!json_equal(value, json_object_get(have, name)) &&
            put(status, "executorState", name, json_incref(value), err))
            return -1;
    }
    json_object_foreach((json_t *)have, name, value)
    {
        if (!json_object_get(executors, name) &&
            put(status, "executorState", name, json_null(), err))
            return -1;
    }
    return 0;
}

static int put_fields(json_t *status, const struct spk_app_status *old,
                      const struct spk_app_status *new_status, struct spk_err *err)
{
    if (old->state != new_status->state &&
        put(status, "applicationState", "state", json_string(spk_app_state_text(new_status->state)),
            err))
        return -1;
    for (size_t i = 0; i < SPK_LEN(fields); i++) {
        if (differs(old, new_status, &fields[i]) &&
            put(status, fields[i].in, fields[i].key, value_of(new_status, &fields[i]), err))
            return -1;
    }
    return 0;
}

int spk_app_status_patch(json_t **out, const struct spk_app_status *old,
                         const struct spk_app_status *new_status, const json_t *have,
                         const json_t *executors, struct spk_err *err)
{
    json_auto_t *status = json_object();
    json_t *patch;

    if (!status)
        return spk_fail(err, SPK_ENOMEM, "status: out of memory");
    if (put_fields(status, old, new_status, err) ||
        (executors && put_executors(status, have, executors, err)))
        return -1;
    *out = NULL;
    if (json_object_size(status) == 0)
        return 0;
    patch = json_object();
    if (!patch || json_object_set(patch, "status", status)) {
        json_decref(patch);
        return spk_fail(err, SPK_ENOMEM, "status: out of memory");
    }
    *out = patch;
    return 0;
}
