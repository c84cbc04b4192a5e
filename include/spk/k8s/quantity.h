#ifndef SPK_K8S_QUANTITY_H
#define SPK_K8S_QUANTITY_H
/*
 * Amounts of resources: "500m", "1Gi", "0.5". The API server writes each value in one form of its
 * own
 * ("0.5" comes back as "500m"), so they are compared by value.
 * Source: apimachinery pkg/api/resource/quantity.go ParseQuantity
 */

#include "spk/base/str.h"

#include <stdbool.h>

/* Billionths, the least that the API server tells apart; its range is that of 64 bits, with sign.
 */
__extension__ typedef __int128 spk_nano;

/* Reads a quantity; false when the API server would not take it, nor for what it takes without
 * need: no digit at all ("."), blanks around, and exponents above 1,000. What is finer than a
 * billionth is rounded away from zero, and what is out of range becomes the range's end, as there.
 */
bool spk_quantity_read(spk_nano *out, struct spk_str text);

/* Both can be read and are worth the same. */
bool spk_quantity_same(struct spk_str a, struct spk_str b);

#endif
