#ifndef SPK_WEBHOOK_DOCTOR_READ_H
#define SPK_WEBHOOK_DOCTOR_READ_H
/*
 * What an object of the API server says at a place. The server has checked the object, so what is
 * absent, or of another type than it should be, is simply not there.
 */

#include "spk/json/walk.h"
#include <stdbool.h>
#include <stdint.h>

/* The value at a path of keys without dots in them: "spec.template.spec". NULL: none. */
json_t *spk_read(const json_t *object, const char *path);

/* The text there; "" without one. */
const char *spk_read_text(const json_t *object, const char *path);

/* The number there, else @fallback. */
int64_t spk_read_number(const json_t *object, const char *path, int64_t fallback);

/* metadata.name, or "". */
const char *spk_read_name(const json_t *object);

/* The element of a list of objects whose @key is @text; NULL: none. */
json_t *spk_read_named(const json_t *list, const char *key, const char *text);

/* Does a list of texts hold @text? */
bool spk_read_holds(const json_t *list, const char *text);

#endif
