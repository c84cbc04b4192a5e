#ifndef SPK_JSON_PLACE_H
#define SPK_JSON_PLACE_H
/*
 * Where in a text of JSON its values stand. jansson does not tell, and libyaml, which would, does
 * not read all of JSON (the halves of a surrogate pair, keys of more than 1,024 characters). Of a
 * text that spk_json_parse() reads the answers are right; any other one is walked without harm.
 */

#include "spk/base/str.h"

#include <jansson.h>
#include <stddef.h>

/* Told of a value and the byte that its text begins with. true, false and null are one value each
 * in all of jansson. */
typedef void spk_json_place_fn(void *arg, const json_t *value, size_t offset);

/* Tells of every value of @tree, which was read from @text. */
void spk_json_places(const json_t *tree, struct spk_str text, spk_json_place_fn *tell, void *arg);

/* The byte at which the value at @path begins: "[2].path", "metadata.annotations[\"a/b\"]"; keys
 * are compared as they are in the text, escapes and all. What is not there: the nearest that holds
 * it, at last the whole. Return: the length of the part of @path that was found. */
size_t spk_json_locate(size_t *offset, struct spk_str text, const char *path);

/* The length of the JSON value that @text begins with, blanks before it included, or all of @text
 * when it does not end: for JSON documents one behind the other. */
size_t spk_json_document_len(struct spk_str text);

#endif
