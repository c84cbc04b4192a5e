#ifndef SPK_CONTROLLER_SERVE_H
#define SPK_CONTROLLER_SERVE_H

/* `spark-controller run`; argv[0] is "run". Returns the exit code: 0 after a stop, 1 when a port or
 * the cluster can't be had, 2 for flags, and files they name, that can't be used. */
int spk_run_main(int argc, char **argv);

#endif
