#ifndef SPK_JSON_MEMORY_H
#define SPK_JSON_MEMORY_H
/*
 * What jansson may allocate. A tree can cost a hundred times the bytes that it was made from, so a
 * thread that is about to parse a stranger's bytes first says how much memory that is worth.
 *
 * Threads: the budget is the calling thread's own.
 */

#include <stddef.h>

/* Once, before any thread starts: seeds jansson's hash (so that nobody can aim at its collisions)
 * and puts its allocations under budgets. */
void spk_json_init(void);

/* From now on this thread may allocate @bytes in all (what is freed meanwhile is not given back);
 * above that jansson reports no memory. A thread that never called it has no limit. */
void spk_json_budget(size_t bytes);

/* Ends the limit. Returns true when it had been hit. */
int spk_json_budget_end(void);

#endif
