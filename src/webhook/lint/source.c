#include "webhook/lint/source.h"

#include "spk/base/cleanup.h"

#include <stdint.h>

struct spk_lint_mark {
    const json_t *value;
    size_t offset;
};

void spk_lint_source_done(struct spk_lint_source *source)
{
    free(source->marks);
    *source = (struct spk_lint_source){0};
}

/* Room grows to powers of two. */
static bool make_room(struct spk_lint_source *source)
{
    size_t count = source->mark_count;
    struct spk_lint_mark *marks;

    if (count & (count - 1) || count == 1)
        return true;
    marks = reallocarray(source->marks, count ? 2 * count : 2, sizeof(*marks));
    if (!marks) {
        source->broken = true;
        return false;
    }
    source->marks = marks;
    return true;
}

void spk_lint_mark(void *arg, const json_t *value, size_t offset)
{
    struct spk_lint_source *source = arg;

    if (source->broken || !make_room(source))
        return;
    source->sorted = false;
    source->marks[source->mark_count++] = (struct spk_lint_mark){value, offset};
}

/* By value, and for true, false and null, which are one value each, by place. */
static int compare(const void *left, const void *right)
{
    const struct spk_lint_mark *a = left;
    const struct spk_lint_mark *b = right;
    int diff =
        ((uintptr_t)a->value > (uintptr_t)b->value) - ((uintptr_t)a->value < (uintptr_t)b->value);

    return diff ? diff : (a->offset > b->offset) - (a->offset < b->offset);
}

static int compare_value(const void *key, const void *element)
{
    const struct spk_lint_mark *mark = element;

    return ((uintptr_t)key > (uintptr_t)mark->value) - ((uintptr_t)key < (uintptr_t)mark->value);
}

bool spk_lint_is_single(const json_t *value)
{
    return json_is_true(value) || json_is_false(value) || json_is_null(value);
}

static void sort(struct spk_lint_source *source)
{
    if (!source->sorted)
        qsort(source->marks, source->mark_count, sizeof(*source->marks), compare);
    source->sorted = true;
}

bool spk_lint_offset(size_t *offset, struct spk_lint_source *source, const json_t *value)
{
    const struct spk_lint_mark *mark;

    if (!value || spk_lint_is_single(value) || source->mark_count == 0)
        return false;
    sort(source);
    mark = bsearch(value, source->marks, source->mark_count, sizeof(*source->marks), compare_value);
    if (mark)
        *offset = mark->offset;
    return mark != NULL;
}

bool spk_lint_offset_of_single(size_t *offset, struct spk_lint_source *source, const json_t *value,
                               size_t from, size_t nth)
{
    const struct spk_lint_mark wanted = {value, from};
    size_t least = 0;
    size_t end = source->mark_count;

    if (end == 0)
        return false;
    sort(source);
    while (least < end) {
        size_t middle = least + (end - least) / 2;
        if (compare(&source->marks[middle], &wanted) < 0)
            least = middle + 1;
        else
            end = middle;
    }
    if (nth >= source->mark_count - least || source->marks[least + nth].value != value)
        return false;
    *offset = source->marks[least + nth].offset;
    return true;
}

/* A text beside the notation it was read from, both as far as they agree. */
struct pair {
    struct spk_str text;
    struct spk_str value;
    size_t i; /* of the text */
    size_t j; /* of the value */
    bool escapes;
    bool single; /* quotes, of which two mean one */
};

static char text_at(const struct pair *pair, size_t ahead)
{
    if (pair->i + ahead >= pair->text.len)
        return '\0';
    return pair->text.ptr[pair->i + ahead];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* "|", ">-2" and a comment: up to the end of the line. */
static void open_value(struct pair *pair, bool properties)
{
    pair->escapes = properties || text_at(pair, 0) == '"';
    pair->single = !properties && text_at(pair, 0) == '\'';
    if (!properties && (pair->single || pair->escapes)) {
        pair->i++;
        return;
    }
    if (properties || (text_at(pair, 0) != '|' && text_at(pair, 0) != '>'))
        return;
    while (text_at(pair, 0) && text_at(pair, 0) != '\n')
        pair->i++;
}

static size_t rune_bytes(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* \uXXXX, which is one character, or with a second one the half of it. */
static void pass_unicode(struct pair *pair)
{
    size_t len = rune_bytes((unsigned char)pair->value.ptr[pair->j]);

    pair->i += len == 4 ? 12 : 6;
    pair->j += len;
}

/* At a backslash. False when the two do not agree. */
static bool pass_escape(struct pair *pair)
{
    char next = text_at(pair, 1);
    char meant = pair->value.ptr[pair->j];

    if (is_blank(next) && next != meant) {
        pair->i++; /* a continuation: what follows is skipped as blanks */
        return true;
    }
    if (next == meant) {
        pair->i += 2;
        pair->j++;
        return true;
    }
    if (next == 'u') {
        pass_unicode(pair);
        return true;
    }
    if ((unsigned char)meant >= 0x20)
        return false;
    pair->i += 2;
    pair->j++;
    return true;
}

/* One step. False when the two do not agree. */
static bool pass(struct pair *pair)
{
    char c = text_at(pair, 0);
    char meant = pair->value.ptr[pair->j];

    if (c == '\\' && pair->escapes)
        return pass_escape(pair);
    if (c == meant) {
        pair->i += c == '\'' && pair->single ? 2 : 1;
        pair->j++;
        return true;
    }
    if (!is_blank(c))
        return false;
    pair->i++;
    pair->j += c == '\n' && meant == ' '; /* folded */
    return true;
}

/* Before what is meant: indentation, and the end of a line that goes on. */
static void skip_unmeant(struct pair *pair)
{
    char meant = pair->value.ptr[pair->j];

    while ((is_blank(text_at(pair, 0)) && text_at(pair, 0) != meant) ||
           (pair->escapes && text_at(pair, 0) == '\\' && is_blank(text_at(pair, 1)) &&
            text_at(pair, 1) != meant))
        pair->i++;
}

size_t spk_lint_inside(const struct spk_lint_source *source, size_t start, struct spk_str value,
                       size_t inside)
{
    struct pair pair = {.text = source->text, .value = value, .i = start};

    if (inside >= value.len)
        return start;
    open_value(&pair, source->properties);
    while (pair.j < inside) {
        if (pair.i >= pair.text.len || !pass(&pair))
            return start;
    }
    skip_unmeant(&pair);
    if (text_at(&pair, 0) != value.ptr[inside] && text_at(&pair, 0) != '\\')
        return start;
    return pair.i;
}

void spk_lint_line_column(const struct spk_lint_source *source, size_t from, size_t to,
                          size_t *line, size_t *column)
{
    const char *text = source->text.ptr;

    for (; from < to && from < source->text.len; from++) {
        bool last_of_end =
            text[from] == '\n' ||
            (text[from] == '\r' && (from + 1 == source->text.len || text[from + 1] != '\n'));
        if (last_of_end) {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text[from] & 0xC0) != 0x80) {
            ++*column;
        }
    }
}

size_t spk_lint_offset_of(const struct spk_lint_source *source, size_t line, size_t column)
{
    size_t at = 0;
    size_t here_line = 1;
    size_t here_column = 1;

    while (at < source->text.len &&
           (here_line < line || (here_line == line && here_column < column))) {
        spk_lint_line_column(source, at, at + 1, &here_line, &here_column);
        at++;
    }
    while (at < source->text.len && ((unsigned char)source->text.ptr[at] & 0xC0) == 0x80)
        at++;
    return here_line > line && at ? at - 1 : at;
}
