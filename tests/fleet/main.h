/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.h: the subcommands of simpul-fleet. */
#ifndef SIMPUL_FLEET_MAIN_H
#define SIMPUL_FLEET_MAIN_H

int	run_main(int argc, char *argv[]);	/* run.c */
int	synth_main(int argc, char *argv[]);	/* synth.c */
int	bench_main(int argc, char *argv[]);	/* bench.c */
/** Print how to call the program. @return its exit code */
int	fleet_usage(void);

#endif
