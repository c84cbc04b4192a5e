#ifndef TEST_E2E_DRIVER_H
#define TEST_E2E_DRIVER_H
/* What programs for tests share: commands come in as lines of JSON, what happens goes out as lines
 * of JSON, and there is a client, made from the arguments. */

#include "spk/base/cleanup.h"
#include "spk/json/memory.h"
#include "spk/json/walk.h"
#include "spk/kube/client.h"
#include "spk/kube/config.h"

#include <errno.h>
#include <pthread.h>

static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;
static struct spk_kube *kube;

/* Takes the object. */
static inline void say(json_t *object)
{
    (void)pthread_mutex_lock(&output);
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    (void)pthread_mutex_unlock(&output);
    json_decref(object);
}

static inline const char *error_name(int sys)
{
    return sys ? strerrorname_np(sys) : "";
}

static inline void say_error(const char *what, const struct spk_err *err)
{
    say(json_pack("{s:i, s:s, s:s, s:s, s:s}", "rc", -1, "what", what, "error", err->msg, "code",
                  spk_code_text(err->code), "sys", error_name(err->sys)));
}

static inline const char *text(const json_t *command, const char *key)
{
    return json_string_value(json_object_get(command, key));
}

static inline const char *value_of(int argc, char **argv, const char *name)
{
    size_t len = strlen(name);

    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, len) == 0 && (argv[i][len] == '=' || argv[i][len] == '\0'))
            return argv[i][len] ? argv[i] + len + 1 : argv[i];
    }
    return NULL;
}

static inline int configure(int argc, char **argv, struct spk_err *err)
{
    struct spk_kube_config config;

    return spk_kube_config_load(&config,
                                &(struct spk_kube_config_options){
                                    .kubeconfig = value_of(argc, argv, "kubeconfig"),
                                    .context = value_of(argc, argv, "context"),
                                    .service_account = value_of(argc, argv, "service-account"),
                                },
                                err) ||
                   spk_kube_new(&kube, &config,
                                &(struct spk_kube_options){
                                    .user_agent = "kube-client-test",
                                },
                                err)
               ? -1
               : 0;
}

/* Says where it is, or why not. */
static inline int set_up(int argc, char **argv)
{
    struct spk_err err;

    spk_json_init();
    if (configure(argc, argv, &err)) {
        say_error("configuration", &err);
        return -1;
    }
    say(json_pack("{s:s, s:s}", "server", spk_kube_server(kube), "namespace",
                  spk_kube_namespace(kube)));
    return 0;
}

/* To the end of the input. */
static inline void obey_all(void (*obey)(const char *verb, const json_t *command))
{
    SPK_AUTOFREE char *line = NULL;
    size_t size = 0;
    ssize_t len;

    while ((len = getline(&line, &size, stdin)) > 0) {
        json_t *command;
        struct spk_err err;
        if (spk_json_parse(&command, line, (size_t)len, &err)) {
            say_error("command", &err);
            continue;
        }
        obey(text(command, "do") ? text(command, "do") : "", command);
        json_decref(command);
    }
}

#endif
