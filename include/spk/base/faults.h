#ifndef SPK_BASE_FAULTS_H
#define SPK_BASE_FAULTS_H
/*
 * All that is wrong with something, one a line, for places that hold more or less of it: a denial,
 * a status, an event. What there is no room for is counted.
 */

#include "spk/base/limits.h"

#include <stdbool.h>
#include <stddef.h>

struct spk_faults {
    char lines[SPK_MESSAGE_MAX]; /* "PATH: what is wrong", one a line */
    size_t left;                 /* how many are not among them */
};

/* Adds "@path: ...", made one line, unless it is there. The first that does not fit ends the list:
 * what follows, there or not, is only counted, for there may be a million. */
void spk_faults_add(struct spk_faults *faults, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* True while nothing was added. */
bool spk_faults_none(const struct spk_faults *faults);

/* All of them with @between between two, "and N more" last where @size bytes hold no more. */
void spk_faults_print(char *out, size_t size, const struct spk_faults *faults, const char *between);

/* The same of @lines, which may end in an "and N more" of its own; what has one line is cut. */
void spk_faults_join(char *out, size_t size, const char *lines, const char *between);

#endif
