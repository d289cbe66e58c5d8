/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h: one line per event to standard error, "simpuld[store]: message".
 * Control bytes of a message are written as \xNN and a line is cut at 1 KiB, so that text from a device
 * cannot forge a line (THREATS 5). The tag names an area ("snmp", "journal"): -D tag shows its debug lines.
 */
#ifndef SIMPUL_LOG_H
#define SIMPUL_LOG_H

#include "base/base.h"

/**
 * Name this process in every following line.
 * @param program	"simpuld", "simpulctl"; borrowed for ever
 * @param process	"store", "measure wan", or NULL; copied
 */
void log_open(const char *program, const char *process);
void log_debug_tag(const char *tag);	/* show debug lines of this tag; "all" for every tag; borrowed */
void log_quiet(bool quiet);		/* drop informational lines (tests, benchmarks) */

void log_debug(const char *tag, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);	/* adds strerror(errno) */
void log_warnx(const char *fmt, ...) PRINTF_LIKE(1, 2);
void fatal(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));	/* start-up and bugs only */
void fatalx(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

/** Lets one line a minute through per user of it; the next one says how many were left out. */
struct log_limit {
	int64_t	 next_ns;
	uint32_t left_out;
};
/** @return true when the caller may log now; *left_out = lines suppressed since the last one */
bool log_limit_pass(struct log_limit *l, int64_t now_mono_ns, uint32_t *left_out);

#endif
