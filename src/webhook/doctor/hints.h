#ifndef SPK_WEBHOOK_DOCTOR_HINTS_H
#define SPK_WEBHOOK_DOCTOR_HINTS_H
/* What may have been meant by a pod that asks for nothing, or for what is not there. */

#include "webhook/doctor/trial.h"

/**
 * spk_hint_annotations() - why has a pod no annotation of ours?
 * @out: words for people: the key that is nearly ours, or else what is often the reason;
 *       "" where it has one
 */
void spk_hint_annotations(char *out, size_t size, const json_t *pod, const char *prefix);

/* One ConfigMap or Secret that an annotation of ours names, and that a volume needs. */
struct spk_hint_source {
    const char *resource; /* a literal: "configmaps" or "secrets" */
    const char *name;     /* in the pod */
};

/* Up to @max of those of a pod as it came back from the trial, or as it is. Return: how many. */
size_t spk_hint_sources(struct spk_hint_source *out, size_t max, const json_t *pod,
                        const char *prefix);

/* Asks whether they are there, and fills trial->absent. */
void spk_hint_look(struct spk_trial *trial, struct spk_kube *kube);

#endif
