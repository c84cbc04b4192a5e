#include "spk/base/str.h"
#include "spk/k8s/name.h"
#include "spk/k8s/selector.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

/* One piece after the other, as apimachinery's Lexer has them. */
struct reader {
    struct spk_str left;
    struct spk_str token; /* "" at the end */
};

static bool is_special(char c)
{
    return c != '\0' && strchr("=!(),<>", c);
}

static size_t token_len(struct spk_str text)
{
    size_t len = 1;

    if (is_special(*text.ptr))
        return text.len > 1 && text.ptr[1] == '=' && strchr("=!", *text.ptr) ? 2 : 1;
    while (len < text.len && !is_special(text.ptr[len]) && text.ptr[len] != ' ')
        len++;
    return len;
}

static void next(struct reader *reader)
{
    size_t len;

    while (reader->left.len && *reader->left.ptr == ' ')
        reader->left = spk_str_skip(reader->left, 1);
    len = reader->left.len ? token_len(reader->left) : 0;
    reader->token = (struct spk_str){reader->left.ptr, len};
    reader->left = spk_str_skip(reader->left, len);
}

static bool is_word(struct spk_str token)
{
    return token.len && !is_special(*token.ptr);
}

static bool take(struct reader *reader, const char *token)
{
    if (!spk_str_is(reader->token, token))
        return false;
    next(reader);
    return true;
}

static bool at_end(const struct reader *reader)
{
    return !reader->token.len || spk_str_is(reader->token, ",");
}

/* Source: apimachinery pkg/util/validation IsValidLabelValue; without "" a qualified name's end. */
static bool is_value(struct spk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!isalnum((unsigned char)text.ptr[i]) && !strchr("-_.", text.ptr[i]))
            return false;
    }
    return text.len == 0 || (text.len <= 63 && isalnum((unsigned char)text.ptr[0]) &&
                             isalnum((unsigned char)text.ptr[text.len - 1]));
}

/* IsQualifiedName */
static bool is_key(struct spk_str text)
{
    const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    size_t prefix = slash ? (size_t)(slash - text.ptr) : 0;
    struct spk_str name = slash ? spk_str_skip(text, prefix + 1) : text;

    return (!slash || spk_is_subdomain((struct spk_str){text.ptr, prefix})) && name.len &&
           is_value(name);
}

static bool is_number(struct spk_str text)
{
    size_t digits = 0;

    while (digits < text.len && isdigit((unsigned char)text.ptr[digits]))
        digits++;
    return digits > 0 && digits == text.len && digits < 19; /* strconv.ParseInt */
}

static bool read_value(struct reader *reader, bool number)
{
    struct spk_str value = {reader->token.ptr, 0};

    if (is_word(reader->token)) {
        value = reader->token;
        next(reader);
    }
    return number ? is_number(value) : is_value(value);
}

/* "(a, b)": an empty one counts where there is a comma. */
static bool read_set(struct reader *reader)
{
    if (!take(reader, "(") || spk_str_is(reader->token, ")"))
        return false;
    do {
        if (!read_value(reader, false))
            return false;
    } while (take(reader, ","));
    return take(reader, ")");
}

static bool read_operator(struct reader *reader)
{
    if (take(reader, "in") || take(reader, "notin"))
        return read_set(reader);
    if (take(reader, "=") || take(reader, "==") || take(reader, "!="))
        return read_value(reader, false);
    if (take(reader, "<") || take(reader, ">"))
        return read_value(reader, true);
    return false;
}

static bool read_requirement(struct reader *reader)
{
    bool absent = take(reader, "!");
    struct spk_str key = reader->token;

    if (!is_word(key) || !is_key(key))
        return false;
    next(reader);
    return at_end(reader) || (!absent && read_operator(reader));
}

bool spk_is_selector(struct spk_str text)
{
    struct reader reader = {.left = text};

    next(&reader);
    do {
        if (!read_requirement(&reader))
            return false;
    } while (take(&reader, ","));
    return reader.token.len == 0;
}
