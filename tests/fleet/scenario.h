/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario.h: commands on a timetable. One per line, "SECONDS COMMAND", the seconds counted from the start of
 * the scenario;
 * '#' starts a comment. Lines may stand in any order; those of one second run in the order of the file.
 */
#ifndef SIMPUL_FLEET_SCENARIO_H
#define SIMPUL_FLEET_SCENARIO_H

#include "base/loop.h"
#include "tests/fleet/model.h"

struct scenario;

/**
 * Read and check the whole text against the model, changing nothing.
 * @param error  called for each wrong line, numbered from 1
 * @return owned by the caller, or NULL after at least one error
 */
struct scenario *scenario_parse(struct fleet_model *m, const char *text,
	    void (*error)(void *arg, unsigned line, const char *text), void *arg);
/** Run it: what stands at second 0 at once, the rest by the loop's clock. Loop and model must outlive it. */
void	scenario_start(struct scenario *s, struct loop *l);
void	scenario_free(struct scenario *s);

#endif
