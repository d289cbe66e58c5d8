// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The one place that knows the city: filled by the lists of the API, kept true by the events (live.js).
// Views name the topics they depend on and are told once per change, with what has changed.
import { get, getAll } from './api.js';

/**
 * @typedef {{id: string, name: string, short: string|null, kind: string|null, district: string|null, class: string,
 *	life: string, state: string, state_detail: string, since: string|null, cause: string|null, parent: string|null,
 *	rtt_ms: number|null, loss_pct: number|null, rx_bps: number|null, tx_bps: number|null, links: any[],
 *	age_s: number|null}} Site
 * @typedef {{id: string, site: string, site_name: string, role: string, provider: string|null, product: string|null,
 *	contract_down_bps: number|null, contract_up_bps: number|null, committed: boolean|null, state: string,
 *	state_detail: string, since: string|null, rtt_ms: number|null, loss_pct: number|null, rx_bps: number|null,
 *	tx_bps: number|null, util_pct: number|null, mos?: number|null, capacity?: any, age_s: number|null, proven_age_s?: number|null, incident: string|null, address?: string|null}} Link
 * @typedef {{by: string|null, at: string|null, comment: string|null, until: string|null}} Ack
 * @typedef {{id: string, number: number, kind: string, severity: string, state: string, root: string|null,
 *	site: string|null, site_name: string|null, members: number|null, cause: string|null, opened: string|null,
 *	closed: string|null, version: number, acked: Ack|null}} Incident
 * @typedef {{user: string, role: string, sites: string[]|null, lang: string, csrf: string, expires: string,
 *	must_change: boolean}} Session
 * @typedef {'session'|'sites'|'links'|'incidents'|'conn'|'loaded'|'tick'} Topic
 */

export const STATES = ['down', 'impacted', 'unknown', 'warn', 'backup', 'maint', 'ok', 'planned'];
const SEVERITIES = ['critical', 'major', 'minor', 'warning', 'info'];
/** How long an incident that is over stays in the list of the overview. */
const RECENT_MS = 30 * 60 * 1000;

export class Store {
	constructor() {
		/** @type {Session|null} */
		this.session = null;
		/** Counts sessions, so that what one has asked for does not come to the next. */
		this.generation = 0;
		/** @type {Map<string, Site>} in the order of the inventory */
		this.sites = new Map();
		/** @type {Map<string, Link>} */
		this.links = new Map();
		/** @type {Map<string, Incident>} open ones and those of the last day */
		this.incidents = new Map();
		this.loaded = false;
		/** @type {{stream: 'starting'|'live'|'lost', lostAt: number, heard: number, retryAt: number}} */
		this.conn = { stream: 'starting', lostAt: 0, heard: 0, retryAt: 0 };
		/** @type {{connected: boolean, last: string|null}} */
		this.engine = { connected: true, last: null };
		/** @type {string|null} of the server, as the first hello said it */
		this.version = null;
		this.newVersion = false;
		/** server's clock minus this browser's, ms */
		this.skew = 0;
		/** @type {Map<string, Site[]>|null} sites by the incident that explains them, while nothing changes */
		this.byCause = null;
		/** @type {Map<string, Set<(changed: Set<string>) => void>>} */
		this.listeners = new Map();
		/** @type {Map<string, Set<string>>} topics to tell about at the next turn, with the ids changed */
		this.pending = new Map();
		this.announce = (/** @type {'new'|'acked'|'closed'} */ what, /** @type {Incident} */ incident) => { void what; void incident; };
	}

	/** The server's time, ms. */
	now() {
		return Date.now() + this.skew;
	}

	/**
	 * @param {Topic[]} topics @param {(changed: Set<string>) => void} f gets the ids that changed; empty: perhaps all
	 * @returns {() => void} ends it
	 */
	on(topics, f) {
		for (const topic of topics) {
			if (!this.listeners.has(topic))
				this.listeners.set(topic, new Set());
			this.listeners.get(topic)?.add(f);
		}
		return () => topics.forEach(topic => this.listeners.get(topic)?.delete(f));
	}

	/** @param {Topic} topic @param {Iterable<string>} [ids] */
	tell(topic, ids = []) {
		if (topic === 'sites')
			this.byCause = null;
		if (this.pending.size === 0)
			queueMicrotask(() => this.flush());
		const set = this.pending.get(topic) ?? new Set();
		for (const id of ids)
			set.add(id);
		this.pending.set(topic, set);
	}

	flush() {
		const all = this.pending;
		this.pending = new Map();
		for (const [topic, ids] of all)
			for (const f of [...this.listeners.get(topic) ?? []])
				f(ids);
	}

	/** @param {string} now of the server */
	setNow(now) {
		const at = Date.parse(now);
		if (Number.isFinite(at))
			this.skew = Math.abs(at - Date.now()) < 1500 ? 0 : at - Date.now();
	}

	/** @param {Session|null} session */
	setSession(session) {
		if (session?.csrf !== this.session?.csrf)
			this.generation++;
		this.session = session;
		if (!session) {
			this.sites.clear();
			this.links.clear();
			this.incidents.clear();
			this.loaded = false;
		}
		this.tell('session');
	}

	/** May this user acknowledge? */
	mayAck() {
		return this.session?.role === 'noc' || this.session?.role === 'admin';
	}

	/** Fetch everything anew. @returns {Promise<number|null>} the seq from which events are news; null: for a session that is over */
	async load() {
		const generation = this.generation;
		const [summary, sites, links, open, recent] = await Promise.all([
			get('/summary'), getAll('/sites'), getAll('/links'), getAll('/incidents?state=open'),
			get('/incidents?state=all&limit=100'),
		]);
		if (generation !== this.generation)
			return null;
		this.setNow(summary.now);
		const engine = summary.engine;
		this.engine = { connected: engine.connected, last: engine.last };
		const changed = [], before = this.loaded ? this.incidents : null;
		for (const s of sites.items)
			if (this.sites.has(s.id) && this.sites.get(s.id)?.state !== s.state)
				changed.push(s.id);
		this.sites = new Map(sites.items.map(s => [s.id, s]));
		this.links = new Map(links.items.map(l => [l.id, l]));
		this.incidents = new Map([...recent.items, ...open.items].map(i => [i.id, i]));
		for (const i of open.items)
			if (before && !before.has(i.id))
				this.announce('new', i);
		this.lastChanges = this.loaded ? changed.length : 0;
		this.loaded = true;
		for (const topic of /** @type {Topic[]} */ (['loaded', 'sites', 'links', 'incidents', 'conn']))
			this.tell(topic);
		return Math.min(summary.seq, sites.seq, links.seq, open.seq);
	}

	/** @param {{now?: string, sites: any[][], links: any[][]}} batch */
	applyBatch(batch) {
		if (batch.now)
			this.setNow(batch.now);
		const sites = [], links = [];
		for (const [id, state, since, rtt, loss, rx, tx, detail, cause] of batch.sites) {
			const s = this.sites.get(id);
			if (!s)
				continue;
			Object.assign(s, { state, since, rtt_ms: rtt, loss_pct: loss, rx_bps: rx, tx_bps: tx, state_detail: detail ?? state,
				cause: cause ?? null, age_s: 0 });
			sites.push(id);
		}
		for (const [id, state, since, rtt, loss, rx, tx, detail, incident] of batch.links) {
			const l = this.links.get(id);
			if (!l)
				continue;
			Object.assign(l, { state, since, rtt_ms: rtt, loss_pct: loss, rx_bps: rx, tx_bps: tx, age_s: 0,
				util_pct: utilisation(l, rx, tx) });
			if (detail !== undefined)
				Object.assign(l, { state_detail: detail, incident: incident ?? null });
			links.push(id);
			const own = this.sites.get(l.site)?.links?.find(x => x.id === id);
			if (own)
				own.state = state;
		}
		if (sites.length)
			this.tell('sites', sites);
		if (links.length)
			this.tell('links', links);
	}

	/** @param {Incident} incident */
	applyIncident(incident) {
		const before = this.incidents.get(incident.id);
		if (before && before.version > incident.version)
			return;
		this.incidents.set(incident.id, incident);
		if (!before && incident.state === 'open')
			this.announce('new', incident);
		else if (before?.state === 'open' && incident.state === 'closed')
			this.announce('closed', incident);
		else if (before && !before.acked && incident.acked)
			this.announce('acked', incident);
		this.tell('incidents', [incident.id]);
	}

	/** @param {Partial<Store['conn']>} change */
	setConn(change) {
		Object.assign(this.conn, change);
		this.tell('conn');
	}

	/** Is what is shown possibly no longer true? */
	isStale() {
		return this.conn.stream === 'lost' || !this.engine.connected;
	}

	// ---- what views ask ----

	/** Sites per state, from the very objects that the tiles show. @returns {Record<string, number>} */
	counts() {
		/** @type {Record<string, number>} */
		const n = Object.fromEntries(STATES.map(s => [s, 0]));
		for (const s of this.sites.values())
			n[s.state] = (n[s.state] ?? 0) + 1;
		return n;
	}

	/** Open ones: what nobody has taken first, worst first, newest first. */
	openIncidents() {
		return sortIncidents([...this.incidents.values()].filter(i => i.state === 'open'));
	}

	/** Those that ended a little while ago. */
	recentIncidents() {
		const limit = this.now() - RECENT_MS;
		return [...this.incidents.values()].filter(i => i.state === 'closed' && Date.parse(i.closed ?? '') > limit)
			.sort((a, b) => Date.parse(b.closed ?? '') - Date.parse(a.closed ?? ''));
	}

	unacked() {
		let n = 0;
		for (const i of this.incidents.values())
			n += i.state === 'open' && !i.acked ? 1 : 0;
		return n;
	}

	/** The sites that an incident explains beside its own. @param {Incident} incident */
	children(incident) {
		if (!this.byCause) {
			this.byCause = new Map();
			for (const s of this.sites.values())
				if (s.cause && s.state === 'impacted') {
					const list = this.byCause.get(s.cause);
					if (list)
						list.push(s);
					else
						this.byCause.set(s.cause, [s]);
				}
		}
		return (this.byCause.get(incident.id) ?? []).filter(s => s.id !== incident.site);
	}
}

/** @param {Link} l @param {number|null} rx @param {number|null} tx */
function utilisation(l, rx, tx) {
	const down = rx !== null && l.contract_down_bps ? rx / l.contract_down_bps : null;
	const up = tx !== null && l.contract_up_bps ? tx / l.contract_up_bps : null;
	return down === null && up === null ? null : 100 * Math.max(down ?? 0, up ?? 0);
}

/** @param {Incident[]} list */
export function sortIncidents(list) {
	const rank = (/** @type {Incident} */ i) => (i.acked ? 10 : 0) + SEVERITIES.indexOf(i.severity);
	return list.sort((a, b) => rank(a) - rank(b) || Date.parse(b.opened ?? '') - Date.parse(a.opened ?? '') || b.number - a.number);
}

export const store = new Store();
