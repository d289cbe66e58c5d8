/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.h: polls all SNMP targets of one instance over one UDP socket per family.
 *
 * Each device: one discovery walk, then one GET per interval whose bytes were encoded once by net-snmp and
 * get only a new request-id. Answers pass the own strict decoder (ber.h). A dead agent costs a table slot,
 * never a delay.
 */
#ifndef SIMPUL_SNMP_ENGINE_H
#define SIMPUL_SNMP_ENGINE_H

#include "base/packet_io.h"
#include "model/snmp_profile.h"
#include "sample/sink.h"

struct snmp_engine;
struct sensor_numbers;
struct snmp_wire;

/**
 * @param secrets_fd  directory with one community file per credential, borrowed; -1: no device has one, and
 * none is polled
 * @param public_community  no files: every community is "public" (stories and tests only)
 */
struct snmp_engine *snmp_engine_new(struct loop *l, struct packet_io *io, int secrets_fd,
	    bool public_community, const struct sink *sink);
void	snmp_engine_free(struct snmp_engine *e);
/**
 * Add or change a target with the ports known so far. One that did not change goes on undisturbed, keeping
 * its counter bases.
 */
void	snmp_engine_target(struct snmp_engine *e, const struct msg_target *t, const struct msg_port *ports,
	    size_t nports);
/** The sensors of a target that core has numbered. @param sensors  taken */
void	snmp_engine_sensors(struct snmp_engine *e, uint32_t number, struct sensor_numbers *sensors);
/**
 * The profiles of the plan. When they are others than before, every device is walked anew in its next poll.
 * @param set  linked; taken
 */
void	snmp_engine_profiles(struct snmp_engine *e, struct snmp_profiles *set);
/**
 * Try a profile on a device: values by the sink's profile_tested(), and one profile_test_end(), which may come
 * before this returns.
 */
void	snmp_engine_try(struct snmp_engine *e, uint32_t token, const struct msg_profile_test *m);
void	snmp_engine_remove(struct snmp_engine *e, uint32_t number);
/**
 * Look at a device beside its schedule, as soon as its last poll is a second old and over: states are read, the
 * bases of counters stay where they are. Nothing happens when there is no such device.
 */
void	snmp_engine_poll_now(struct snmp_engine *e, uint32_t number);
/** Tell the state of each device that has one once more, with the time at which it began. */
void	snmp_engine_tell_again(struct snmp_engine *e);
/** For who else asks agents: scan.h. Borrowed; no exchange of theirs may be open when the engine ends. */
struct snmp_wire *snmp_engine_wire(struct snmp_engine *e);
/** A UDP packet arrived on the instance's socket. */
void	snmp_engine_packet(struct snmp_engine *e, const struct packet_in *in);
/** Those named lag speak of the time since the call before. */
void	snmp_engine_counters(struct snmp_engine *e, struct msg_counters *out);

#endif
