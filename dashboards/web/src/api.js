// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Talking to /api/v1: JSON in and out, the CSRF token on writes, problems (RFC 9457) as exceptions.

const BASE = '/api/v1';
const TIMEOUT_MS = 20000;
const RETRIES = 8;

/** What went wrong, in the server's code; `status` 0: the server was not reached, or its answer broke off. */
export class Problem extends Error {
	/** @param {number} status @param {any} body */
	constructor(status, body) {
		super(body?.title ?? `HTTP ${status}`);
		this.status = status;
		this.code = body?.code ?? (status === 0 ? 'unreachable' : 'internal');
		this.retryAfter = body?.retry_after_s ?? null;
		this.current = body?.current ?? null;
		this.detail = body?.detail ?? '';
	}
}

let csrf = '';
/** @type {(p: Problem) => void} */
let onLoggedOut = () => {};

/** @param {string} token */
export function setCsrf(token) {
	csrf = token;
}

/** Called at each 401 of a call other than the log-in itself. @param {(p: Problem) => void} f */
export function whenLoggedOut(f) {
	onLoggedOut = f;
}

/**
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {any} [body]
 * @param {{quiet?: boolean, signal?: AbortSignal}} [options] quiet: a 401 is the caller's business
 * @returns {Promise<any>} null when there is no body
 */
export async function call(method, path, body, options = {}) {
	/** @type {Record<string, string>} */
	const headers = { Accept: 'application/json' };
	if (body !== undefined)
		headers['Content-Type'] = 'application/json';
	if (method !== 'GET' && csrf)
		headers['X-CSRF-Token'] = csrf;
	const limit = AbortSignal.timeout(TIMEOUT_MS), token = csrf;
	let res;
	try {
		res = await fetch(BASE + path, {
			method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error',
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: options.signal ? either(options.signal, limit) : limit,
		});
	} catch (e) {
		if (options.signal?.aborted)
			throw e;
		throw new Problem(0, null);
	}
	if (res.status === 204)
		return null;
	const type = res.headers.get('Content-Type') ?? '';
	let data = null;
	try {
		if (type.includes('json'))
			data = await res.json();
	} catch (e) {
		if (options.signal?.aborted)
			throw e;
		// It broke off after its head. A refusal says enough by its status.
		if (res.ok)
			throw new Problem(0, null);
	}
	if (res.ok)
		return data;
	const problem = new Problem(res.status, data);
	if (problem.retryAfter === null && res.headers.get('Retry-After'))
		problem.retryAfter = Number(res.headers.get('Retry-After'));
	// What a session that is over had asked for says nothing about the one that is now.
	if (res.status === 401 && !options.quiet && csrf === token)
		onLoggedOut(problem);
	throw problem;
}

/** AbortSignal.any is too young for the browsers of some offices. @param {AbortSignal} a @param {AbortSignal} b */
function either(a, b) {
	const c = new AbortController();
	for (const s of [a, b]) {
		if (s.aborted)
			c.abort();
		s.addEventListener('abort', () => c.abort(), { once: true });
	}
	return c.signal;
}

/**
 * What the server has no time for now, as when many tabs open at once, is asked for again when it says so; not all at
 * the same moment.
 * @param {string} path @param {{quiet?: boolean, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function get(path, options) {
	for (let tries = 0; ; tries++)
		try {
			return await call('GET', path, undefined, options);
		} catch (e) {
			if (!(e instanceof Problem) || e.status !== 429 || tries === RETRIES)
				throw e;
			const wait = (e.retryAfter ?? 1) * 1000 * (1 + Math.random());
			await new Promise(done => setTimeout(done, wait));
		}
}

/** All pages of a list. @param {string} path with or without a query @returns {Promise<{items: any[], seq: number}>} */
export async function getAll(path) {
	/** @type {any[]} */
	const items = [];
	let cursor = '', seq = Infinity;
	do {
		const page = await get(`${path}${path.includes('?') ? '&' : '?'}limit=500${cursor && '&cursor=' + encodeURIComponent(cursor)}`);
		items.push(...page.items);
		seq = Math.min(seq, page.seq);
		cursor = page.next ?? '';
	} while (cursor);
	return { items, seq };
}
