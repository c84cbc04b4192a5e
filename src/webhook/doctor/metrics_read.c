#include "webhook/doctor/metrics_read.h"

#include "spk/base/str.h"

#include <stdlib.h>

/* A line's value, where it is a sample of @name with that label; else 0. */
static double value_of(struct spk_str line, const char *name, const char *label)
{
    struct spk_str rest = line;
    const char *found = label ? memmem(line.ptr, line.len, label, strlen(label)) : line.ptr;
    const char *blank = memrchr(line.ptr, ' ', line.len);

    if (!spk_str_starts(rest, spk_str(name)) || !found || !blank)
        return 0;
    rest = spk_str_skip(rest, strlen(name));
    if (rest.ptr[0] != '{' && rest.ptr[0] != ' ')
        return 0;
    return strtod(blank + 1, NULL); /* ends at the line's end */
}

double spk_metric_sum(const char *page, const char *name, const char *label)
{
    double sum = 0;

    while (*page) {
        size_t len = strcspn(page, "\n");
        if (len)
            sum += value_of((struct spk_str){page, len}, name, label);
        page += len + (page[len] == '\n');
    }
    return sum;
}
