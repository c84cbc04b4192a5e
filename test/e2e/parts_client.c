/*
 * What the controller is made of, as a program for tests (driver.h has the arguments):
 *
 *   {"do":"lease","ns":"x","name":"y","identity":"z","duration_ms":3000,"deadline_ms":2000,"retry_ms":500}
 *      changes, and every 5 ms in which it believes to lead {"beat":MILLISECONDS}, by a clock that
 *      all processes of the machine share
 *   {"do":"resign"}
 *   {"do":"tell","ns":"x","name":"y","uid":"z","reason":"R","message":"m","warning":false,"times":3}
 *   {"do":"told"}     counts of events
 *   {"do":"store","namespaces":["x"],"selector":"a=b","v1alpha1":true}
 *   {"do":"keys"} {"do":"app","key":"v1beta2/x/y"} {"do":"pods","key":"v1beta2/x/y"}
 * {"do":"counts"}
 *   {"do":"put","key":"v1beta2/x/y","object":{}}
 */

#include "driver.h"

#include "controller/store.h"
#include "spk/base/clock.h"
#include "spk/base/stop.h"
#include "spk/kube/event.h"
#include "spk/kube/lease.h"

#define NAMESPACES 8

static struct spk_lease *lease;
static struct spk_stop resigned;
static pthread_t beating;
static struct spk_events *events;
static struct spk_store *store;

static json_int_t number(const json_t *command, const char *key)
{
    return json_integer_value(json_object_get(command, key));
}

/* --------------------------------------------------------------------------- leading */

static void on_lease(void *ctx, bool leading, const struct spk_err *err)
{
    (void)ctx;
    say(json_pack("{s:b, s:s, s:I}", "leading", leading, "error", err->msg, "at_ms",
                  (json_int_t)spk_clock_mono_ms()));
}

static void *beat(void *arg)
{
    (void)arg;
    while (!spk_stop_wait(&resigned, 5)) {
        int64_t now_ms = spk_clock_mono_ms();
        if (spk_lease_leading(lease))
            say(json_pack("{s:I}", "beat", (json_int_t)now_ms));
    }
    return NULL;
}

static void campaign(const json_t *command)
{
    const struct spk_lease_options options = {
        .ns = text(command, "ns"),
        .name = text(command, "name"),
        .identity = text(command, "identity"),
        .duration_ms = number(command, "duration_ms"),
        .renew_deadline_ms = number(command, "deadline_ms"),
        .retry_ms = number(command, "retry_ms"),
        .on_change = on_lease,
    };
    struct spk_err err;

    if (spk_stop_init(&resigned, &err) || spk_lease_start(&lease, kube, &options, &err))
        say_error("lease", &err);
    else
        (void)pthread_create(&beating, NULL, beat, NULL);
}

static void resign(void)
{
    if (!lease)
        return;
    spk_stop_throw(&resigned);
    (void)pthread_join(beating, NULL);
    spk_lease_stop(lease);
    spk_stop_done(&resigned);
    lease = NULL;
    say(json_pack("{s:b}", "resigned", true));
}

/* --------------------------------------------------------------------------- events */

static void tell(const json_t *command)
{
    const struct spk_event_object about = {
        "sparkoperator.k8s.io/v1beta2", "SparkApplication", spk_str(text(command, "ns")),
        spk_str(text(command, "name")), spk_str(text(command, "uid"))};
    struct spk_err err;

    if (!events && spk_events_start(&events, kube, "spark-operator", "host", &err)) {
        say_error("events", &err);
        return;
    }
    for (json_int_t i = 0; i < number(command, "times"); i++)
        spk_events_tell(events, &about, json_is_true(json_object_get(command, "warning")),
                        text(command, "reason"), text(command, "message"));
}

static void told(void)
{
    struct spk_events_counts counts = spk_events_counts(events);

    say(json_pack("{s:I, s:I, s:I}", "sent", (json_int_t)counts.sent, "dropped",
                  (json_int_t)counts.dropped, "held_back", (json_int_t)counts.held_back));
}

/* --------------------------------------------------------------------------- the store */

static void on_change(void *ctx, const char *key)
{
    (void)ctx;
    say(json_pack("{s:s}", "change", key));
}

static void on_pod_gone(void *ctx, const char *key, const struct spk_pod *pod)
{
    (void)ctx;
    say(json_pack("{s:s, s:s, s:s}", "gone", pod->name, "of", key, "was",
                  spk_pod_state_text(pod->state)));
}

static void on_state(void *ctx, const char *what, bool watching, const struct spk_err *err)
{
    (void)ctx;
    say(json_pack("{s:s, s:b, s:s}", "what", what, "watching", watching, "error",
                  err ? err->msg : ""));
}

static void start_store(const json_t *command)
{
    const json_t *listed = json_object_get(command, "namespaces");
    const char *namespaces[NAMESPACES + 1] = {0};
    const struct spk_store_options options = {
        .namespaces = namespaces,
        .label_selector = text(command, "selector"),
        .v1alpha1 = json_is_true(json_object_get(command, "v1alpha1")),
        .on_change = on_change,
        .on_pod_gone = on_pod_gone,
        .on_state = on_state,
    };
    struct spk_err err;

    for (size_t i = 0; i < NAMESPACES && i < json_array_size(listed); i++)
        namespaces[i] = json_string_value(json_array_get(listed, i));
    if (spk_store_start(&store, kube, &options, &err))
        say_error("store", &err);
}

static void say_keys(void)
{
    json_t *array = json_array();
    struct spk_err err;
    char **keys;

    if (spk_store_keys(store, &keys, &err)) {
        say_error("keys", &err);
    } else {
        for (size_t i = 0; keys[i]; i++)
            (void)json_array_append_new(array, json_string(keys[i]));
        spk_store_keys_free(keys);
        say(json_pack("{s:O}", "keys", array));
    }
    json_decref(array);
}

static void say_app(const json_t *command)
{
    json_t *object = NULL;
    struct spk_err err;

    if (spk_store_app(store, text(command, "key"), &object, &err) < 0)
        say_error("app", &err);
    else
        say(json_pack("{s:o}", "app", object ? object : json_null()));
}

static void say_pods(const json_t *command)
{
    json_t *array = json_array();
    struct spk_pod *pods;
    struct spk_err err;
    size_t count;

    if (spk_store_pods(store, text(command, "key"), &pods, &count, &err)) {
        say_error("pods", &err);
    } else {
        for (size_t i = 0; i < count; i++)
            (void)json_array_append_new(array, json_pack("{s:s, s:s, s:b}", "name", pods[i].name,
                                                         "state", spk_pod_state_text(pods[i].state),
                                                         "driver", pods[i].driver));
        free(pods);
        say(json_pack("{s:O}", "pods", array));
    }
    json_decref(array);
}

static void say_counts(void)
{
    struct spk_store_counts counts = spk_store_counts(store);

    say(json_pack("{s:I, s:I, s:I, s:b}", "apps", (json_int_t)counts.apps, "held_pods",
                  (json_int_t)counts.pods, "bytes", (json_int_t)counts.bytes, "filled",
                  spk_store_filled(store)));
}

static void put(const json_t *command)
{
    struct spk_err err;

    if (spk_store_put_app(store, text(command, "key"), json_object_get(command, "object"), &err))
        say_error("put", &err);
    else
        say(json_pack("{s:b}", "put", true));
}

static void obey(const char *verb, const json_t *command)
{
    if (strcmp(verb, "lease") == 0)
        campaign(command);
    else if (strcmp(verb, "resign") == 0)
        resign();
    else if (strcmp(verb, "tell") == 0)
        tell(command);
    else if (strcmp(verb, "told") == 0)
        told();
    else if (strcmp(verb, "store") == 0)
        start_store(command);
    else if (strcmp(verb, "keys") == 0)
        say_keys();
    else if (strcmp(verb, "app") == 0)
        say_app(command);
    else if (strcmp(verb, "pods") == 0)
        say_pods(command);
    else if (strcmp(verb, "counts") == 0)
        say_counts();
    else if (strcmp(verb, "put") == 0)
        put(command);
}

int main(int argc, char **argv)
{
    if (set_up(argc, argv))
        return EXIT_FAILURE;
    obey_all(obey);
    resign();
    spk_store_stop(store);
    spk_events_stop(events);
    spk_kube_free(kube);
    return EXIT_SUCCESS;
}
