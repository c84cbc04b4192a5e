#include "spk/base/log.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const char *const levels[] = {
    [SPK_LOG_DEBUG] = "debug",
    [SPK_LOG_INFO] = "info",
    [SPK_LOG_WARN] = "warn",
    [SPK_LOG_ERROR] = "error",
};
_Static_assert(SPK_LEN(levels) == SPK_LOG_LEVELS, "one name per level");

/* Kept free for what ends a line: ,"truncated":true}\n */
#define TAIL 32

/* All or nothing: false, and nothing added, when @text does not fit. */
static bool put(struct spk_log_line *line, const char *text, size_t len)
{
    if (len > sizeof(line->text) - TAIL - line->len)
        return false;
    memcpy(line->text + line->len, text, len);
    line->len += len;
    return true;
}

static bool put_text(struct spk_log_line *line, const char *text)
{
    return put(line, text, strlen(text));
}

/* One rune, or stray byte as U+FFFD, as JSON has it; returns the bytes taken from @text. */
static size_t show(char out[static 8], struct spk_str text)
{
    uint32_t rune;
    size_t len = spk_rune_decode(text, &rune);

    if (len == 0)
        (void)snprintf(out, 8, "\\ufffd");
    else if (rune == '"' || rune == '\\')
        (void)snprintf(out, 8, "\\%c", (char)rune);
    else if (spk_rune_must_escape(rune))
        (void)snprintf(out, 8, "\\u%04x", (unsigned)rune);
    else
        (void)snprintf(out, 8, "%.*s", (int)len, text.ptr);
    return len ? len : 1;
}

/* Cut at a rune where it has @max bytes, or where the line is full. False, and nothing added, when
 * not even the quotes fit. */
static bool put_string(struct spk_log_line *line, struct spk_str value, size_t max)
{
    size_t room = sizeof(line->text) - TAIL - line->len;
    size_t end;
    char shown[8];

    if (room < 2)
        return false;
    end = line->len + (max < room - 2 ? max : room - 2) + 1;
    (void)put_text(line, "\"");
    while (value.len) {
        size_t taken = show(shown, value);
        size_t len = strlen(shown);
        if (len > end - line->len) {
            line->truncated = true;
            break;
        }
        (void)put(line, shown, len);
        value = spk_str_skip(value, taken);
    }
    return put_text(line, "\"");
}

static bool put_key(struct spk_log_line *line, const char *key)
{
    if (line->logger->format == SPK_LOG_TEXT)
        return put_text(line, " ") && put_text(line, key) && put_text(line, "=");
    return put_text(line, ",\"") && put_text(line, key) && put_text(line, "\":");
}

static size_t format_time(char out[static 32])
{
    int64_t ms = spk_clock_wall_ms();
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    size_t len;

    if (!gmtime_r(&seconds, &utc))
        return 0;
    len = strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &utc);
    return len + (size_t)snprintf(out + len, 8, ".%03dZ", (int)(ms % 1000));
}

void spk_log_begin(struct spk_log_line *line, const struct spk_logger *logger,
                   enum spk_log_level level, const char *msg)
{
    char now[32];
    size_t len;

    line->logger = logger;
    line->off = !logger || level < logger->level;
    line->truncated = false;
    line->len = 0;
    if (line->off)
        return;
    len = format_time(now);
    if (logger->format == SPK_LOG_JSON) {
        (void)(put_text(line, "{\"time\":\"") && put(line, now, len) &&
               put_text(line, "\",\"level\":\"") && put_text(line, levels[level]) &&
               put_text(line, "\",\"msg\":") && put_string(line, spk_str(msg), SPK_LOG_VALUE_MAX));
    } else {
        (void)(put(line, now, len) && put_text(line, " ") && put_text(line, levels[level]) &&
               put_text(line, " ") && put_string(line, spk_str(msg), SPK_LOG_VALUE_MAX));
    }
}

static void add_string(struct spk_log_line *line, const char *key, struct spk_str value, size_t max)
{
    size_t start = line->len;

    if (line->off || (put_key(line, key) && put_string(line, value, max)))
        return;
    line->len = start;
    line->truncated = true;
}

void spk_log_str(struct spk_log_line *line, const char *key, struct spk_str value)
{
    add_string(line, key, value, SPK_LOG_VALUE_MAX);
}

void spk_log_long(struct spk_log_line *line, const char *key, const char *value)
{
    add_string(line, key, spk_str(value), sizeof(line->text));
}

void spk_log_text(struct spk_log_line *line, const char *key, const char *value)
{
    spk_log_str(line, key, spk_str(value));
}

void spk_log_int(struct spk_log_line *line, const char *key, int64_t value)
{
    char number[24];
    size_t start = line->len;

    if (line->off)
        return;
    (void)snprintf(number, sizeof(number), "%" PRId64, value);
    if (put_key(line, key) && put_text(line, number))
        return;
    line->len = start;
    line->truncated = true;
}

static void write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nowhere is left to say so */
        text += n;
        len -= (size_t)n;
    }
}

void spk_log_end(struct spk_log_line *line)
{
    bool json;
    size_t room;

    if (line->off)
        return;
    json = line->logger->format == SPK_LOG_JSON;
    room = sizeof(line->text) - line->len;
    if (line->truncated)
        line->len += (size_t)snprintf(line->text + line->len, room, "%s",
                                      json ? ",\"truncated\":true" : " truncated=true");
    room = sizeof(line->text) - line->len;
    line->len += (size_t)snprintf(line->text + line->len, room, "%s", json ? "}\n" : "\n");
    write_all(line->logger->fd, line->text, line->len);
}

void spk_log(const struct spk_logger *logger, enum spk_log_level level, const char *msg,
             const char *key, const char *value)
{
    struct spk_log_line line;

    spk_log_begin(&line, logger, level, msg);
    if (key)
        spk_log_long(&line, key, value);
    spk_log_end(&line);
}

bool spk_log_level_parse(enum spk_log_level *out, const char *text)
{
    for (size_t i = 0; i < SPK_LEN(levels); i++) {
        if (strcmp(text, levels[i]) == 0) {
            *out = (enum spk_log_level)i;
            return true;
        }
    }
    return false;
}

bool spk_log_format_parse(enum spk_log_format *out, const char *text)
{
    bool json = strcmp(text, "json") == 0;

    if (!json && strcmp(text, "text") != 0)
        return false;
    *out = json ? SPK_LOG_JSON : SPK_LOG_TEXT;
    return true;
}
