/*
 * users[].user.exec: a credential plugin.
 * Spec: client-go tools/clientcmd/api/v1/types.go ExecConfig, validation.go validateAuthInfo
 */
#include "config_internal.h"

#include "spk/base/cleanup.h"

static const char *const versions[] = {"client.authentication.k8s.io/v1",
                                       "client.authentication.k8s.io/v1beta1"};

/* A text that must be there. */
static int need_text(char **out, const json_t *object, const char *key, const struct spk_at *at,
                     struct spk_err *err)
{
    struct spk_str text;

    if (spk_json_text(&text, object, key, at, err))
        return -1;
    if (text.len)
        return spk_kube_copy(out, text, err);
    return spk_json_expect(json_null(), JSON_STRING, &(struct spk_at){.up = at, .key = key}, err);
}

static int read_args(char ***out, const json_t *exec, const struct spk_at *at, struct spk_err *err)
{
    struct spk_at list_at = {.up = at, .key = "args"};
    json_t *list;
    json_t *item;
    size_t i;

    if (spk_json_member(&list, exec, "args", JSON_ARRAY, at, err))
        return -1;
    *out = calloc(json_array_size(list) + 1, sizeof(char *));
    if (!*out)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    json_array_foreach(list, i, item)
    {
        if (spk_json_expect(item, JSON_STRING, &(struct spk_at){.up = &list_at, .index = i}, err) ||
            spk_kube_copy(&(*out)[i], spk_json_str(item), err))
            return -1;
    }
    return 0;
}

static int read_variable(struct spk_kube_env *out, const json_t *item, const struct spk_at *at,
                         struct spk_err *err)
{
    struct spk_str value;

    if (spk_json_expect(item, JSON_OBJECT, at, err) ||
        need_text(&out->name, item, "name", at, err) ||
        spk_json_text(&value, item, "value", at, err))
        return -1;
    return spk_kube_copy(&out->value, value, err);
}

static int read_env(struct spk_kube_exec *out, const json_t *exec, const struct spk_at *at,
                    struct spk_err *err)
{
    struct spk_at list_at = {.up = at, .key = "env"};
    json_t *list;
    json_t *item;
    size_t i;

    if (spk_json_member(&list, exec, "env", JSON_ARRAY, at, err))
        return -1;
    out->env = calloc(json_array_size(list) + 1, sizeof(*out->env));
    if (!out->env)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    out->env_count = json_array_size(list);
    json_array_foreach(list, i, item)
    {
        if (read_variable(&out->env[i], item, &(struct spk_at){.up = &list_at, .index = i}, err))
            return -1;
    }
    return 0;
}

/* Nobody sits at our standard input. */
static int check_mode(const json_t *exec, bool v1, const struct spk_at *at, struct spk_err *err)
{
    struct spk_str mode;

    if (spk_json_text(&mode, exec, "interactiveMode", at, err))
        return -1;
    if ((!mode.len && !v1) || spk_str_is(mode, "Never") || spk_str_is(mode, "IfAvailable"))
        return 0;
    return spk_fail(err, SPK_EINVALID,
                    "users[%zu].user.exec.interactiveMode: expected Never or IfAvailable",
                    at->up->up->index);
}

static int read_version(struct spk_kube_exec *out, const json_t *exec, const struct spk_at *at,
                        struct spk_err *err)
{
    if (need_text(&out->api_version, exec, "apiVersion", at, err))
        return -1;
    for (size_t i = 0; i < SPK_LEN(versions); i++) {
        if (strcmp(out->api_version, versions[i]) == 0)
            return check_mode(exec, i == 0, at, err);
    }
    return spk_fail(err, SPK_EINVALID, "users[%zu].user.exec.apiVersion: expected %s or %s",
                    at->up->up->index, versions[0], versions[1]);
}

static int read_command(struct spk_kube_exec *out, const json_t *exec, const char *folder,
                        const struct spk_at *at, struct spk_err *err)
{
    SPK_AUTOFREE char *command = NULL;

    if (need_text(&command, exec, "command", at, err) || !command)
        return -1;
    if (strchr(command, '/'))
        return spk_kube_path_from(&out->command, folder, spk_str(command), err);
    out->command = SPK_STEAL(command);
    return 0;
}

int spk_kube_exec_read(struct spk_kube_exec *out, const json_t *exec, const char *folder,
                       const struct spk_at *at, struct spk_err *err)
{
    struct spk_str hint;

    if (read_version(out, exec, at, err) || read_command(out, exec, folder, at, err) ||
        read_args(&out->args, exec, at, err) || read_env(out, exec, at, err) ||
        spk_json_text(&hint, exec, "installHint", at, err) ||
        spk_json_flag(&out->cluster_info, exec, "provideClusterInfo", at, err))
        return -1;
    return hint.len ? spk_kube_copy(&out->install_hint, hint, err) : 0;
}

void spk_kube_exec_done(struct spk_kube_exec *exec)
{
    for (char **arg = exec->args; arg && *arg; arg++)
        spk_kube_wipe(arg);
    for (size_t i = 0; i < exec->env_count; i++) {
        free(exec->env[i].name);
        spk_kube_wipe(&exec->env[i].value);
    }
    free(exec->args);
    free(exec->env);
    free(exec->command);
    free(exec->api_version);
    free(exec->install_hint);
    *exec = (struct spk_kube_exec){0};
}
