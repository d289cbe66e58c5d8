/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * undo.h: a way back from an update that was cut off.
 *
 * librrd changes row pointers, sums and the time of the last update in place, one after the other: a process
 * that is killed in between, or a power cut, leaves a header that passes every check and shows all rows at
 * wrong times. So the changing part of the headers of a batch of files is on the disk before the batch is
 * written, and is put back at start when the batch was not finished; the journal then gives the rows again.
 */
#ifndef SIMPUL_UNDO_H
#define SIMPUL_UNDO_H

#include "base/cursor.h"

struct undo {
	int	   fd;		/* the file "undo"; -1 = none */
	bool	   armed;	/* the file may hold a batch that must not be put back any more */
	bool	   dirty;	/* declared void, but that is not on the disk yet */
	struct buf batch;
	uint32_t   count;
};

/** @param dir_fd  directory of the file, to be synced by the caller; borrowed for the call. 0, or -1 (errno) */
int	undo_open(struct undo *u, int dir_fd);
void	undo_close(struct undo *u);

/**
 * Put back what an unfinished batch has changed below rrd_fd. A file for which that fails is renamed to
 * "<name>.bad-undo": nobody could tell later that its header is wrong.
 * @return number of files, or -1 (logged): the batch is kept, and may be put back when the cause is gone
 */
int	undo_restore(struct undo *u, int rrd_fd);

void	undo_begin(struct undo *u);
/** Remember len bytes at this offset of a file ("link/s013-1.rrd"). */
void	undo_add(struct undo *u, const char *name, uint32_t at, const uint8_t *bytes, uint32_t len);
int	undo_commit(struct undo *u);	/* from here on the batch may be written. 0, or -1 (errno) */
void	undo_void(struct undo *u);	/* the batch is written and synced, or given up before it was begun */
/**
 * Before anything relies on no batch being put back: before the journal may forget its rows, or another file
 * takes the place of one. 0, or -1 (errno): do not rely on it
 */
int	undo_sync(struct undo *u);

#endif
