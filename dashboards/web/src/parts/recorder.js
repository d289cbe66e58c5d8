// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// What the flight recorder has of an incident: its recordings, and of one of them every packet as a small picture.
import { Problem, get } from '../api.js';
import { clock, instant, moment, ms, number } from '../format.js';
import { t } from '../i18n.js';
import { store } from '../store.js';
import { View, html, nothing, svg } from '../view.js';

const WIDE = 1000, HIGH = 100, FLOOR = 12;
/** Many packets at one place would be one blot of many elements. */
const MOST = 1500;

/**
 * @typedef {{id: string, link: string, started: string, sent: number, lost: number,
 *	gap: {lost: number, from: string, to: string|null}|null}} Recording
 * @typedef {{at: number, ms: number|null, lost: boolean}} Packet
 */

/** Packets of a recording in order: seconds from its beginning on. @param {any} d @returns {Packet[]} */
export function packetsOf(d) {
	return d.at_ms.map((/** @type {number} */ at, /** @type {number} */ i) => ({ at: at / 1000,
		ms: d.rtt_us[i] === null ? null : d.rtt_us[i] / 1000, lost: d.fate[i] === 'l' || d.fate[i] === 'L' }));
}

class Recorder extends View {
	static properties = { incident: { type: String } };
	static topics = /** @type {any} */ (['session']);

	constructor() {
		super();
		this.incident = '';
		/** @type {Recording[]|null} */
		this.list = null;
		/** @type {any} */
		this.data = null;
	}

	/** @param {Map<string, any>} changed */
	willUpdate(changed) {
		if (changed.has('incident') && this.incident)
			this.load();
	}

	async load() {
		const incident = this.incident;
		try {
			const page = await get(`/recordings?incident=${incident}&limit=20`);
			if (incident !== this.incident)
				return;
			this.list = page.items;
			this.data = this.list?.length ? await get(`/recordings/${this.list[0].id}`) : null;
		} catch (e) {
			if (!(e instanceof Problem))
				throw e;
			this.list = null;
		}
		this.requestUpdate();
	}

	/** @param {string} id */
	async open(id) {
		this.data = await get(`/recordings/${id}`).catch(() => this.data);
		this.requestUpdate();
	}

	/** @param {{from: string, to: string|null}} gap */
	gapText(gap) {
		const from = instant(gap.from) ?? 0, to = instant(gap.to);
		return to === null ? t('recorder.open', { from: clock(from) })
			: t('recorder.gap', { s: number((to - from) / 1000, 1, 1), from: clock(from), to: clock(to) });
	}

	picture() {
		const all = packetsOf(this.data), from = all[0]?.at ?? 0, span = Math.max(1, (all[all.length - 1]?.at ?? 1) - from);
		const top = Math.max(2, ...all.map(p => p.ms ?? 0)), step = Math.ceil(all.length / MOST);
		const shown = all.filter((p, i) => p.lost || i % step === 0).slice(-2 * MOST);
		const x = (/** @type {number} */ at) => ((at - from) / span * WIDE).toFixed(1);
		return html`<svg class="flight" viewBox="0 0 ${WIDE} ${HIGH}" preserveAspectRatio="none" role="img" aria-label=${this.summary()}>
			${shown.map(p => p.lost ? svg`<rect class="lost" x=${x(p.at)} y="0" width="2" height=${HIGH - FLOOR}></rect>`
			: p.ms === null ? nothing
				: svg`<rect class="answered" x=${x(p.at)} y=${(HIGH - FLOOR) * (1 - p.ms / top)} width="2" height="3"></rect>`)}
			<rect class="onset" x=${x(0)} y="0" width="1" height=${HIGH}></rect></svg>
			<p class="m flight-scale"><span>${clock(this.wall(from))}</span><span>${t('recorder.scale', { v: ms(top) })}</span><span>${clock(this.wall(from + span))}</span></p>`;
	}

	/** @param {number} at seconds from the beginning on */
	wall(at) {
		return (instant(this.data.started) ?? 0) + at * 1000;
	}

	summary() {
		return t('recorder.summary', { lost: this.data.lost, sent: this.data.sent });
	}

	mtu() {
		const m = this.data.mtu;
		return !m || m.verdict === 'unknown' || m.verdict === 'whole' ? nothing
			: html`<p>${m.verdict === 'black_hole' ? t('recorder.black_hole', { n: m.mtu }) : t('recorder.mtu', { n: m.mtu })}</p>`;
	}

	changed() {
		const c = this.data.changed, hop = (/** @type {string[][]} */ way) => way[c.hop - 1]?.join(', ') || '–';
		return c ? html`<p>${t('recorder.changed', { n: c.hop, old: hop(c.old), new: hop(c.new) })}</p>` : nothing;
	}

	render() {
		if (!this.list?.length)
			return nothing;
		return html`<section class="panel"><header><h2>${t('recorder.title')}</h2><span class="m">${t('recorder.about')}</span></header>
			<ul class="recordings">${this.list.map(r => html`<li><button type="button" class="button plain" aria-pressed=${this.data?.id === r.id} @click=${() => this.open(r.id)}>${r.link}</button>
				<span>${moment(r.started, store.now())}</span><span>${t('recorder.lost', { lost: r.lost, sent: r.sent })}</span><span>${r.gap ? this.gapText(r.gap) : nothing}</span></li>`)}</ul>
			${this.data ? html`<div class="flight-box"><h3>${this.data.link}</h3>${this.picture()}${this.changed()}${this.mtu()}</div>` : nothing}</section>`;
	}
}

customElements.define('simpul-recorder', Recorder);
