/*
 * The API client as a program for tests: commands come in as lines of JSON, what happens goes out
 * as lines of JSON.
 *
 *   kube_client [kubeconfig=FILE] [context=NAME] [service-account=DIR]
 *   {"do":"call","method":"GET","path":"/api","body":{},"type":"...","timeout_ms":1000}
 *   {"do":"watch","path":"/api/v1/pods","field":"...","label":"...","page":500,"idle_ms":1000}
 *   {"do":"stop"}     ends the watch
 * The end of the input ends it all.
 */

#include "driver.h"

#include "spk/base/clock.h"
#include "spk/kube/watch.h"

static struct spk_kube_watch *watch;

static void call(const json_t *command)
{
    const json_t *body = json_object_get(command, "body");
    SPK_AUTOFREE char *bytes = body ? json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    int64_t begun_ms = spk_clock_mono_ms();
    struct spk_kube_answer answer;
    struct spk_err err;
    int rc =
        spk_kube_call(kube,
                      &(struct spk_kube_request){
                          .method = text(command, "method") ? text(command, "method") : "GET",
                          .path = text(command, "path"),
                          .content_type = text(command, "type"),
                          .body = spk_str(bytes),
                          .timeout_ms = json_integer_value(json_object_get(command, "timeout_ms"))},
                      &answer, &err);

    if (rc < 0) {
        say_error("call", &err);
        return;
    }
    say(json_pack("{s:i, s:i, s:s, s:s, s:s, s:I, s:O?}", "rc", rc, "status", answer.status, "text",
                  answer.text, "reason", answer.reason, "warning", answer.warning, "ms",
                  (json_int_t)(spk_clock_mono_ms() - begun_ms), "object", answer.object));
    spk_kube_answer_done(&answer);
}

static const char *name_of(const json_t *object)
{
    const char *name = text(json_object_get(object, "metadata"), "name");

    return name ? name : "";
}

static void on_list(void *ctx, const struct spk_kube_page *page)
{
    json_t *names = json_array();
    json_t *item;
    size_t i;

    (void)ctx;
    json_array_foreach(page->items, i, item)
    {
        (void)json_array_append_new(names, json_string(name_of(item)));
    }
    say(json_pack("{s:o, s:b, s:b}", "page", names, "first", page->first, "last", page->last));
}

static void on_event(void *ctx, enum spk_kube_event event, json_t *object)
{
    static const char *const names[] = {"ADDED", "MODIFIED", "DELETED"};

    (void)ctx;
    say(json_pack("{s:s, s:s, s:O?}", "event", names[event], "name", name_of(object), "data",
                  json_object_get(object, "data")));
}

static void on_state(void *ctx, const struct spk_kube_state *state)
{
    const char *is = state->watching ? "watching" : state->relisting ? "relisting" : "failing";

    (void)ctx;
    say(json_pack("{s:s, s:s, s:i, s:I, s:I}", "state", is, "error", state->err.msg, "failures",
                  (int)state->failures, "next_ms", (json_int_t)state->next_ms, "since_ms",
                  (json_int_t)state->since_ms));
}

static void start(const json_t *command)
{
    struct spk_err err;
    struct spk_kube_watch_options options = {
        .path = text(command, "path"),
        .field_selector = text(command, "field"),
        .label_selector = text(command, "label"),
        .page = (unsigned)json_integer_value(json_object_get(command, "page")),
        .idle_ms = json_integer_value(json_object_get(command, "idle_ms")),
        .on_list = on_list,
        .on_event = on_event,
        .on_state = on_state,
    };

    if (spk_kube_watch_start(&watch, kube, &options, &err))
        say_error("watch", &err);
}

static void stop(void)
{
    int64_t begun_ms = spk_clock_mono_ms();

    spk_kube_watch_stop(watch);
    watch = NULL;
    say(json_pack("{s:I}", "stopped_ms", (json_int_t)(spk_clock_mono_ms() - begun_ms)));
}

static void obey(const char *verb, const json_t *command)
{
    if (strcmp(verb, "call") == 0)
        call(command);
    else if (strcmp(verb, "watch") == 0)
        start(command);
    else if (strcmp(verb, "stop") == 0)
        stop();
}

int main(int argc, char **argv)
{
    if (set_up(argc, argv))
        return EXIT_FAILURE;
    obey_all(obey);
    spk_kube_watch_stop(watch);
    spk_kube_free(kube);
    return EXIT_SUCCESS;
}
