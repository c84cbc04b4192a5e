#include "spk/k8s/quantity.h"

#include "spk/base/cleanup.h"

#include <stdint.h>

#define NANO 1000000000
#define TOP  ((spk_nano)INT64_MAX * NANO)
#define HALF ((spk_nano)1 << 125)
#define MANY 40   /* a power of ten that is beyond the range either way */
#define FAR  1000 /* no exponent that means anything is above */

static const struct suffix {
    struct spk_str text;
    int base; /* 2 or 10 */
    int power;
} suffixes[] = {
    {SPK_LIT(""), 10, 0},   {SPK_LIT("n"), 10, -9}, {SPK_LIT("u"), 10, -6}, {SPK_LIT("m"), 10, -3},
    {SPK_LIT("k"), 10, 3},  {SPK_LIT("M"), 10, 6},  {SPK_LIT("G"), 10, 9},  {SPK_LIT("T"), 10, 12},
    {SPK_LIT("P"), 10, 15}, {SPK_LIT("E"), 10, 18}, {SPK_LIT("Ki"), 2, 10}, {SPK_LIT("Mi"), 2, 20},
    {SPK_LIT("Gi"), 2, 30}, {SPK_LIT("Ti"), 2, 40}, {SPK_LIT("Pi"), 2, 50}, {SPK_LIT("Ei"), 2, 60},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_sign(struct spk_str *text)
{
    bool negative = text->len && text->ptr[0] == '-';

    if (text->len && (negative || text->ptr[0] == '+'))
        *text = spk_str_skip(*text, 1);
    return negative;
}

/* The digits that a number begins with, and how many of them stand behind its point. */
struct number {
    spk_nano digits;
    int behind;
    bool rest;     /* there were more digits behind than fit, and not only zeros */
    bool too_many; /* more before the point than fit */
    size_t count;
};

/* 29 digits count: the range needs 19 before the point and 9 behind it. */
static void take_digit(struct number *number, int digit, bool behind)
{
    bool full = number->digits > TOP;

    number->count++;
    if (full && behind) {
        number->rest |= digit != 0;
        return;
    }
    number->too_many |= full;
    if (!full)
        number->digits = number->digits * 10 + digit;
    number->behind += behind;
}

static struct number take_number(struct spk_str *text)
{
    struct number number = {0};
    bool behind = false;
    size_t i = 0;

    for (; i < text->len; i++) {
        if (text->ptr[i] == '.' && !behind)
            behind = true;
        else if (is_digit(text->ptr[i]))
            take_digit(&number, text->ptr[i] - '0', behind);
        else
            break;
    }
    *text = spk_str_skip(*text, i);
    return number;
}

/* "e3", "E-3" */
static bool read_exponent(int *power, struct spk_str text)
{
    bool negative;
    int value = 0;

    if (text.len < 2 || (text.ptr[0] != 'e' && text.ptr[0] != 'E'))
        return false;
    text = spk_str_skip(text, 1);
    negative = take_sign(&text);
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i]))
            return false;
        value = value * 10 + (text.ptr[i] - '0');
        if (value > FAR) /* an API server of 1.36 works on it until its deadline */
            return false;
    }
    *power = negative ? -value : value;
    return true;
}

static bool read_suffix(int *base, int *power, struct spk_str text)
{
    for (size_t i = 0; i < SPK_LEN(suffixes); i++) {
        if (!spk_str_eq(text, suffixes[i].text))
            continue;
        *base = suffixes[i].base;
        *power = suffixes[i].power;
        return true;
    }
    *base = 10;
    return read_exponent(power, text);
}

/* At most the range's end. */
static spk_nano times(spk_nano value, int power)
{
    for (; power > 0 && value && value <= TOP; power--)
        value *= 10;
    return value <= TOP ? value : TOP;
}

/* Rounded up. */
static spk_nano divided(spk_nano value, int power, bool rest)
{
    for (; power > 0 && value; power--) {
        rest |= value % 10 != 0;
        value /= 10;
    }
    return value + rest;
}

/* Times two, @power times; where that would not fit, digits behind the point go. */
static spk_nano doubled(struct number *number, int power)
{
    spk_nano value = number->digits;

    for (; power > 0 && (value <= HALF || number->behind); power--) {
        if (value > HALF) {
            number->rest |= value % 10 != 0;
            value /= 10;
            number->behind--;
        }
        value *= 2;
    }
    return value;
}

static spk_nano worth(struct number *number, int base, int power)
{
    spk_nano value = base == 2 ? doubled(number, power) : number->digits;
    int ten = 9 - number->behind + (base == 10 ? power : 0);

    if (number->too_many && ten > -MANY)
        return TOP;
    value = ten >= 0 ? times(value, ten) : divided(value, -ten, number->rest);
    return value <= TOP ? value : TOP;
}

bool spk_quantity_read(spk_nano *out, struct spk_str text)
{
    bool negative = take_sign(&text);
    struct number number = take_number(&text);
    int base;
    int power;
    spk_nano value;

    if (number.count == 0 || !read_suffix(&base, &power, text))
        return false;
    value = worth(&number, base, power);
    *out = negative ? -value : value;
    return true;
}

bool spk_quantity_same(struct spk_str a, struct spk_str b)
{
    spk_nano left;
    spk_nano right;

    return spk_quantity_read(&left, a) && spk_quantity_read(&right, b) && left == right;
}
