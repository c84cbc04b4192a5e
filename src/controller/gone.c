#include "controller/engine_parts.h"

#include <stdio.h>

/* An application that the store no longer has: deleted, or no longer ours to look after (its labels
 * changed). Only what is really deleted is cleaned up after. */

#define GONE_YET_MS 200

static int clean_up(struct spk_engine *engine, const struct spk_key *key, const char *key_text,
                    int64_t *wake_ms, struct spk_err *err)
{
    char name[256];
    int result;

    (void)snprintf(name, sizeof(name), "%.*s", SPK_ARG(key->name));
    result = spk_api_get(engine->kube, key, SPK_API_APPS, name, NULL, err);
    if (result < 0)
        return -1;
    if (result == 1 && spk_engine_clean_gone(engine, key, err) != 0)
        return -1;
    spk_attempts_forget(engine->attempts, key_text);
    *wake_ms = -1;
    return 0;
}

int spk_engine_gone(struct spk_engine *engine, const char *key, int64_t *wake_ms,
                    struct spk_err *err)
{
    struct spk_key parts;

    if (spk_key_split(&parts, key, err) != 0)
        return -1;
    if (spk_attempts_call_off(engine->attempts, key)) {
        *wake_ms = GONE_YET_MS;
        return 0;
    }
    return clean_up(engine, &parts, key, wake_ms, err);
}
