// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Fetching what graphs draw, as columns. Null stays null: a gap is a gap.
import { get } from '../api.js';

/**
 * @typedef {{step: number, t: number[], rx: (number|null)[], tx: (number|null)[], rxMax: (number|null)[]|null,
 *	txMax: (number|null)[]|null, p95rx: number|null, p95tx: number|null}} Traffic
 * @typedef {{step_s: number, t: number[], min_ms: (number|null)[], p25_ms: (number|null)[], p50_ms: (number|null)[],
 *	p75_ms: (number|null)[], p95_ms: (number|null)[], max_ms: (number|null)[], loss_pct: (number|null)[],
 *	pdv_p95_ms: (number|null)[], mos: (number|null)[], min_agg: string, max_agg: string}} Latency
 */

/**
 * Traffic of a link; with the highest values beside the means where several minutes are one point.
 * @param {string} id @param {number} from @param {number} to @param {number} points @param {AbortSignal} signal
 * @returns {Promise<Traffic>}
 */
export async function loadTraffic(id, from, to, points, signal) {
	const refs = ['rx_bps', 'tx_bps'].map(v => `ref=link/${id}/${v}`);
	const query = (/** @type {string} */ agg) => `/series?${refs.join('&')}&from=${from}&to=${to}&max_points=${points}&agg=${agg}`;
	const avg = await get(query('avg'), { signal });
	const max = avg.step_s > 60 ? await get(query('max'), { signal }) : null;
	const same = max !== null && max.t.length === avg.t.length;
	const column = (/** @type {any} */ a, /** @type {string} */ v) => a.series.find((/** @type {any} */ s) => s.ref.endsWith(v))?.v ?? a.t.map(() => null);
	return {
		step: avg.step_s, t: avg.t, rx: column(avg, 'rx_bps'), tx: column(avg, 'tx_bps'),
		rxMax: same ? column(max, 'rx_bps') : null, txMax: same ? column(max, 'tx_bps') : null,
		p95rx: avg.p95?.[`link/${id}/rx_bps`] ?? null, p95tx: avg.p95?.[`link/${id}/tx_bps`] ?? null,
	};
}

/**
 * @param {string} id @param {number} from @param {number} to @param {number} points @param {AbortSignal} signal
 * @returns {Promise<Latency>}
 */
export function loadLatency(id, from, to, points, signal) {
	return get(`/latency/${id}?from=${from}&to=${to}&max_points=${points}`, { signal });
}

/**
 * Answers of a service: part of them that were as expected (0 to 1), and their times.
 * @param {string} id @param {number} from @param {number} to @param {number} points @param {AbortSignal} signal
 * @returns {Promise<{step: number, t: number[], ok: (number|null)[], total_ms: (number|null)[], ttfb_ms: (number|null)[]}>}
 */
export async function loadAnswers(id, from, to, points, signal) {
	const refs = ['ok_ratio', 'total_s', 'ttfb_s'].map(v => `ref=service/${id}/${v}`);
	const d = await get(`/series?${refs.join('&')}&from=${from}&to=${to}&max_points=${points}`, { signal });
	/** @returns {(number|null)[]} */
	const column = (/** @type {string} */ v) => d.series.find((/** @type {any} */ s) => s.ref.endsWith(v))?.v ?? d.t.map(() => null);
	const inMs = (/** @type {string} */ v) => column(v).map(x => x === null ? null : x * 1000);
	return { step: d.step_s, t: d.t, ok: column('ok_ratio'), total_ms: inMs('total_s'), ttfb_ms: inMs('ttfb_s') };
}

/** @param {(number|null)[]} v */
export function known(v) {
	return /** @type {number[]} */ (v.filter(x => x !== null));
}

/** @param {(number|null)[]} v @returns {number|null} */
export function mean(v) {
	const k = known(v);
	return k.length ? k.reduce((a, b) => a + b, 0) / k.length : null;
}

/** @param {(number|null)[]} v @returns {number|null} */
export function highest(v) {
	const k = known(v);
	return k.length ? k.reduce((a, b) => Math.max(a, b)) : null;
}
