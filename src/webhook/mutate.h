#ifndef SPK_WEBHOOK_MUTATE_H
#define SPK_WEBHOOK_MUTATE_H

/* `spark-webhook mutate`; argv[0] is "mutate". Returns the exit code. */
int spk_mutate_main(int argc, char **argv);

#endif
