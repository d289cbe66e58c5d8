/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts.h: what the model is made of; for the files of the model only.
 *
 *	model.c		building it, addresses, packets in and out
 *	lines.c		which lines work, how long a packet takes, which one is lost
 *	way.c		the routers on the way to a line
 *	traffic.c	what a port has carried
 *	agent.c		the SNMP agent of a device, with mib.c (its objects), recorded.c and ber.c
 *	commands.c	commands as text, with faults.c (what they do) and report.c (what is asked)
 */
#ifndef SIMPUL_FLEET_PARTS_H
#define SIMPUL_FLEET_PARTS_H

#include "tests/fleet/model.h"
#include "model/inventory.h"

#define PORT_NAME_MAX 32
#define LAN_PORTS     4		/* ether2 .. ether5 of every device */

struct fleet_site;
struct traffic;

/* A line of a site: a link of the inventory, or the implied one of a site that has none (link is NULL). */
struct fleet_line {
	const struct link *link;
	struct fleet_site *site, *parent;	/* parent: the site it passes through, or NULL */
	uint64_t	   seed, packets;	/* the fate of packet n is a function of both */
	int64_t		   base_ns;		/* of the round trip, without the parent's part */
	double		   jitter_ns;		/* mean of what comes on top */
	double		   loss;		/* 0..1, of round trips */
	bool		   cut;
	const struct traffic *shaped;		/* towards the site; NULL: it is not */
	/* its way, see way.c */
	uint32_t	   detour, detoured;	/* another router than usual; 0 = none; packets so far */
	bool		   balanced;		/* ... for half of all packets */
	uint16_t	   mtu;			/* longer IP packets do not pass; 0 = all do */
	bool		   mtu_silent;		/* ... and nobody says so */
	/* what follows for a packet, parents included; set by lines_update() */
	bool		   up;
	int64_t		   path_ns;
	double		   path_pass;		/* share of round trips that survive */
	uint64_t	   loss_limit;		/* the same for a packet: lost when a 32-bit draw is below */
};

struct fleet_site {
	const struct site *site;
	struct fleet_line **line;		/* main first */
	size_t		   nlines;
	struct fleet_line *way;			/* the first of them that works; NULL: isolated */
	double		   brownout;		/* share lost on each of its lines */
	bool		   cut, power_off;
};

struct traffic {				/* one direction of a port */
	double mean_ops;			/* octets per second */
	double phase;				/* of the wave, radian */
	double ceiling_ops;			/* the line lets no more pass; 0: it lets all pass */
	double before;				/* octets that are not in the integral: of other ceilings */
};

struct port_stop {				/* the port carried nothing */
	int64_t from_ns, to_ns;			/* to: INT64_MAX while it lasts */
	double	missed[2];			/* octets of all stops before this one, per direction */
};

enum direction { DIR_IN, DIR_OUT, DIRS };

/*
 * A port is what carries something: its traffic, and its name in commands and truths, stay for ever. Which
 * socket of which router it is in, and what that calls it, may change.
 */
struct fleet_port {
	char		   name[PORT_NAME_MAX];
	char		   shown[PORT_NAME_MAX];	/* ifName, ifDescr */
	char		   alias[PORT_NAME_MAX];	/* ifAlias when it was changed, "-" for none; "": that of its line */
	uint32_t	   socket;		/* place in the router: what its MAC is made of */
	bool		   away;		/* the device does not have it now */
	struct fleet_line *line;		/* which it carries, or NULL */
	struct traffic	   traffic[DIRS];
	struct port_stop  *stop;
	size_t		   nstops;
	int64_t		   booted_ns;		/* for which at_boot holds */
	double		   at_boot[DIRS];	/* octets carried when the device started */
	int64_t		   jump[DIRS];		/* added to what the counters show */
	int64_t		   discontinuity_ns;	/* when; 0 = never since boot */
	double		   errors_ps;
	uint32_t	   if_index, if_type, speed_mbps;
};

enum device_fault {
	DEVICE_SILENT = 1, DEVICE_WRONGID = 2, DEVICE_TRUNCATE = 4, DEVICE_GARBAGE = 8, DEVICE_WRONGSRC = 16,
	DEVICE_TOOBIG = 32, DEVICE_GENERR = 64, DEVICE_NO64 = 128, DEVICE_PRIVATE = 256
};

struct fleet_device {
	const struct device *device;
	struct fleet_site   *site;
	uint64_t	     seed;
	int64_t		     boot_ns;		/* silent until then when it lies ahead */
	uint32_t	     boots, faults, renumbered;
	uint32_t	     replaced;		/* how often by another one: what its MACs are made of, too */
	char		     model[PORT_NAME_MAX];	/* a profile that it shows instead of its own; "" = its own */
	struct fleet_port   *port;
	size_t		     nports;
	struct fleet_port  **row;		/* the same by ifIndex; those that are away behind all others */
	size_t		     nrows;		/* that are not */
	const struct recorded *recorded;	/* walk served beside what is live, or NULL */
	struct recorded_value *set;		/* objects of it that have another value */
	size_t		     nset;
	uint32_t	     forbidden;		/* objects handed out that nobody may read */
};

struct fleet_host {				/* who has an address; addr 0 = free slot */
	uint32_t	     addr;
	struct fleet_line   *line;		/* the address of a line's far end, or NULL */
	struct fleet_device *device;		/* the address of a device, or NULL */
};

enum tcp_state { TCP_OPEN, TCP_CLOSED, TCP_FILTERED };

struct tcp_port {
	uint32_t       addr;
	uint16_t       port;
	enum tcp_state state;
};

struct fleet_event {				/* a command that changed something */
	int64_t mono_ns;
	char   *text;
};

struct fleet_model {
	const struct inventory *inv;
	uint64_t	     seed;
	struct fleet_options opt;
	struct fleet_line   *line;		/* the inventory's links in its order, then the implied */
	size_t		     nlines;
	struct fleet_site   *site;
	struct fleet_device *device;
	struct fleet_host   *host;		/* hash table, host_mask + 1 slots */
	size_t		     host_mask;
	struct tcp_port	    *tcp;
	size_t		     ntcp;
	struct fleet_event  *event;
	size_t		     nevents;
	struct fleet_stats   stats;
	uint8_t		     data[FLEET_ICMP_MAX];	/* of the last answer */
};

/** A number from the seed that belongs to this thing and this use of it. */
uint64_t fleet_hash(uint64_t seed, const char *id, const char *use);
/** The same, spread evenly over [lo, hi). */
double	 fleet_draw(uint64_t seed, const char *id, const char *use, double lo, double hi);
struct fleet_host *fleet_host_find(const struct fleet_model *m, uint32_t addr);
int64_t	 fleet_wall_ns(const struct fleet_model *m, int64_t mono_ns);

/* lines.c */
void	lines_new(struct fleet_model *m);
void	lines_free(struct fleet_model *m);
/** After any change: which lines work, over which path, how long and how lossy. */
void	lines_update(struct fleet_model *m);
/** One round trip over the line. @return false when it is lost, else its time in *rtt_ns */
bool	line_travel(struct fleet_line *l, int64_t *rtt_ns);
/** Let no more pass towards the site; 0: all. @return -1 when no port carries it */
int	line_shape(struct fleet_model *m, struct fleet_line *l, double bps, int64_t now_ns);
/** How long a packet waits before a line that is full. */
int64_t	line_queue_ns(const struct fleet_model *m, const struct fleet_line *l, int64_t now_ns);

/* way.c */
/** Does the packet end before the line's far end? @param answered  out: by an error, in *out */
bool	way_ends_early(struct fleet_model *m, struct fleet_line *l, int64_t now_ns, const struct fleet_packet *in,
    struct fleet_answer *out, bool *answered);

/* traffic.c */
void	devices_new(struct fleet_model *m);
void	devices_free(struct fleet_model *m);
/** After any change: ports whose line stopped or came back at now_ns. */
void	traffic_update(struct fleet_model *m, int64_t now_ns);
/** Octets that a port carried in a direction from the start of the model (negative before it) until t_ns. */
double	port_carried(const struct fleet_model *m, const struct fleet_port *p, enum direction dir,
	    int64_t t_ns);
/** What ifHCInOctets or ifHCOutOctets shows at now_ns. */
uint64_t port_octets(const struct fleet_model *m, const struct fleet_device *d, struct fleet_port *p,
    enum direction dir, int64_t now_ns);
/** Give the rows new ifIndex values, in reverse order, names and counters unchanged. */
void	device_renumber(struct fleet_device *d);
/** Put the rows in the order of their ifIndex. */
void	device_sort(struct fleet_device *d);
/** Its counters begin anew, as those of an interface that has just been made. */
void	port_restart(const struct fleet_model *m, const struct fleet_device *d, struct fleet_port *p,
	    int64_t now_ns);
bool	device_is_running(const struct fleet_device *d, int64_t now_ns);

#endif
