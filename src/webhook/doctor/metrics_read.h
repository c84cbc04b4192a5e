#ifndef SPK_WEBHOOK_DOCTOR_METRICS_READ_H
#define SPK_WEBHOOK_DOCTOR_METRICS_READ_H

/* The sum of all samples of @name on a page of Prometheus' text format, or of those with @label in
 * their labels ("outcome=\"denied\""; NULL: all). 0 without one. */
double spk_metric_sum(const char *page, const char *name, const char *label);

#endif
