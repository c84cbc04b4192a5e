#ifndef SPK_BASE_TEXT_H
#define SPK_BASE_TEXT_H
/*
 * Text of strangers in messages for people: quoted, escaped, short. What comes out holds no control
 * character (C0, DEL, C1), no line separator and nothing that turns the direction of writing, so it
 * can neither forge a line nor vanish in an HTTP Warning header (apimachinery pkg/util/net
 * NewWarningHeader drops control characters). Bytes that are not UTF-8 come out as \xNN.
 */

#include "spk/base/arena.h"
#include "spk/base/str.h"

#include <stddef.h>

/* "text" in double quotes, cut at SPK_QUOTE_MAX runes with "..." behind the quotes. NULL without
 * memory. */
const char *spk_quote(struct spk_arena *arena, struct spk_str text);

/* The bytes of the rune that @text begins with: 1 to 4, 0 when there is no whole one. */
size_t spk_rune_len(struct spk_str text);

/* The length in bytes of the first @runes runes of UTF-8 text, at most the text's own. */
size_t spk_runes_cut(struct spk_str text, size_t runes);

/* The length of @text without a rune that was cut off at its end. */
size_t spk_runes_whole(struct spk_str text);

/* How many runes @text has. */
size_t spk_runes_count(struct spk_str text);

#endif
