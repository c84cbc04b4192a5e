#include "spk/admission/decision.h"

#include "spk/base/cleanup.h"

static const char *const roles[] = {
    [SPK_ROLE_OTHER] = "other",
    [SPK_ROLE_DRIVER] = "driver",
    [SPK_ROLE_EXECUTOR] = "executor",
    [SPK_ROLE_APPLICATION] = "application",
};
_Static_assert(SPK_LEN(roles) == SPK_ROLES, "one text per role");

static const char *const outcomes[] = {
    [SPK_UNTOUCHED] = "untouched", [SPK_UNCHANGED] = "unchanged", [SPK_MUTATED] = "mutated",
    [SPK_DENIED] = "denied",       [SPK_FAILED] = "failed",
};
_Static_assert(SPK_LEN(outcomes) == SPK_OUTCOMES, "one text per outcome");

void spk_decision_done(struct spk_decision *decision)
{
    json_decref(decision->patch);
    json_decref(decision->root);
    spk_arena_done(&decision->arena);
    *decision = (struct spk_decision){0};
}

const char *spk_role_text(enum spk_role role)
{
    return roles[role];
}

const char *spk_outcome_text(enum spk_outcome outcome)
{
    return outcomes[outcome];
}
