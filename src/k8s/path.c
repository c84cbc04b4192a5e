#include "spk/k8s/path.h"

#include "spk/base/limits.h"

/* The first step of @path, without slashes; moves @path behind it. Empty at the end. */
static struct spk_str take_step(struct spk_str *path)
{
    struct spk_str step;

    while (path->len && path->ptr[0] == '/')
        *path = spk_str_skip(*path, 1);
    step = (struct spk_str){path->ptr, 0};
    while (step.len < path->len && path->ptr[step.len] != '/')
        step.len++;
    *path = spk_str_skip(*path, step.len);
    return step;
}

const char *spk_path_clean(struct spk_arena *arena, struct spk_str path)
{
    char *clean = spk_arena_alloc(arena, path.len + 2);
    size_t len = 0;

    if (!clean)
        return NULL;
    for (;;) {
        struct spk_str step = take_step(&path);
        if (step.len == 0)
            break;
        if (spk_str_is(step, "."))
            continue;
        if (spk_str_is(step, "..")) {
            while (len && clean[--len] != '/')
                continue;
            continue;
        }
        clean[len++] = '/';
        memcpy(clean + len, step.ptr, step.len);
        len += step.len;
    }
    if (len == 0)
        clean[len++] = '/';
    clean[len] = '\0';
    return clean;
}

static bool has_dotdot(struct spk_str path)
{
    for (;;) {
        struct spk_str step = take_step(&path);
        if (step.len == 0)
            return false;
        if (spk_str_is(step, ".."))
            return true;
    }
}

const char *spk_mount_path_fault(struct spk_str path)
{
    if (path.len == 0)
        return "an empty text";
    if (path.ptr[0] != '/')
        return "a path that is not absolute";
    if (path.len > SPK_PATH_MAX)
        return "a path of more than 4095 bytes";
    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] == ':')
            return "a path with ':'";
        if ((unsigned char)path.ptr[i] < 0x20 || path.ptr[i] == 0x7f)
            return "a path with a control character";
    }
    return has_dotdot(path) ? "a path with '..'" : NULL;
}

bool spk_path_is_above(const char *above, const char *path)
{
    size_t len = strlen(above);

    if (strcmp(above, "/") == 0)
        return strcmp(path, "/") != 0;
    return strncmp(path, above, len) == 0 && path[len] == '/';
}
