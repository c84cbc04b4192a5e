#include "spk/cli/throttle.h"

#define LINE ((int64_t)1000) /* in the unit of owed */

bool spk_throttle_pass(struct spk_throttle *throttle, int64_t now_ms, uint64_t *held)
{
    int64_t paid = (now_ms - throttle->last_ms) * SPK_THROTTLE_PER_S;

    throttle->owed = paid < throttle->owed ? throttle->owed - paid : 0;
    throttle->last_ms = now_ms;
    if (throttle->owed > (SPK_THROTTLE_PER_S - 1) * LINE) {
        throttle->held++;
        return false;
    }
    throttle->owed += LINE;
    *held = throttle->held;
    throttle->held = 0;
    return true;
}
