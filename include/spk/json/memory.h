#ifndef SPK_JSON_MEMORY_H
#define SPK_JSON_MEMORY_H
/*
 * What jansson may allocate. A tree can cost a hundred times the bytes that it was made from, so a
 * thread that is about to make one from a stranger's bytes first says how much memory that is
 * worth.
 *
 * jansson 2.14 does not survive a refused allocation while it reads a token: load.c lex_save()
 * drops the byte, and a lost closing quote has it write behind its buffer, a lost byte behind a
 * number fails an assertion. So a budget that is spent does not refuse what a token may need: the
 * parser is starved of input instead (see spk_json_parse). And once malloc itself has failed, every
 * later allocation under the budget fails too: then no token with a hole in it gets any further.
 *
 * Threads: the budget is the calling thread's own.
 */

#include "spk/base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Once, before any thread starts: seeds jansson's hash (so that nobody can aim at its collisions)
 * and puts its allocations under budgets. */
void spk_json_init(void);

/* From now on this thread may allocate @bytes in all; what is freed meanwhile is not given back. A
 * thread that never called it has no limit. */
void spk_json_budget(size_t bytes);

/* The budget is spent, or memory is: whoever feeds jansson must stop now. */
bool spk_json_budget_spent(void);

/* Ends the limit. SPK_OK; SPK_ETOOBIG when it was spent, SPK_ENOMEM when malloc failed: what was
 * made in between is then unusable, even if it looks whole. */
enum spk_code spk_json_budget_end(void) __attribute__((warn_unused_result));

#endif
