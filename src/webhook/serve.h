#ifndef SPK_WEBHOOK_SERVE_H
#define SPK_WEBHOOK_SERVE_H

/* `spark-webhook serve`; argv[0] is "serve". Returns the exit code: 0 after a drain, 1 when a port
 * can't be had, 2 for flags, and files they name, that can't be used. */
int spk_serve_main(int argc, char **argv);

#endif
