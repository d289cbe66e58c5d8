// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The live stream. A browser opens at most about six connections to a host, so of all tabs only one, the leader,
// has an EventSource; it hands each event on by a BroadcastChannel. The leader is whoever holds a Web Lock. A tab
// that comes to the front takes the lead from a hidden one, since browsers slow hidden tabs down.
import { Problem, get } from './api.js';
import { store } from './store.js';

const EVENTS = ['hello', 'batch', 'incident', 'engine', 'ping', 'reset'];
/** Three pings of 15 s missed: the line is dead although nobody said so. */
const SILENT_MS = 50000;
const BACKOFF_S = [1, 2, 5, 10, 15];
/** How long a new tab waits for a stream to begin before it fetches without one. */
const FIRST_MS = 400;
/** Tabs that follow fetch a little later, not all at once: the server counts requests per session. */
const SPREAD_MS = 2500;
/** When a lot comes at once, so long at one go: then the page may react, and draw. */
const SLICE_MS = 10;

export class Live {
	constructor() {
		/** @type {EventSource|null} */
		this.source = null;
		/** @type {BroadcastChannel|null} */
		this.channel = null;
		this.leads = false;
		this.leaderHidden = false;
		this.user = '';
		this.tries = 0;
		/** @type {ReturnType<typeof setTimeout>|undefined} */
		this.timer = undefined;
		/** @type {(() => void)|null} gives the lock back */
		this.release = null;
		/** @type {[string, string][]} events that have come, and are not taken yet */
		this.waiting = [];
		/** @type {ReturnType<typeof setTimeout>|undefined} */
		this.next = undefined;
		/** @type {[string, any][]|null} what came while a list was being fetched */
		this.held = null;
		this.onShown = () => this.shown();
		this.onSessionGone = () => {};
		this.onBack = (/** @type {number} */ changes) => { void changes; };
	}

	/** @param {string} user whose tabs share this stream */
	start(user) {
		this.stop();
		this.user = user;
		this.channel = new BroadcastChannel(`simpul ${user}`);
		this.channel.onmessage = e => this.heard(e.data);
		document.addEventListener('visibilitychange', this.onShown);
		this.queue(false);
		this.channel.postMessage({ what: 'who' });
		this.first = setTimeout(() => this.refetch(), FIRST_MS);
		this.watch = setInterval(() => this.checkSilence(), 5000);
	}

	stop() {
		clearTimeout(this.timer);
		clearTimeout(this.first);
		clearTimeout(this.soon);
		clearInterval(this.watch);
		document.removeEventListener('visibilitychange', this.onShown);
		this.user = '';
		this.held = null;
		this.once = false;
		this.closeSource();
		this.leads = false;
		this.release?.();
		this.release = null;
		this.queued?.abort();
		this.channel?.close();
		this.channel = null;
	}

	// ---- who leads ----

	/** @param {boolean} steal */
	queue(steal) {
		const user = this.user;
		this.queued?.abort();
		this.queued = new AbortController();
		const options = steal ? { steal } : { signal: this.queued.signal };
		navigator.locks.request(`simpul ${user}`, options, () => {
			if (this.user !== user)
				return undefined;
			this.lead();
			return new Promise(resolve => { this.release = () => resolve(undefined); });
		}).catch(() => {
			// Another tab took the lead, or this request was withdrawn.
			if (this.leads && this.user === user) {
				this.leads = false;
				this.closeSource();
				this.queue(false);
			}
		});
	}

	lead() {
		this.leads = true;
		this.sayLeader();
		this.open();
	}

	sayLeader() {
		this.channel?.postMessage({ what: 'leader', hidden: document.hidden });
	}

	shown() {
		if (document.hidden)
			this.drain(Infinity);
		if (this.leads) {
			this.sayLeader();
			return;
		}
		if (!document.hidden && this.leaderHidden)
			this.queue(true);
	}

	/** @param {any} m message of another tab */
	heard(m) {
		switch (m.what) {
		case 'who':
			if (this.leads) {
				this.sayLeader();
				this.channel?.postMessage({ what: 'conn', conn: store.conn });
			}
			break;
		case 'leader':
			this.leaderHidden = m.hidden;
			if (!store.loaded)
				this.refetch();
			break;
		case 'event':
			if (!this.leads)
				this.take(m.name, m.data);
			break;
		case 'conn':
			if (!this.leads)
				this.follow(m.conn);
			break;
		case 'gone':
			this.onSessionGone();
			break;
		}
	}

	/** @param {import('./store.js').Store['conn']} conn of the leader */
	follow(conn) {
		const back = store.conn.stream === 'lost' && conn.stream === 'live';
		store.setConn(conn);
		if (back)
			this.refetchSoon();
	}

	/** Tell the other tabs that the session is over. */
	sayGone() {
		this.channel?.postMessage({ what: 'gone' });
	}

	// ---- the stream ----

	open() {
		clearTimeout(this.timer);
		this.closeSource();
		const source = this.source = new EventSource('/api/v1/events');
		for (const name of EVENTS)
			source.addEventListener(name, e => this.arrived(name, /** @type {MessageEvent} */ (e).data));
		source.onopen = () => {
			this.tries = 0;
			this.alive();
		};
		source.onerror = () => this.broken(source);
	}

	/** What has come from it and is not taken yet is let go: the next one's hello fetches everything. */
	closeSource() {
		this.source?.close();
		this.source = null;
		clearTimeout(this.next);
		this.next = undefined;
		this.waiting = [];
	}

	/** The fall of a node is a dozen events and hundreds of rows in one go. @param {string} name @param {string} text */
	arrived(name, text) {
		this.waiting.push([name, text]);
		if (document.hidden)
			this.drain(Infinity);	// its timers are slowed down, but its title is seen
		else
			this.next ??= setTimeout(() => this.drain(SLICE_MS));
	}

	/** Take what has come, at least one event. @param {number} ms for how long */
	drain(ms) {
		const end = performance.now() + ms;
		clearTimeout(this.next);
		this.next = undefined;
		try {
			for (let event = this.waiting.shift(); event; event = performance.now() < end ? this.waiting.shift() : undefined) {
				const [name, text] = event, data = JSON.parse(text || '{}');
				this.channel?.postMessage({ what: 'event', name, data });
				this.take(name, data);
			}
		} finally {
			// Also behind one that cannot be used.
			if (this.waiting.length)
				this.next ??= setTimeout(() => this.drain(SLICE_MS));
		}
	}

	/** The browser tries again by itself (and resumes) unless the answer was no stream at all. @param {EventSource} source */
	broken(source) {
		if (source !== this.source)
			return;
		try {
			this.drain(Infinity);
		} finally {
			if (source.readyState === EventSource.CLOSED)
				this.retryLater();
			else
				this.lost(0);
		}
	}

	retryLater() {
		const wait = BACKOFF_S[Math.min(this.tries++, BACKOFF_S.length - 1)] * 1000;
		this.closeSource();
		this.lost(Date.now() + wait);
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.retry(), wait);
	}

	/** Open the stream again, now. It does not say why it failed: ask whether the session is still good. */
	async retry() {
		if (!this.leads)
			return;
		try {
			await get('/session', { quiet: true });
			this.open();
		} catch (e) {
			if (e instanceof Problem && e.status === 401)
				this.onSessionGone();
			else
				this.retryLater();
		}
	}

	/** @param {number} retryAt 0: the browser's own affair */
	lost(retryAt) {
		const first = store.conn.stream !== 'lost';
		store.setConn({ stream: 'lost', retryAt, ...first ? { lostAt: store.now() } : {} });
		this.channel?.postMessage({ what: 'conn', conn: store.conn });
	}

	alive() {
		const back = store.conn.stream === 'lost';
		store.setConn({ stream: 'live', heard: Date.now(), retryAt: 0 });
		if (this.leads && back)
			this.channel?.postMessage({ what: 'conn', conn: store.conn });
	}

	checkSilence() {
		if (store.conn.stream === 'live' && Date.now() - store.conn.heard > SILENT_MS) {
			if (this.leads)
				this.retryLater();
			else
				store.setConn({ stream: 'lost', lostAt: store.now() });
		}
	}

	/** An event, of the own stream or handed on. @param {string} name @param {any} data */
	take(name, data) {
		if (store.conn.stream !== 'live')
			this.alive();
		store.conn.heard = Date.now();
		if (this.held && (name === 'batch' || name === 'incident')) {
			this.held.push([name, data]);
			return;
		}
		switch (name) {
		case 'hello':
			store.setNow(data.now);
			if (store.version !== null && store.version !== data.version)
				store.newVersion = true;
			store.version ??= data.version;
			store.tell('conn');
			// What happened before this stream began is in none.
			this.refetchSoon();
			break;
		case 'batch':
			store.applyBatch(data);
			break;
		case 'incident':
			store.applyIncident(data);
			break;
		case 'engine': {
			const back = !store.engine.connected && data.connected;
			store.engine = { connected: data.connected, last: data.last };
			store.tell('conn');
			if (back)
				this.refetchSoon();
			break;
		}
		case 'reset':
			this.refetchSoon();
			break;
		}
	}

	/** At once in the tab that leads or has nothing to show yet, a little later in the others. */
	refetchSoon() {
		clearTimeout(this.first);
		clearTimeout(this.soon);
		this.soon = setTimeout(() => this.refetch(), this.leads || !store.loaded ? 0 : Math.random() * SPREAD_MS);
	}

	/** Fetch all lists; what comes meanwhile is applied after them. */
	async refetch() {
		if (this.held) {
			this.once = true;
			return;
		}
		this.once = false;
		/** @type {[string, any][]} */
		const held = this.held = [];
		const again = store.loaded;
		try {
			const seq = await store.load();
			if (this.held !== held)
				return;		// stopped meanwhile: the affair of another session, or of none
			this.held = null;
			if (seq !== null)
				this.loaded(seq, held, again);
			if (this.once && this.user)
				this.refetchSoon();
		} catch (e) {
			// Whatever went wrong: what comes from now on must not be held for ever.
			const mine = this.held === held;
			if (mine)
				this.held = null;
			if (!(e instanceof Problem))
				throw e;
			if (mine && e.status !== 401 && e.status !== 403 && this.user)
				setTimeout(() => this.user && this.refetch(), 3000);
		}
	}

	/** @param {number} seq of the lists @param {[string, any][]} held @param {boolean} again not for the first time */
	loaded(seq, held, again) {
		for (const [name, data] of held)
			if (name === 'incident')
				store.applyIncident(data);
			else if (data.seq === undefined || data.seq >= seq)
				store.applyBatch(data);
		if (again)
			this.onBack(store.lastChanges ?? 0);
	}
}

export const live = new Live();
