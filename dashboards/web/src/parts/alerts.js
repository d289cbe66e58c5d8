// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Open incidents: one row per cause; what it explains is folded into "N situs terdampak", one click below.
import { clock, duration, instant, moment } from '../format.js';
import { t } from '../i18n.js';
import { store } from '../store.js';
import { View, html, nothing, repeat, ticks } from '../view.js';
import { ackBy, impactedCount, incidentState, incidentTitle, shortName, stateWord } from '../words.js';
import { openAck } from './ack.js';
import { mark } from './state.js';

/** Time since it opened, or how long it took. @param {import('../store.js').Incident} i */
export function incidentAge(i) {
	const opened = instant(i.opened) ?? store.now(), closed = instant(i.closed);
	return duration(((closed ?? store.now()) - opened) / 1000);
}

/** Who has it. @param {import('../store.js').Incident} i */
export function ackNote(i) {
	return i.acked ? html`<b>${ackBy(i.acked)}, ${clock(i.acked.at).slice(0, 5)}${i.acked.comment ? ':' : ''}</b> ${i.acked.comment}` : nothing;
}

class Alerts extends View {
	static topics = /** @type {any} */ (['incidents', 'sites', 'session', 'loaded']);
	static properties = { limit: { type: Number } };

	constructor() {
		super();
		this.limit = 200;
		/** @type {Set<string>} */
		this.unfolded = new Set();
	}

	/** @param {string} id */
	fold(id) {
		if (!this.unfolded.delete(id))
			this.unfolded.add(id);
		this.requestUpdate();
	}

	/** @param {import('../store.js').Incident} i */
	folded(i) {
		const all = store.children(i);
		return html`<ul class="children" id=${'children-' + i.id}>${all.map(s => html`<li><a href=${'/situs/' + s.id}>${mark(s.state, 14)}
			<span>${shortName(s)}</span><span class="hide">, ${stateWord(s.state)}</span></a></li>`)}</ul>`;
	}

	/** @param {import('../store.js').Incident} i */
	row(i) {
		const state = incidentState(i), n = impactedCount(i), open = this.unfolded.has(i.id);
		const fresh = !i.acked && (i.severity === 'critical' || i.severity === 'major');
		return html`<li class="alert edge-${state} ${fresh ? 'new' : ''}" data-nav-item data-incident=${i.id}>
			<div class="alert-mark">${mark(state, 24)}</div>
			<h3><a href=${'/insiden/' + i.id} data-nav-focus>${incidentTitle(i)}</a>${n ? html`<button type="button" class="fold" aria-expanded=${open}
				aria-controls=${'children-' + i.id} @click=${() => this.fold(i.id)}>${t('impacted', { n })}</button>` : nothing}</h3>
			<div class="dur">${ticks(() => incidentAge(i))}</div>
			<p class=${i.acked ? 'note' : ''}>${i.acked ? ackNote(i) : t('alert.since', { t: moment(i.opened, store.now()), number: i.number })}</p>
			<div class="act">${i.acked ? t('alert.acked') : store.mayAck() ? html`<button type="button" class="button strong"
				@click=${() => openAck(i.id)}>${t('ack.do')}<span class="hide">: ${incidentTitle(i)}</span> <kbd aria-hidden="true">A</kbd></button>` : t('alert.unacked')}</div>
			${open ? this.folded(i) : nothing}</li>`;
	}

	/** @param {import('../store.js').Incident} i */
	over(i) {
		return html`<li class="alert over edge-over" data-nav-item data-incident=${i.id}><div class="alert-mark">${mark('ok', 24)}</div>
			<h3><a href=${'/insiden/' + i.id} data-nav-focus>${t('alert.over', { name: incidentTitle(i) })}</a></h3>
			<div class="dur">${incidentAge(i)}</div>
			<p>${clock(i.opened).slice(0, 5)}–${clock(i.closed).slice(0, 5)} WIB</p><div class="act">${t('incident.number', { number: i.number })}</div></li>`;
	}

	render() {
		const open = store.openIncidents(), unacked = store.unacked();
		const shown = open.slice(0, this.limit);
		return html`<header><h2 id="alerts-title">${t('alerts.title')}</h2>${unacked ? html`<span class="chip alarm">${t('alerts.unacked', { n: unacked })}</span>` : nothing}
			<span class="m keys" aria-hidden="true"><kbd>J</kbd> <kbd>K</kbd> ${t('keys.pick')} · <kbd>A</kbd> ${t('keys.ack')}</span></header>
			<ul class="alert-list" data-nav-list aria-labelledby="alerts-title">
			${repeat(shown, i => i.id, i => this.row(i))}
			${repeat(store.recentIncidents().slice(0, 5), i => i.id, i => this.over(i))}
			</ul>
			${store.loaded && open.length === 0 ? html`<p class="empty">${mark('ok', 20)} ${t('alerts.none')}</p>` : nothing}
			${open.length > shown.length ? html`<p class="empty"><a href="/insiden">${t('alerts.rest', { n: open.length - shown.length })}</a></p>` : nothing}`;
	}
}

customElements.define('simpul-alerts', Alerts);
