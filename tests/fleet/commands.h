/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands.h: what a command line became, for the files that carry it out (faults.c, report.c). */
#ifndef SIMPUL_FLEET_COMMANDS_H
#define SIMPUL_FLEET_COMMANDS_H

#include "tests/fleet/parts.h"

#define COMMAND_NUMBERS 4

struct command_call {
	struct fleet_model  *m;
	int64_t		     now_ns;
	const struct command *command;
	struct fleet_line   *line;
	struct fleet_site   *site;
	struct fleet_device *device;
	struct fleet_port   *port, *other;	/* PORT; the second of them */
	char		     word[PORT_NAME_MAX];	/* WORD */
	double		     number[COMMAND_NUMBERS];	/* RATIO, MS, SECONDS, BYTES, TIME in order */
	size_t		     nnumbers;
	size_t		     place;		/* OID: of the object in the device's recorded walk */
	char		     value[256];	/* VALUE, which fits its type */
	bool		     on, mark;
	uint32_t	     addr;
	uint16_t	     tcp_port;
	enum tcp_state	     tcp_state;
	struct buf	    *reply;
	char		    *err;		/* what is wrong, when run fails */
	size_t		     err_size;
};

struct command {
	const char *usage;	/* small words as they are, capitals for a kind of argument, [ ]: optional */
	int	  (*run)(struct command_call *c);	/* 0, or -1 with a sentence in err */
	enum command_effect { ASKS, CHANGES } effect;	/* what changes the network goes to the log */
	unsigned    fault;	/* enum device_fault, for fault_device */
};

/** Add a formatted line to the reply. */
void	reply_line(struct buf *reply, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* faults.c */
int	fault_cut_link(struct command_call *c);
int	fault_restore_link(struct command_call *c);
int	fault_cut_site(struct command_call *c);
int	fault_restore_site(struct command_call *c);
int	fault_power_site(struct command_call *c);
int	fault_loss_link(struct command_call *c);
int	fault_delay_link(struct command_call *c);
int	fault_shape_link(struct command_call *c);
int	fault_reroute_link(struct command_call *c);
int	fault_balance_link(struct command_call *c);
int	fault_mtu_link(struct command_call *c);
int	fault_brownout_site(struct command_call *c);
int	fault_reboot_device(struct command_call *c);
int	fault_renumber_device(struct command_call *c);
int	fault_wrap_device(struct command_call *c);
int	fault_wrap64_device(struct command_call *c);
int	fault_rename_device(struct command_call *c);
int	fault_alias_device(struct command_call *c);
int	fault_recable_device(struct command_call *c);
int	fault_away_device(struct command_call *c);
int	fault_recreate_device(struct command_call *c);
int	fault_replace_device(struct command_call *c);
int	fault_jump_device(struct command_call *c);
int	fault_set_device(struct command_call *c);
int	fault_device(struct command_call *c);
int	fault_tcp(struct command_call *c);

/* report.c */
int	report_show(struct command_call *c);
int	report_log(struct command_call *c);
int	report_stats(struct command_call *c);
int	report_truth_link(struct command_call *c);
int	report_truth_port(struct command_call *c);
int	report_help(struct command_call *c);

extern const struct command fleet_commands[];	/* ends with { 0 } */

#endif
