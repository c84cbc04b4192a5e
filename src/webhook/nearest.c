#include "webhook/flags.h"

#include <string.h>

/* Longer words are compared by their beginnings. */
#define LETTERS 40

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to insert, remove, change, or swap with their neighbour (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
    size_t rows[LETTERS + 1][LETTERS + 1];
    size_t a_len = strnlen(a, LETTERS);
    size_t b_len = strnlen(b, LETTERS);

    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            rows[i][j] = least(rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                               least(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    }
    return rows[a_len][b_len];
}

void spk_nearest(const char **best, const char *word, const char *name)
{
    size_t bound = *best ? distance(word, *best) : strlen(name) / 3 + 2;

    if (distance(word, name) < bound)
        *best = name;
}
