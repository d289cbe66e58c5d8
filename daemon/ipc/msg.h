/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * msg.h: what each frame carries. One struct, one encoder and one strict decoder per type: fields in the order written
 * here, integers little-endian, text as u16 length and bytes. A decoder returns 0, or -1 for anything odd (short, long,
 * text too long, value out of range): the caller then treats the channel as bad.
 */
#ifndef SIMPUL_MSG_H
#define SIMPUL_MSG_H

#include "base/addr.h"
#include "base/text.h"
#include "ipc/ipc.h"

enum process_kind { PROCESS_PARENT, PROCESS_CHECK, PROCESS_MEASURE, PROCESS_STORE, PROCESS_CORE, PROCESS_PUBLISH, PROCESS_TRAP, PROCESS_CAPTURE, PROCESSES };
extern const char *const process_names[PROCESSES];

struct msg_hello {		/* HELLO, CHANNEL, ACCUSE */
	uint8_t	 process;	/* enum process_kind of the sender, of the other end, of the accused */
	char	 instance[32];	/* measure: its name; else empty */
	uint32_t pid;
};

struct msg_file {		/* FILE, TRAP_SECRET (its name alone counts) */
	uint8_t	 what;		/* enum input_kind */
	char	 name[200];	/* for messages: "etc/inventory/sites.csv" */
};
enum input_kind { INPUT_CONF, INPUT_SITES, INPUT_LINKS, INPUT_DEVICES, INPUT_SERVICES, INPUT_SEGMENTS, INPUT_KINDS,
	INPUT_PROFILE = INPUT_KINDS };	/* the others are one file each; of profiles there are any number, ROW: name, key path, value */

#define ROW_FIELDS_MAX 32
struct msg_row {		/* ROW: for INPUT_CONF the fields are key path and value as written; else the columns of the kind in schema order */
	uint8_t	    what;	/* enum input_kind */
	uint32_t    line;
	uint8_t	    nfields;
	const char *field[ROW_FIELDS_MAX];	/* decoder: point into `store` */
	char	    store[8192];
};

struct msg_conf_error {		/* CONF_ERROR */
	char	 file[200];
	uint32_t line, column;	/* 0 = not known; column counts characters in a configuration, fields in a CSV */
	char	 text[1024];	/* what is wrong, what was expected, nearest valid word */
};

struct msg_conf_end {		/* CONF_END */
	uint32_t errors, rows;	/* rows of the inventory, in all */
	uint32_t count[INPUT_KINDS];	/* ... and of each kind */
	uint32_t profiles;
};

struct msg_engine {		/* ENGINE */
	char	 data_dir[256];
	char	 socket[256];	/* control socket path */
	char	 user[64];	/* empty: stay, drop capabilities */
	char	 ns[64];
	uint8_t	 traps;		/* listen for traps: on these addresses, "" = all, and this port */
	char	 traps_listen[256];
	uint16_t traps_port;
	uint8_t	 capture;	/* read what passes on this interface, as far as the filter says */
	char	 capture_interface[16];
	char	 capture_filter[512];
	uint32_t capture_buffer_mib;
};

struct msg_instance {		/* INSTANCE */
	char	 name[32];
	char	 netns[256];	/* path such as /run/netns/wan or /proc/123/ns/net; empty: the host's */
	uint32_t mark;
	char	 interface[16];
};

struct msg_plan {		/* PLAN_BEGIN, PLAN_END */
	uint32_t generation, targets;
};

enum target_kind { TARGET_PROBE = 1, TARGET_SNMP };
struct msg_target {		/* TARGET */
	uint8_t	    kind;	/* enum target_kind */
	uint32_t    number;	/* series number: of the link (PROBE), of host/<device> (SNMP) */
	char	    ref[REF_MAX];	/* "link/s013-1", "device/s002-r1" */
	char	    method[16];	/* "icmp", "tcp"; SNMP: "2c" */
	struct addr address;
	uint16_t    port;	/* TCP or UDP port; 0 for icmp */
	uint32_t    interval_ms;	/* icmp: between steady packets (2000); tcp, snmp: between rounds */
	uint32_t    timeout_ms;
	char	    credential[64];	/* file name below secrets/snmp (SNMP) or secrets/probes */
	char	    profile[32];
	/* of probes */
	struct addr source;	/* leave from this address; family 0: as routed */
	char	    interface[16];	/* ... through this interface; "": as routed */
};

struct msg_target_words {	/* TARGET_WORDS, follows the TARGET of a probe that is asked by name */
	uint32_t number;	/* of the TARGET */
	char	 ask[1024];	/* such as a URL */
	char	 expect[1024];	/* what a good answer holds; "": any will do */
};

struct msg_probe_fact {		/* PROBE_FACT: with each result */
	uint32_t number;
	char	 name[32];	/* "status", "cert_days" */
	uint8_t	 has_value;	/* else it is a word */
	double	 value;
	char	 text[256];	/* made visible; "": the value is all */
};

struct msg_port {		/* PORT, follows the TARGET of its device */
	uint32_t device;	/* number of the TARGET */
	uint32_t number;	/* series number of port/<key> */
	uint32_t link;		/* series number of the link it feeds, or 0 */
	char	 name[PORT_TEXT_MAX];	/* ifName as the device spells it; "": which it is is not known, or it has gone */
};

#define PORTS_MAX 4096		/* of one device; others are not told, and not taken */
struct msg_port_found {		/* PORT_FOUND */
	uint32_t device;
	uint32_t if_index, if_type;
	char	 name[PORT_TEXT_MAX], alias[PORT_TEXT_MAX], descr[PORT_TEXT_MAX];
	char	 neighbour[PORT_TEXT_MAX];	/* what is at the other end, when the same walk says so */
	uint64_t speed_bps;	/* ifHighSpeed; 0 = unknown */
	uint8_t	 mac_len;	/* 0: none, or none of up to PORT_MAC_MAX bytes */
	uint8_t	 mac[PORT_MAC_MAX];	/* ifPhysAddress */
};

struct msg_ports_end {		/* PORTS_END, follows the PORT_FOUND of one walk: they are judged together */
	uint32_t device;
	uint32_t ports;		/* how many were told */
	uint64_t hardware;	/* hash of the MACs; 0 = has none */
};

#define PROBE_NOW_MAX 1000
struct msg_probe_now {		/* PROBE_NOW; the token comes back in PROBE_DONE */
	uint16_t rounds;	/* each 1 s, 3 packets */
	uint32_t deadline_ms;
	uint16_t n;
	uint32_t number[PROBE_NOW_MAX];
};

enum probe_verdict { PROBE_UNKNOWN, PROBE_ANSWERED, PROBE_FAILED };
struct msg_probe_done {		/* PROBE_DONE: may come in several frames; every number asked for appears once */
	uint16_t n;
	struct probe_done {
		uint32_t number;
		uint8_t	 verdict;	/* enum probe_verdict */
		uint16_t sent, answered;
		float	 rtt_s;		/* median; NAN when none */
	} done[PROBE_NOW_MAX];
};

enum target_state {
	TARGET_ANSWERING = 1, TARGET_SILENT, TARGET_WRONG, TARGET_RESTARTED, TARGET_REPLACED, TARGET_FLAWED
};
struct msg_target_state {	/* TARGET_STATE: edges only */
	uint32_t number;
	uint8_t	 state;		/* enum target_state */
	int64_t	 wall_ns;
	char	 reason[200];	/* "no answer", "authentication failed", "tooBig", "sysUpTime went back to 12 s" */
	char	 name[128];	/* sysName when known */
};

#define NEIGHBOURS_MAX 256	/* of one device and source; others are not told, and not taken */
enum neighbour_source { NEIGHBOUR_LLDP = 1, NEIGHBOUR_CDP, NEIGHBOUR_MTXR, NEIGHBOUR_SOURCES };
struct msg_neighbour {		/* NEIGHBOUR; all text is the neighbour's own, made visible */
	uint32_t device;
	uint8_t	 source;	/* enum neighbour_source */
	uint8_t	 end;		/* all that this source has now have been told; nothing else is set */
	char	 port[128];	/* ifName of the local port; "" = not known */
	uint8_t	 mac[6];	/* of the neighbour; zeros = not known */
	struct addr address;	/* family 0 = not known */
	char	 name[128];	/* sysName, identity */
	char	 chassis[64];	/* what it is known by, when that is no MAC */
	char	 remote_port[128];	/* the port at its end */
	char	 descr[128];
};

#define DISCOVER_ADDRESSES_MAX	 64	/* of one request */
#define DISCOVER_CREDENTIALS_MAX 8
#define DISCOVER_RATE_MAX	 500	/* packets a second */
struct msg_discover {		/* DISCOVER; the token comes back. Without addresses: forget the one of this token */
	uint16_t rate_ps;	/* packets a second, at most */
	uint16_t port;
	uint32_t timeout_ms;	/* for one answer */
	uint32_t deadline_ms;	/* for all of them: what is not asked by then is not asked */
	char	 version[8];	/* "2c" */
	uint8_t	 ncredentials;
	char	 credential[DISCOVER_CREDENTIALS_MAX][64];	/* file names below secrets/snmp */
	uint8_t	 n;
	struct addr address[DISCOVER_ADDRESSES_MAX];
};

#define DISCOVERED_MACS_MAX	 16
#define DISCOVERED_ADDRESSES_MAX 16
struct msg_discovered {		/* DISCOVERED: an address that answers in at least one way */
	struct addr address;
	uint8_t	 echo, snmp;	/* it answers ICMP echo; its agent answers */
	float	 rtt_s;		/* of the agent, else of the echo */
	uint8_t	 credential;	/* place of the one that was answered */
	char	 name[128], object_id[128], descr[256];	/* sysName, sysObjectID (dotted), sysDescr; made visible */
	char	 engine_id[65];	/* snmpEngineID in hexadecimal; "" = not known */
	uint8_t	 nmacs;
	uint8_t	 mac[DISCOVERED_MACS_MAX][6];	/* of its interfaces */
	uint8_t	 naddresses;
	struct discovered_own {
		struct addr address;	/* that it says it has */
		char	 port[64];	/* ifName of the port that has it; "" = not known */
	} own[DISCOVERED_ADDRESSES_MAX];
};

struct msg_discover_end {	/* DISCOVER_END */
	uint8_t	 asked;		/* addresses that were asked to the end */
	char	 error[200];	/* why not all of them were; else empty */
};

#define OID_ARCS_MAX 128
struct msg_oid {
	uint8_t	 n;
	uint32_t arc[OID_ARCS_MAX];
};

#define PROFILES_MAX	   256
#define PROFILE_TABLES_MAX 64	/* of one profile */
#define PROFILE_VALUES_MAX 512
#define PROFILE_LIST_MAX   16	/* what may stand in one list */
#define PROFILE_NAME_MAX   32
#define PROFILE_PER_MAX	   8
#define PROFILE_ENTRY_ARCS 23	/* of a row's OID: column and index come behind */
#define PROFILE_COLUMNS_MAX 32	/* of one table, with those of label and port */
struct msg_profile {		/* PROFILE: which tables a kind of device has; docs/profiles.md says what each field means */
	char	 name[PROFILE_NAME_MAX];
	char	 help[200];
	uint8_t	 nmatches, nincludes;
	struct msg_oid match[PROFILE_LIST_MAX];
	char	 include[PROFILE_LIST_MAX][PROFILE_NAME_MAX];
};

enum profile_port { PROFILE_PORT_NONE, PROFILE_PORT_INDEX, PROFILE_PORT_LABEL, PROFILE_PORT_COLUMN, PROFILE_PORTS };
struct msg_profile_table {	/* PROFILE_TABLE */
	char	 name[PROFILE_NAME_MAX];
	char	 help[200];
	struct msg_oid entry;	/* of the conceptual row; of scalars their parent */
	uint8_t	 scalar;
	uint8_t	 index_text;	/* the index is a text, its length first */
	uint32_t label;		/* column whose text names the row; 0 = its index does */
	uint8_t	 port;		/* enum profile_port: how a row belongs to a port */
	uint32_t port_column;
	uint32_t every_s;	/* 0 = each poll */
	uint32_t rows_max;
	uint8_t	 of_ports;	/* its rows are those of IF-MIB, read by GET and never walked */
};

struct msg_raws {		/* raw numbers, as the device says them */
	uint8_t	 n;
	double	 v[PROFILE_LIST_MAX];
};

#define PROFILE_NO_LIMIT 1e18	/* of min and the low limits: -1e18 */
enum profile_type { PROFILE_GAUGE, PROFILE_COUNTER, PROFILE_STATE, PROFILE_CHANGE, PROFILE_TYPES };
enum profile_host { PROFILE_HOST_NONE, PROFILE_HOST_CPU, PROFILE_HOST_MEM, PROFILE_HOST_LOAD, PROFILE_HOST_TEMP, PROFILE_HOSTS };
struct msg_limits {		/* of a value, for rules and for those who look at it; PROFILE_NO_LIMIT: none */
	double	 low_warn, low_crit, high_warn, high_crit;
};
struct msg_profile_value {	/* PROFILE_VALUE */
	uint16_t table;		/* place of its table in the profile */
	char	 name[20];	/* "rx_power_dbm": ends in its unit */
	char	 help[200];
	uint32_t column;
	uint8_t	 type;		/* enum profile_type */
	uint8_t	 host;		/* enum profile_host: the value of the host series that it feeds */
	double	 factor, offset, wrap, min, max;
	struct msg_raws none, ok, warn, bad;
	uint8_t	 skip_none;	/* a row that is none at discovery has no such sensor */
	uint8_t	 octets;	/* an OCTET STRING as one number, first byte highest */
	uint32_t where_column;	/* 0, or: only in rows whose column is one of where */
	struct msg_raws where;
	uint8_t	 nper;
	uint32_t per[PROFILE_PER_MAX];	/* raw is divided by the sum of these columns */
	struct msg_limits limits;
};

#define SENSORS_MAX 1024	/* of one device */
#define SENSOR_NAME_MAX 192	/* table, value and label: "optical/rx_power_dbm/sfp1"; of scalars "health/temp_c/" */
struct msg_sensor {		/* SENSOR, follows the TARGET of its device */
	uint32_t device;	/* number of the TARGET */
	uint32_t number;	/* series number of sensor/<device>.<key> */
	char	 name[SENSOR_NAME_MAX];
};

struct msg_sensor_found {	/* SENSOR_FOUND */
	uint32_t device;
	char	 name[SENSOR_NAME_MAX];
	char	 help[200];
	char	 port[128];	/* ifName of the port to which it belongs, or empty */
	uint32_t if_index;	/* ... when only that is known; 0 = not at all */
	uint8_t	 type;		/* enum profile_type; of a state: 0 ok, 1 warn, 2 bad */
	struct msg_limits limits;
};

struct msg_profile_test {	/* PROFILE_TEST */
	uint32_t device;
	char	 profile[PROFILE_NAME_MAX];	/* empty: the one by which it is measured */
};

#define PROFILE_TESTED_MAX 2000	/* of one test */
struct msg_profile_tested {	/* PROFILE_TESTED: a value of a row, or with an empty name how a table was read */
	char	 table[PROFILE_NAME_MAX];
	char	 name[SENSOR_NAME_MAX];	/* as in SENSOR_FOUND */
	char	 raw[80];	/* as the device says it */
	char	 port[128];
	char	 why[160];	/* it is unknown, or left out; of a table: what became of it */
	uint8_t	 known;		/* value holds */
	double	 value;
	uint8_t	 left_out;	/* it makes no sensor */
	uint8_t	 type;		/* enum profile_type */
	struct msg_limits limits;
};

struct msg_profile_test_end {	/* PROFILE_TEST_END */
	char	 profile[PROFILE_NAME_MAX];	/* under which it was read; empty: none */
	char	 error[200];	/* why it was not read to the end, or at all */
};

enum series_plan_op { SERIES_PLAN_BEGIN = 1, SERIES_PLAN_ADD, SERIES_PLAN_END };
struct msg_series_plan {	/* SERIES_PLAN; with BEGIN the settings, with ADD one object */
	uint8_t	 op;		/* enum series_plan_op */
	char	 profile[16];	/* BEGIN: small, city, national */
	uint32_t flush_s;	/* BEGIN; 0 = by the number of files (DECISIONS 6) */
	uint64_t journal_max;	/* BEGIN: bytes */
	uint32_t journal_keep_s;	/* BEGIN */
	uint32_t boot;		/* BEGIN: boot number of the engine */
	uint32_t number;	/* ADD */
	char	 ref[REF_MAX];	/* ADD */
};

#define SERIES_READ_MAX 24
struct msg_series_read {	/* SERIES_READ */
	int64_t	 from_s, to_s;	/* unix seconds */
	uint32_t points;	/* wished; the step is the finest that gives no more than this, at least 60 s */
	char	 cf[8];		/* AVERAGE, MAX, MIN */
	uint8_t	 n;
	char	 ref[SERIES_READ_MAX][REF_MAX];	/* kind/id/value */
};

struct msg_series_rows {	/* SERIES_ROWS: rows in order; the first frame's first row is at first_s; several frames */
	uint32_t step_s;
	int64_t	 first_s;	/* time of this frame's first row: the END of its interval, as in RRD */
	uint8_t	 columns;
	uint32_t rows;
	const uint8_t *values;	/* rows x columns f64le, row by row; borrowed from the frame */
};

struct msg_end {		/* SERIES_END: also the answer to FLUSH */
	uint8_t	 ok;
	uint8_t	 busy;		/* not ok, and asking again later may help */
	uint32_t count;		/* rows read, files written */
	char	 error[200];
};

struct msg_flush {		/* FLUSH */
	char	 ref[REF_MAX];	/* kind/id, or empty for all */
};

struct msg_durable {		/* DURABLE: all blocks up to this one are on the disk */
	uint64_t seq;
	uint64_t records;	/* total since the store started */
	uint64_t frames;	/* of samples, of those that this channel has brought: need no longer be kept */
};

struct msg_store_state {	/* STORE_STATE: on change */
	uint8_t	 ok;
	char	 text[200];	/* "cannot write store/journal: No space left on device; 12 MiB wait in memory" */
};

struct msg_broker_plan {	/* BROKER_PLAN */
	uint8_t	 enabled;
	char	 host[256];	/* name, address, or the path of a Unix socket (then port 0) */
	uint16_t port;
	char	 ns[64], node[64];
	uint32_t boot;
	char	 username[128];
	char	 password_file[256];	/* name below secrets/publish */
	char	 ca_file[256];	/* empty: no TLS */
	char	 version[32];	/* of the engine, for the birth message */
	uint32_t window;	/* messages in flight at most */
	uint64_t seq;		/* of the last event before those that wait for the broker: where the heart-beat begins */
};

struct msg_outbox_item {	/* OUTBOX_ITEM */
	uint64_t id;		/* outbox row */
	uint64_t seq;		/* place in the event stream; 0 = not an event. The heart-beat tells the last one sent */
	uint8_t	 qos, retain;
	uint32_t expiry_s;	/* MQTT 5 message expiry; 0 = none */
	char	 topic[256];
	const uint8_t *payload;	/* borrowed; len 0 clears a retained topic */
	uint32_t payload_len;
};

struct msg_outbox_done {	/* OUTBOX_DONE */
	uint64_t id;
	uint8_t	 ok;		/* 0: this broker can never take it (topic, size); it is not sent again */
	char	 reason[200];
};

struct msg_broker_state {	/* BROKER_STATE: on change */
	uint8_t	 connected;
	uint8_t	 refuses;	/* connected, but not all that it is sent is taken, or kept: text says why */
	char	 text[200];
};

enum trap_plan_op { TRAP_PLAN_BEGIN = 1, TRAP_PLAN_ADD, TRAP_PLAN_END };
struct msg_trap_plan {		/* TRAP_PLAN; with BEGIN the settings, with ADD one source */
	uint8_t	    op;		/* enum trap_plan_op */
	uint32_t    source_per_s, source_burst, total_per_s, queue;
	struct addr source;
};

struct msg_trap {		/* TRAP: all but source and time is its sender's claim */
	struct addr source;
	int64_t	    wall_ns;
	uint8_t	    version;	/* 1, 2 or 3 */
	uint8_t	    inform;
	uint8_t	    kind;	/* enum trap_kind */
	char	    oid[128];	/* snmpTrapOID */
	uint32_t    ticks;	/* sysUpTime */
	struct addr agent;	/* agent-addr or snmpTrapAddress */
	uint32_t    if_index;	/* 0 = none */
	char	    if_name[64];
};

#define TRAP_STRANGERS 50
enum trap_refusal { TRAP_UNKNOWN_SOURCE = 1, TRAP_WRONG_COMMUNITY, TRAP_MALFORMED, TRAP_WRONG_USER, TRAP_REFUSALS };
struct msg_trap_stranger {	/* TRAP_STRANGER: what this place of the list holds now */
	uint8_t	    place;	/* 0 to TRAP_STRANGERS - 1 */
	struct addr source;
	uint8_t	    refusal;	/* enum trap_refusal */
	uint64_t    count;
	int64_t	    first_ns, last_ns;	/* wall */
	uint8_t	    version;	/* of the last one; 0 = not to be made out */
	char	    what[128];	/* ... its kind or OID, or why it is malformed */
	struct addr agent;	/* ... what it claims */
};

struct msg_trap_state {		/* TRAP_STATE: on change */
	char	 listens[256];	/* "0.0.0.0:162 [::]:162" */
	char	 community_trouble[200];	/* why v1 and v2c are refused; "" = they are not */
	char	 users_trouble[200];	/* likewise v3 */
};

struct msg_poll_now {		/* POLL_NOW */
	uint32_t number;	/* of the TARGET */
};

enum record_reason { RECORD_LOSS = 1, RECORD_ASKED };	/* a packet was lost; PROBE_NOW of a line that fails */
struct msg_record_begin {	/* RECORD_BEGIN */
	uint32_t number;	/* of the line */
	uint8_t	 reason;	/* enum record_reason */
	int64_t	 wall_ns;	/* times of its packets count from here */
};

#define RECORD_PACKETS_MAX 192	/* of one frame */
struct msg_record_packets {	/* RECORD_PACKETS */
	uint32_t number;
	const uint8_t *packet;	/* as in sample/flight.h, FLIGHT_PACKET_LEN bytes each; borrowed from the frame */
	uint32_t packet_len;
};

/* the time is over; it is still down after the longest time that is recorded; too many packets, or the line went */
enum record_end { RECORD_OVER = 1, RECORD_STILL_DOWN, RECORD_CUT };
struct msg_record_end {		/* RECORD_END */
	uint32_t number;
	uint8_t	 how;		/* enum record_end */
};

enum trace_role { TRACE_HOURLY, TRACE_CONFIRM, TRACE_ONSET, TRACE_AFTER, TRACE_ROLES };
struct msg_trace_now {		/* TRACE_NOW */
	uint32_t number;	/* of the line */
	uint32_t record;	/* number of the line for whose recording it is; 0 = none */
	uint8_t	 role;		/* enum trace_role */
	uint8_t	 hops;		/* how long its way is likely to be; 0 = not known */
};

#define TRACE_HOPS_MAX	  30
#define TRACE_TRIES	  3
struct msg_trace_done {		/* TRACE_DONE */
	uint32_t number, record;
	uint8_t	 role;
	int64_t	 wall_ns;	/* when it began */
	uint8_t	 reached;	/* the target itself answered from the last hop */
	uint8_t	 nhops;		/* up to the last one that answered */
	struct trace_hop {
		uint8_t	    sent, answered;
		float	    rtt_s;	/* the smallest; NAN when none */
		uint8_t	    n;	/* who answered, each once, in the order heard */
		struct addr addr[TRACE_TRIES];
	} hop[TRACE_HOPS_MAX];
};

/* nothing answered; 1500 passes; a router said so; bigger ones are lost in silence; our own interface takes no more */
enum mtu_verdict { MTU_UNKNOWN, MTU_WHOLE, MTU_TOLD, MTU_BLACK_HOLE, MTU_OWN, MTU_VERDICTS };
struct msg_mtu_done {		/* MTU_DONE */
	uint32_t number;
	uint8_t	 verdict;	/* enum mtu_verdict */
	uint16_t mtu;		/* the longest IP packet that was answered; 0 = none */
	uint16_t told;		/* what a router says would pass; 0 = none said */
	struct addr by;		/* ... that router */
};

enum capture_plan_op { CAPTURE_PLAN_BEGIN = 1, CAPTURE_PLAN_ADD, CAPTURE_PLAN_END };
struct msg_capture_plan {	/* CAPTURE_PLAN; with ADD one network */
	uint8_t	    op;		/* enum capture_plan_op */
	uint32_t    site;	/* number of its series traffic/<id>, not 0 */
	struct addr network;
	uint8_t	    bits;
};

struct msg_capture_site {	/* CAPTURE_SITE: one site's books, closed */
	uint32_t site;		/* as in the plan */
	int64_t	 wall_ns;	/* when they were closed */
	double	 seconds;	/* how long they were open */
	uint8_t	 partial;	/* the kernel dropped frames meanwhile */
	uint64_t rx_octets, tx_octets, rx_packets, tx_packets;	/* to and from the site */
	uint32_t segments, retransmitted;	/* of TCP */
	uint32_t rtts;		/* times between capture and hosts of the site */
	float	 rtt_p50_s;	/* their median; NAN: none */
	uint32_t dns_answered, dns_failed, dns_unanswered;	/* questions of its hosts, by outcome */
};

#define CAPTURE_TOP 10
struct msg_talker {
	struct addr host;
	uint64_t    octets, error;	/* it moved at most `octets`, and at least `error` less */
};
struct msg_capture_talkers {	/* CAPTURE_TALKERS */
	uint32_t site;		/* as in the plan; 0: of all sites */
	int64_t	 wall_ns;	/* as CAPTURE_SITE */
	uint64_t unseen_max;	/* a host that is in no counter moved at most this */
	uint8_t	 n;
	struct msg_talker each[CAPTURE_TOP];	/* most octets first */
};

struct msg_capture_state {	/* CAPTURE_STATE: since the start of this process */
	char	 interface[16];
	char	 trouble[200];	/* why there are no figures; "" = there are */
	uint64_t came, dropped;	/* frames, by the kernel's count; dropped ones among them */
	uint64_t packets, octets;	/* read and counted */
	uint64_t elsewhere;	/* ... of no site's networks */
};

#define COUNTERS_MAX 64
struct msg_counters {		/* COUNTERS */
	uint16_t n;
	struct counter {
		char	 name[48];	/* "icmp.unmatched", "snmp.malformed"; gauges end in a unit: "probe.lag_p99_us" */
		uint64_t value;
	} c[COUNTERS_MAX];
};

/*
 * For every message: msg_x_encode appends the payload to a buffer; msg_x_decode reads a whole payload.
 * msg_x_send encodes and sends in one go.
 */
#define MSG_DECLARE(name) \
	void msg_##name##_encode(struct buf *b, const struct msg_##name *m); \
	int  msg_##name##_decode(struct msg_##name *m, const uint8_t *data, size_t len); \
	int  msg_##name##_send(struct ipc_channel *ch, uint16_t type, uint32_t token, const struct msg_##name *m, int fd)

MSG_DECLARE(hello);
MSG_DECLARE(file);
MSG_DECLARE(row);
MSG_DECLARE(conf_error);
MSG_DECLARE(conf_end);
MSG_DECLARE(engine);
MSG_DECLARE(instance);
MSG_DECLARE(plan);
MSG_DECLARE(target);
MSG_DECLARE(target_words);
MSG_DECLARE(probe_fact);
MSG_DECLARE(port);
MSG_DECLARE(port_found);
MSG_DECLARE(ports_end);
MSG_DECLARE(probe_now);
MSG_DECLARE(probe_done);
MSG_DECLARE(target_state);
MSG_DECLARE(neighbour);
MSG_DECLARE(discover);
MSG_DECLARE(discovered);
MSG_DECLARE(discover_end);
MSG_DECLARE(series_plan);
MSG_DECLARE(series_read);
MSG_DECLARE(series_rows);
MSG_DECLARE(end);
MSG_DECLARE(flush);
MSG_DECLARE(durable);
MSG_DECLARE(store_state);
MSG_DECLARE(broker_plan);
MSG_DECLARE(outbox_item);
MSG_DECLARE(outbox_done);
MSG_DECLARE(broker_state);
MSG_DECLARE(counters);
MSG_DECLARE(profile);
MSG_DECLARE(profile_table);
MSG_DECLARE(profile_value);
MSG_DECLARE(sensor);
MSG_DECLARE(sensor_found);
MSG_DECLARE(trap_plan);
MSG_DECLARE(trap);
MSG_DECLARE(trap_stranger);
MSG_DECLARE(trap_state);
MSG_DECLARE(poll_now);
MSG_DECLARE(capture_plan);
MSG_DECLARE(capture_site);
MSG_DECLARE(capture_talkers);
MSG_DECLARE(capture_state);
MSG_DECLARE(profile_test);
MSG_DECLARE(profile_tested);
MSG_DECLARE(profile_test_end);
MSG_DECLARE(record_begin);
MSG_DECLARE(record_packets);
MSG_DECLARE(record_end);
MSG_DECLARE(trace_now);
MSG_DECLARE(trace_done);
MSG_DECLARE(mtu_done);

/** Append one; what does not fit is left out. @param name  copied */
void msg_counters_add(struct msg_counters *m, const char *name, uint64_t value);

#endif
