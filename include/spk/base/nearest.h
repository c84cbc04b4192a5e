#ifndef SPK_BASE_NEAREST_H
#define SPK_BASE_NEAREST_H
/* How far a word is from one that may have been meant. */

#include "spk/base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Longer words are compared by their beginnings. */
#define SPK_NEAREST_LETTERS 40

/* Letters to insert, remove, change, or swap with their neighbour (optimal string alignment);
 * upper and lower case are the same. */
size_t spk_edit_distance(struct spk_str a, struct spk_str b);

/* @name, which is @steps from @meant, may have been meant for it: a third of the letters may be
 * wrong, or the rest be missing ("size" for "sizeLimit"), or too much be there ("ips" for "ip"). */
bool spk_is_near(size_t steps, const char *name, const char *meant);

#endif
