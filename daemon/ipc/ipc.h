/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ipc.h: typed frames between the processes (DECISIONS 8).
 *
 * A channel is one end of a SOCK_SEQPACKET pair, or of an in-process pair in --single; both behave alike: a
 * message is delivered from the loop, never from inside ipc_send(). Head: u32 length of the payload, u16 type,
 * u16 version, u32 token, u32 zero. A frame whose length, type, version or size is not what ipc_types[] allows
 * closes the channel ("bad message"). A full socket never blocks: frames wait in memory up to a bound; beyond
 * it droppable types lose their oldest, counted.
 */
#ifndef SIMPUL_IPC_H
#define SIMPUL_IPC_H

#include "base/cursor.h"
#include "base/loop.h"

#define IPC_VERSION	1
#define IPC_HEAD	16
#define IPC_PAYLOAD_MAX 65520

enum ipc_type {
	/* everybody */
	IPC_HELLO = 1,		/* child -> parent, first: who I am (elsewhere CHANNEL has said it) */
	IPC_CHANNEL,		/* parent -> child: your end of a pair with that process (descriptor) */
	IPC_ALIVE,		/* child -> parent each second */
	IPC_STOP,		/* parent -> child: finish what is durable and exit */
	IPC_COUNTERS,		/* child and parent -> core each 10 s */
	IPC_ACCUSE,		/* child -> parent: that peer sent me a bad message */
	/* check */
	IPC_FILE = 16,		/* parent -> check: one input file (descriptor) */
	IPC_ROW,		/* check -> core: one setting or one inventory row */
	IPC_CONF_ERROR,		/* check -> core and parent, parent -> check: what is wrong, where, and what to do */
	IPC_CONF_END,		/* check -> core and parent, parent -> check: all sent */
	IPC_ENGINE,		/* check -> parent: the settings that the parent needs */
	IPC_INSTANCE,		/* check -> parent and core: one measure instance */
	IPC_RELOAD,		/* core -> parent: read the configuration again */
	/* measure */
	IPC_PLAN_BEGIN = 32,	/* core -> measure */
	IPC_TARGET,
	IPC_PORT,		/* core -> measure: number and link of a port of the target before it */
	IPC_PLAN_END,
	IPC_PROBE_NOW,
	IPC_SAMPLES,		/* measure -> store and core; core -> store (facts) */
	IPC_PROBE_DONE,		/* measure -> core */
	IPC_TARGET_STATE,	/* measure -> core */
	IPC_PORT_FOUND,		/* measure -> core: discovery saw this port */
	IPC_PORTS_END,		/* measure -> core: these are all that the device has */
	IPC_NEIGHBOUR,		/* measure -> core: discovery heard this of the other end of a port */
	IPC_DISCOVER,		/* core -> measure: who answers at these addresses? */
	IPC_DISCOVERED,		/* measure -> core, same token: one that does */
	IPC_DISCOVER_END,	/* measure -> core, same token: all have been asked */
	/* profiles and sensors */
	IPC_PROFILE,		/* core -> measure, in the plan before all targets: its tables and values follow */
	IPC_PROFILE_TABLE,
	IPC_PROFILE_VALUE,
	IPC_SENSOR,		/* core -> measure: number of a sensor of the target before it */
	IPC_SENSOR_FOUND,	/* measure -> core: discovery saw this sensor */
	IPC_PROFILE_TEST,	/* core -> measure: what does a profile yield of this device? */
	IPC_PROFILE_TESTED,	/* measure -> core, same token: one value of one row */
	IPC_PROFILE_TEST_END,	/* measure -> core, same token */
	/* probes that are asked by name */
	IPC_TARGET_WORDS,	/* core -> measure: what is asked of the target before it */
	IPC_PROBE_FACT,		/* measure -> core: what a result says beside its sample */
	/* store */
	IPC_SERIES_PLAN = 80,	/* core -> store: settings, then one per object, then an end mark */
	IPC_SERIES_READ,	/* core -> store */
	IPC_SERIES_ROWS,	/* store -> core */
	IPC_SERIES_END,
	IPC_FLUSH,		/* core -> store; answered by SERIES_END with the same token */
	IPC_DURABLE,		/* store -> core and measure */
	IPC_STORE_STATE,	/* store -> core */
	/* publish */
	IPC_BROKER_PLAN = 96,	/* core -> publish */
	IPC_OUTBOX_ITEM,	/* core -> publish */
	IPC_OUTBOX_DONE,	/* publish -> core */
	IPC_BROKER_STATE,	/* publish -> core */
	IPC_COMMAND,		/* publish -> core */
	IPC_COMMAND_REPLY,	/* core -> publish */
	/* trap */
	IPC_TRAP_PLAN = 112,	/* core -> trap: settings, then one per registered source, then an end mark */
	IPC_TRAP_SECRET,	/* parent -> trap: a file of secrets (descriptor) */
	IPC_TRAP,		/* trap -> core: one that is valid, of a registered source */
	IPC_TRAP_STRANGER,	/* trap -> core: who else sends to the port */
	IPC_TRAP_STATE,		/* trap -> core */
	IPC_POLL_NOW,		/* core -> measure: poll this device, besides its schedule */
	/* capture */
	IPC_CAPTURE_PLAN = 128,	/* core -> capture: a begin mark, then one per network of a site, then an end mark */
	IPC_CAPTURE_SITE,	/* capture -> core each minute: what has passed of a site */
	IPC_CAPTURE_TALKERS,	/* capture -> core, before it: the hosts that moved most */
	IPC_CAPTURE_STATE,	/* capture -> core each 10 s */
	/* flight recorder */
	IPC_RECORD_BEGIN = 144,	/* measure -> core: what happens to this line is recorded from here on */
	IPC_RECORD_PACKETS,	/* measure -> core: the fate of some of its packets */
	IPC_RECORD_END,		/* measure -> core: nothing more of it comes */
	IPC_TRACE_NOW,		/* core -> measure: which way do packets take to this line? */
	IPC_TRACE_DONE,		/* measure -> core, also unasked while recording */
	IPC_MTU_DONE,		/* measure -> core: how long a packet passes */
	IPC_TYPES
};

struct ipc_type_info {
	const char *name;
	uint32_t    max;	/* largest payload; 0 = no such type */
	bool	    droppable;	/* may lose its oldest when the peer is stuck */
	bool	    has_fd;
};
extern const struct ipc_type_info ipc_types[IPC_TYPES];

struct ipc_msg {
	uint16_t       type;
	uint32_t       token;
	const uint8_t *data;	/* payload, borrowed for the call */
	size_t	       len;
	int	       fd;	/* the receiver's own (ipc_take_fds()) when the type carries one, else -1 */
};

struct ipc_channel;
typedef void (*ipc_message_fn)(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg);
typedef void (*ipc_closed_fn)(void *arg, struct ipc_channel *ch, const char *why);

/**
 * @param fd	one end of a SOCK_SEQPACKET pair; taken
 * @param peer	"core", "measure wan": for logs; copied
 * @param closed called once from the loop after the peer is gone or has sent a bad frame; the owner then frees
 *		the channel
 */
struct ipc_channel *ipc_open(struct loop *l, int fd, const char *peer, ipc_message_fn message,
    ipc_closed_fn closed, void *arg);
/** A pair in one process (--single, stories). Set the handlers with ipc_handlers() before the loop runs. */
void	ipc_pair(struct loop *l, struct ipc_channel **a, const char *a_peer, struct ipc_channel **b,
    const char *b_peer);
void	ipc_handlers(struct ipc_channel *ch, ipc_message_fn message, ipc_closed_fn closed, void *arg);
/** The handler closes the descriptors that come. Without this a frame that carries one is a bad message. */
void	ipc_take_fds(struct ipc_channel *ch);
/**
 * What came is of no use: log it, and close as for a bad frame.
 * @param why	"bad message: ..."; borrowed for ever
 */
void	ipc_reject(struct ipc_channel *ch, const char *why);
/** Call bad(arg) at once, before closed, when the channel closes for a bad message. */
void	ipc_on_bad(struct ipc_channel *ch, void (*bad)(void *arg), void *arg);
/** @param memory  taken: freed with the channel */
void	ipc_own(struct ipc_channel *ch, void *memory);
void	ipc_free(struct ipc_channel *ch);	/* NULL allowed; safe inside its handlers */
const char *ipc_peer(const struct ipc_channel *ch);

/**
 * Queue a frame. Never blocks. A NULL channel (peer not there yet) takes nothing.
 * @param fd	sent along when the type carries one (borrowed: the caller still closes it), else -1
 * @return 0, or -1 when it could not be queued (channel closed, its bound reached, or no descriptor left)
 */
int	ipc_send(struct ipc_channel *ch, uint16_t type, uint32_t token, const void *data, size_t len, int fd);
void	ipc_queue_max(struct ipc_channel *ch, size_t bytes);	/* default 16 MiB */
uint64_t ipc_dropped(const struct ipc_channel *ch);		/* frames lost at the bound */
size_t	ipc_queued(const struct ipc_channel *ch);		/* bytes that wait */
size_t	ipc_room(const struct ipc_channel *ch);			/* bytes that may be queued, heads included */
/**
 * Take back the frames of this type that wait to be sent, oldest first: they will not be. Of an in-process pair
 * none: what was sent is with the other end.
 */
void	ipc_take_back(struct ipc_channel *ch, uint16_t type,
    void (*cb)(void *arg, const uint8_t *data, size_t len), void *arg);
/** Send what waits, waiting for the peer at most this long (used when stopping). 0 or -1. */
int	ipc_drain(struct ipc_channel *ch, int timeout_ms);

/** A connected pair of descriptors (SOCK_SEQPACKET, close-on-exec, large buffers). 0 or -1. */
int	ipc_socketpair(int fd[2]);

#endif
