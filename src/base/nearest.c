#include "spk/base/nearest.h"

#include <ctype.h>
#include <strings.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static bool swapped(struct spk_str a, struct spk_str b, size_t i, size_t j)
{
    return i > 1 && j > 1 && same(a.ptr[i - 1], b.ptr[j - 2]) && same(a.ptr[i - 2], b.ptr[j - 1]);
}

size_t spk_edit_distance(struct spk_str a, struct spk_str b)
{
    size_t rows[SPK_NEAREST_LETTERS + 1][SPK_NEAREST_LETTERS + 1];
    size_t a_len = least(a.len, SPK_NEAREST_LETTERS);
    size_t b_len = least(b.len, SPK_NEAREST_LETTERS);

    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            rows[i][j] = least(rows[i - 1][j - 1] + !same(a.ptr[i - 1], b.ptr[j - 1]),
                               least(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (swapped(a, b, i, j))
                rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    }
    return rows[a_len][b_len];
}

bool spk_is_near(size_t steps, const char *name, const char *meant)
{
    size_t full = strlen(meant);
    size_t common = least(strlen(name), full);

    return steps <= full / 3 || (common > 1 && strncasecmp(name, meant, common) == 0);
}
