// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The page of an office, on a phone: is it us, since when, who has it. In plain words, without terms of the trade.
import { date, dayMonth, duration, hourMinute, instant, megabits, moment, plainDuration, rate } from '../format.js';
import { t, has } from '../i18n.js';
import { here, setQuery } from '../router.js';
import { store } from '../store.js';
import { html, nothing, ticks } from '../view.js';
import { ObjectPage } from '../parts/page.js';
import { mark, meter } from '../parts/state.js';
import { ackBy, causeWord, incidentKind } from '../words.js';

/** Which mood the big sentence has. @type {Record<string, string>} */
const MOOD = { ok: 'good', warn: 'doubt', backup: 'doubt', unknown: 'doubt', maint: 'doubt', planned: 'doubt', down: 'bad', impacted: 'bad' };
const OUTAGES = 5;

class Office extends ObjectPage {
	static topics = /** @type {any} */ (['sites', 'links', 'incidents', 'loaded', 'session']);
	static properties = { ...ObjectPage.properties, query: { type: String } };

	constructor() {
		super();
		this.object = '';
		this.query = '';
		this.all = false;
	}

	/** The office in question: the only one, or the one chosen. */
	willUpdate(/** @type {Map<string, any>} */ changed) {
		const wanted = here().query.get('situs') ?? '';
		const next = store.sites.has(wanted) ? wanted : [...store.sites.keys()][0] ?? '';
		if (next !== this.object) {
			changed.set('object', this.object);
			this.object = next;
		}
		super.willUpdate(changed);
	}

	path() {
		return `/sites/${this.object}`;
	}

	/** @param {Set<string>} ids */
	concerns(ids) {
		return super.concerns(ids) || [...ids].some(id => id.startsWith('inc-'));
	}

	choice() {
		if (store.sites.size < 2 || store.sites.size > 50)
			return nothing;
		return html`<label class="office-choice">${t('office.choose')} <select @change=${(/** @type {any} */ e) => setQuery({ situs: e.target.value }, true)}>
			${[...store.sites.values()].map(s => html`<option value=${s.id} ?selected=${s.id === this.object}>${s.name}</option>`)}</select></label>`;
	}

	/** @param {any} d */
	sentence(d) {
		const at = instant(d.since), live = store.sites.get(d.id), state = live?.state ?? d.state;
		const incident = d.cause ? store.incidents.get(d.cause) : null;
		return html`<section class="panel mood ${MOOD[state] ?? 'doubt'}" role="status"><h2>${mark(state === 'ok' ? 'fine' : state, 34)}<span>${t('office.state.' + state)}</span></h2>
			${at === null ? nothing : html`<p>${t(state === 'ok' ? 'office.since.ok' : 'office.since', { t: `${dayMonth(at)}, ${hourMinute(at)} WIB` })}${state === 'ok' ? nothing : html` · <b>${ticks(() => duration((store.now() - at) / 1000))}</b>`}</p>`}
			${incident ? html`<p>${incident.acked ? t('office.handled', { by: ackBy(incident.acked), t: moment(incident.acked.at, store.now()) }) : t('office.known', { number: incident.number })}</p>` : nothing}
			<p class="s">${d.age_s === null ? t('age.never') : ticks(() => t('office.checked', { t: plainDuration(this.age(d.age_s) ?? 0) }))}</p></section>`;
	}

	/** @param {string} word @param {number|null} bps @param {number|null} contract */
	use(word, bps, contract) {
		if (bps === null)
			return nothing;
		const text = contract ? t('office.of', { v: `${megabits(bps)} Mbps`, contract: megabits(contract) }) : rate(bps);
		return html`<dl class="use"><dt>${word}</dt><dd>${text}</dd></dl>${contract ? meter(bps / contract * 100, `${word}: ${text}`) : nothing}`;
	}

	/** @param {any} d */
	usage(d) {
		if (d.rx_bps === null && d.tx_bps === null)
			return nothing;
		const line = d.links.find((/** @type {any} */ l) => l.role === 'main') ?? d.links[0];
		return html`<section class="panel"><h2>${t('office.usage')}</h2>${this.use(t('office.down'), d.rx_bps, line?.contract_down_bps)}${this.use(t('office.up'), d.tx_bps, line?.contract_up_bps)}</section>`;
	}

	/** @param {any} i incident @param {string} site */
	outage(i, site) {
		const from = instant(i.opened) ?? 0, to = instant(i.closed);
		const what = i.site === site ? has('office.kind.' + incidentKind(i)) ? t('office.kind.' + incidentKind(i)) : t('office.kind.other') : t('office.kind.upstream');
		const took = plainDuration(((to ?? store.now()) - from) / 1000);
		return html`<li><b>${date(from).replace(/ \d{4}$/, '').replace(',', '')}, ${hourMinute(from)}${to ? '–' + hourMinute(to) : ''} · ${t(to ? 'office.took' : 'office.lasts', { t: took })}</b>
			<span>${what}${i.cause && i.cause !== 'unknown' ? `: ${causeWord(i.cause)}` : ''}</span></li>`;
	}

	/** @param {any} d */
	outages(d) {
		const list = this.all ? d.incidents : d.incidents.slice(0, OUTAGES);
		return html`<section class="panel"><h2>${t('office.outages')}</h2>${list.length ? html`<ol class="outages">${list.map((/** @type {any} */ i) => this.outage(i, d.id))}</ol>`
			: html`<p class="m">${t('office.no_outages')}</p>`}
			${d.incidents.length > list.length ? html`<button type="button" class="button wide plain" @click=${() => { this.all = true; this.requestUpdate(); }}>${t('office.all_outages')}</button>` : nothing}</section>`;
	}

	render() {
		const d = this.data;
		if (store.loaded && store.sites.size === 0)
			return html`<div class="panel message"><h1 tabindex="-1">${t('page.office')}</h1><p>${t('office.none')}</p></div>`;
		if (!d || this.problem?.status === 404)
			return this.trouble();
		const line = d.links.find((/** @type {any} */ l) => l.role === 'main') ?? d.links[0];
		const under = [d.district, line?.contract_down_bps ? rate(line.contract_down_bps) : null, line?.provider].filter(Boolean).join(' · ');
		return html`<div class="office"><header class="office-head"><h1 tabindex="-1">${d.name}</h1><p class="m">${under}</p></header>
			${this.choice()}${this.sentence(d)}${this.usage(d)}${this.outages(d)}
			<section class="panel"><h2>${t('office.help')}</h2><p>${t('office.help.text')}</p><a class="button wide plain" href="/bantuan">${t('page.help')}</a></section></div>`;
	}
}

customElements.define('simpul-office', Office);
