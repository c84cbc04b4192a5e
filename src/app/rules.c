#include "rules.h"

#include "spk/base/cleanup.h"
#include "spk/json/walk.h"

#include <inttypes.h>

#define INTERVAL_S 5

/* Ten years: times an attempt it stays far inside 64 bits. */
#define SECONDS_MAX INT64_C(315360000)

static const struct spk_at at_spec = {.key = "spec"};
static const struct spk_at at_restart = {.up = &at_spec, .key = "restartPolicy"};

static int read_policy(enum spk_app_policy *out, const json_t *restart, struct spk_err *err)
{
    static const char *const words[] = {
        [SPK_APP_NEVER] = "Never", [SPK_APP_ON_FAILURE] = "OnFailure", [SPK_APP_ALWAYS] = "Always"};
    struct spk_str text;

    if (spk_json_text(&text, restart, "type", &at_restart, err))
        return -1;
    if (!text.len)
        return 0;
    for (size_t i = 0; i < SPK_LEN(words); i++) {
        if (spk_str_is(text, words[i])) {
            *out = (enum spk_app_policy)i;
            return 0;
        }
    }
    return spk_fail(err, SPK_EINVALID,
                    "spec.restartPolicy.type: expected Never, OnFailure or Always, found \"%.*s\"",
                    text.len > 64 ? 64 : (int)text.len, text.ptr);
}

/* An integer of at least @least; what is above @most counts as @most. @out stays when absent. */
static int read_integer(int64_t *out, const json_t *object, const char *key, int64_t least,
                        int64_t most, const struct spk_at *at, struct spk_err *err)
{
    json_t *value;

    if (spk_json_member(&value, object, key, JSON_INTEGER, at, err))
        return -1;
    if (!value)
        return 0;
    if (json_integer_value(value) < least) {
        return spk_fail(err, SPK_EINVALID, "%s.%s: expected at least %" PRId64 ", found %" PRId64,
                        at->up ? "spec.restartPolicy" : "spec", key, least,
                        (int64_t)json_integer_value(value));
    }
    *out = json_integer_value(value) > most ? most : json_integer_value(value);
    return 0;
}

static int read_restart(struct spk_app_rules *rules, const json_t *spec, struct spk_err *err)
{
    int64_t failures = 0;
    int64_t submissions = 0;
    json_t *restart;

    if (spk_json_member(&restart, spec, "restartPolicy", JSON_OBJECT, &at_spec, err) ||
        read_policy(&rules->policy, restart, err) ||
        read_integer(&failures, restart, "onFailureRetries", 0, INT32_MAX, &at_restart, err) ||
        read_integer(&submissions, restart, "onSubmissionFailureRetries", 0, INT32_MAX, &at_restart,
                     err) ||
        read_integer(&rules->failure_interval_s, restart, "onFailureRetryInterval", 1, SECONDS_MAX,
                     &at_restart, err) ||
        read_integer(&rules->submission_interval_s, restart, "onSubmissionFailureRetryInterval", 1,
                     SECONDS_MAX, &at_restart, err))
        return -1;
    rules->failure_retries = (int32_t)failures;
    rules->submission_retries = (int32_t)submissions;
    return 0;
}

/* What is over before it begins (0, or less) is over at once, as with the peer. */
static int read_ttl(struct spk_app_rules *rules, const json_t *spec, struct spk_err *err)
{
    int64_t ttl_s = -1;
    json_t *value;

    if (spk_json_member(&value, spec, "timeToLiveSeconds", JSON_INTEGER, &at_spec, err) ||
        read_integer(&ttl_s, spec, "timeToLiveSeconds", INT64_MIN, SECONDS_MAX, &at_spec, err))
        return -1;
    rules->ttl_s = value && ttl_s < 0 ? 0 : ttl_s;
    return 0;
}

int spk_app_rules_read(struct spk_app_rules *out, const json_t *spec, struct spk_err *err)
{
    struct spk_app_rules rules = {.failure_interval_s = INTERVAL_S,
                                  .submission_interval_s = INTERVAL_S,
                                  .ttl_s = -1,
                                  .tracked = out->tracked};

    *out = rules;
    if (spk_json_flag(&rules.suspend, spec, "suspend", &at_spec, err) ||
        read_ttl(&rules, spec, err) || read_restart(&rules, spec, err))
        return -1;
    *out = rules;
    return 0;
}
