#ifndef SPK_BASE_NEAREST_H
#define SPK_BASE_NEAREST_H
/* How far a word is from one that may have been meant. */

#include "spk/base/str.h"

#include <stddef.h>

/* Longer words are compared by their beginnings. */
#define SPK_NEAREST_LETTERS 40

/* Letters to insert, remove, change, or swap with their neighbour (optimal string alignment);
 * upper and lower case are the same. */
size_t spk_edit_distance(struct spk_str a, struct spk_str b);

#endif
