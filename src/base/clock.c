#include "spk/base/clock.h"

#include "spk/base/cleanup.h"

#include <stdio.h>
#include <time.h>

#define DURATION_MS_MAX 9007199254740992.0 /* 2^53: exact in a double */
#define HALF_NS         5e-7               /* in ms: 4.35s is not to become 4349 ms */

static int64_t read_ns(clockid_t clock)
{
    struct timespec now = {0};

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t spk_clock_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t spk_clock_mono_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t spk_clock_wall_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000;
}

/* Longer units before their beginnings: "ms" before "m". */
static const struct {
    struct spk_str name;
    double ms;
} units[] = {
    {{"ms", 2}, 1},      {{"us", 2}, 1e-3}, {{"\u00b5s", 3}, 1e-3}, {{"ns", 2}, 1e-6},
    {{"h", 1}, 3600000}, {{"m", 1}, 60000}, {{"s", 1}, 1000},
};

static bool read_number(double *out, struct spk_str *text)
{
    double value = 0;
    double scale = 1; /* of the last digit behind the point */
    bool point = false;
    size_t n = 0;
    bool digits = false;

    for (; n < text->len; n++) {
        char c = text->ptr[n];
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            scale /= point ? 10 : 1;
            value = point ? value + (c - '0') * scale : value * 10 + (c - '0');
            digits = true;
        } else {
            break;
        }
    }
    *text = spk_str_skip(*text, n);
    *out = value;
    return digits;
}

static bool read_unit(double *out_ms, struct spk_str *text)
{
    for (size_t i = 0; i < SPK_LEN(units); i++) {
        if (spk_str_starts(*text, units[i].name)) {
            *text = spk_str_skip(*text, units[i].name.len);
            *out_ms = units[i].ms;
            return true;
        }
    }
    return false;
}

bool spk_duration_parse(int64_t *out_ms, struct spk_str text)
{
    double total = 0;

    if (spk_str_is(text, "0")) {
        *out_ms = 0;
        return true;
    }
    if (text.len == 0)
        return false;
    while (text.len) {
        double number;
        double unit;
        if (!read_number(&number, &text) || !read_unit(&unit, &text))
            return false;
        total += number * unit;
        if (total > DURATION_MS_MAX)
            return false;
    }
    *out_ms = (int64_t)(total + HALF_NS);
    return true;
}

void spk_clock_text(char out[SPK_CLOCK_TEXT], int64_t wall_s)
{
    const time_t seconds = (time_t)wall_s;
    struct tm utc = {0};

    out[0] = '\0';
    if (gmtime_r(&seconds, &utc))
        (void)strftime(out, SPK_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* "Z", "+01:00"; false for anything else. */
static bool read_offset(int64_t *out_s, const char *text)
{
    const int sign = *text == '-' ? -1 : 1;
    struct tm offset = {0};
    const char *rest;

    *out_s = 0;
    if (strcmp(text, "Z") == 0)
        return true;
    if (*text != '+' && *text != '-')
        return false;
    rest = strptime(text + 1, "%H:%M", &offset);
    *out_s = (int64_t)sign * (offset.tm_hour * 3600 + offset.tm_min * 60);
    return rest && !*rest;
}

bool spk_clock_parse(int64_t *wall_s, struct spk_str text)
{
    char room[64];
    struct tm tm = {0};
    const char *rest;
    int64_t offset_s;

    if (text.len >= sizeof(room))
        return false;
    (void)snprintf(room, sizeof(room), "%.*s", SPK_ARG(text));
    rest = strptime(room, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest && *rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (!rest || !read_offset(&offset_s, rest))
        return false;
    *wall_s = (int64_t)timegm(&tm) - offset_s;
    return true;
}
