#ifndef SPK_BASE_CLOCK_H
#define SPK_BASE_CLOCK_H
/* Time: two clocks and the spelling of a duration. */

#include "spk/base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds of a clock that never jumps; its zero means nothing. */
int64_t spk_clock_mono_ns(void);

/* Milliseconds of the same clock. */
int64_t spk_clock_mono_ms(void);

/* Milliseconds since 1970 (UTC). */
int64_t spk_clock_wall_ms(void);

/* Room for what spk_clock_text() writes. */
#define SPK_CLOCK_TEXT 32

/* "2026-11-21T06:37:44Z", RFC 3339, from seconds since 1970. */
void spk_clock_text(char out[SPK_CLOCK_TEXT], int64_t wall_s);

/* Reads a time of RFC 3339, with any fraction (cut) and offset: "2026-11-21T06:37:44.5+01:00".
 * False when it is none; @wall_s is then untouched. */
bool spk_clock_parse(int64_t *wall_s, struct spk_str text);

/**
 * spk_duration_parse() - read a duration as Go prints it: "10s", "1m30s", "1.5h", "250ms", "0"
 * @out_ms: milliseconds, cut; untouched on failure
 * @text:   units h, m, s, ms, us, µs, ns; no sign
 *
 * Spec:   Go time.ParseDuration, which is what the API server's ?timeout= goes through
 * Return: true, or false when @text is not a duration or is above 2^53 ms
 */
bool spk_duration_parse(int64_t *out_ms, struct spk_str text);

#endif
