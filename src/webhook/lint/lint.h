#ifndef SPK_WEBHOOK_LINT_LINT_H
#define SPK_WEBHOOK_LINT_LINT_H

/* `spark-webhook lint`; argv[0] is "lint". Returns the exit code. */
int spk_lint_main(int argc, char **argv);

#endif
