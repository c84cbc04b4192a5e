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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "text" in double quotes, cut at SPK_QUOTE_MAX runes with "..." behind the quotes. NULL without
 * memory. */
const char *spk_quote(struct spk_arena *arena, struct spk_str text);

/* Makes @text one line in place, where quotes would not do: what would be escaped becomes a space,
 * a byte that is not UTF-8 a question mark. */
void spk_one_line(char *text);

/* Makes @text UTF-8 in place: a character that was cut off at its end goes, any other byte that is
 * none becomes a question mark. What is printed into a fixed size may need it. */
void spk_mend(char *text);

/* The rule for all of these: may @rune not be shown as it is? */
bool spk_rune_must_escape(uint32_t rune);

/* The rune that @text begins with. Return: its bytes, 1 to 4; 0 when there is no whole one, then
 * *@rune means nothing. */
size_t spk_rune_decode(struct spk_str text, uint32_t *rune);

/* spk_rune_decode() without the rune. */
size_t spk_rune_len(struct spk_str text);

/* The length in bytes of the first @runes runes of UTF-8 text, at most the text's own. */
size_t spk_runes_cut(struct spk_str text, size_t runes);

/* The length of @text without a rune that was cut off at its end. */
size_t spk_runes_whole(struct spk_str text);

/* How many runes @text has. */
size_t spk_runes_count(struct spk_str text);

#endif
