#include "spk/cli/embedded.h"

const char *spk_embedded_file(const struct spk_embedded *embedded, const char *folder)
{
    const char *name = embedded->name;
    size_t len = strlen(folder);

    if (strncmp(name, folder, len) != 0 || name[len] != '/' || name[len + 1] == '_')
        return NULL;
    return name + len + 1;
}

struct spk_str spk_embedded_part(const struct spk_embedded *texts, const char *file)
{
    for (const struct spk_embedded *it = texts; it->name; it++) {
        const char *slash = strchr(it->name, '/');
        if (slash && strcmp(slash + 1, file) == 0)
            return spk_str(it->text);
    }
    return (struct spk_str){0};
}
