// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// A time range as the query of a URL says it.

/** @type {Record<string, number>} */
export const RANGES = { '1h': 3600, '6h': 6 * 3600, '24h': 86400, '7d': 7 * 86400, '30d': 30 * 86400 };
export const DEFAULT_RANGE = '6h';

/**
 * @typedef {{from: number, to: number, live: boolean, name: string}} Range
 */

/** @param {URLSearchParams} query @param {number} nowS @returns {Range} */
export function rangeOf(query, nowS) {
	const from = Number(query.get('from')), to = Number(query.get('to'));
	if (Number.isInteger(from) && Number.isInteger(to) && from > 0 && to > from)
		return { from, to, live: false, name: '' };
	const name = query.get('range') ?? '';
	const known = RANGES[name] ? name : DEFAULT_RANGE;
	return { from: Math.floor(nowS) - RANGES[known], to: Math.floor(nowS), live: true, name: known };
}
