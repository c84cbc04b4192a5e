#include "spk/cli/flags.h"

#include "spk/base/nearest.h"

void spk_nearest(const char **best, const char *word, const char *name)
{
    size_t bound = *best ? spk_edit_distance(spk_str(word), spk_str(*best)) : strlen(name) / 3 + 2;

    if (spk_edit_distance(spk_str(word), spk_str(name)) < bound)
        *best = name;
}
