// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// One line: state, traffic against the contract, delay and loss, evidence.
import { dayMonth, duration, ms, number, percent, rate } from '../format.js';
import { t } from '../i18n.js';
import { html, nothing, ticks } from '../view.js';
import { detailWord } from '../words.js';
import { causeLine, evidenceList, parentChain } from '../parts/evidence.js';
import { ObjectPage } from '../parts/page.js';
import { mark } from '../parts/state.js';
import '../parts/range.js';
import '../parts/smoke.js';
import '../parts/traffic.js';
import { facts } from './facts.js';
import { rateOf, sinceText } from './site.js';

class LinkPage extends ObjectPage {
	static topics = /** @type {any} */ (['links', 'loaded', 'session']);

	path() {
		return `/links/${this.object}`;
	}

	/** @param {any} d */
	contract(d) {
		if (!d.contract_down_bps && !d.contract_up_bps)
			return null;
		return `${rate(d.contract_down_bps)} / ${rate(d.contract_up_bps)}${d.committed === null ? '' : ' · ' + t(d.committed ? 'link.committed' : 'link.best_effort')}`;
	}

	/** What one direction was seen to deliver; null: nothing can be claimed. @param {any} c @param {'down'|'up'} way */
	delivered(c, way) {
		const w = c?.[way];
		if (!w)
			return null;
		const name = t(way === 'down' ? 'col.in' : 'col.out');
		const text = [w.contract_bps ? t('capacity.of', { way: name, v: rate(w.delivered_bps), contract: rate(w.contract_bps) })
			: t('capacity.only', { way: name, v: rate(w.delivered_bps) })];
		if (w.reduced)
			text.push(t('capacity.since', { t: dayMonth(w.fell) }));
		else if (w.back)
			text.push(t('capacity.was', { from: dayMonth(w.fell), to: dayMonth(w.back) }));
		if (c.sick === way)
			text.push(t('capacity.sick'));
		return text.join(' · ');
	}

	render() {
		const d = this.data;
		if (!d || this.problem?.status === 404)
			return this.trouble();
		return html`<div class="page">
			<section class="panel hero edge-${d.state}"><div class="hero-mark">${mark(d.state, 40)}</div><div><h1 tabindex="-1">${t('link.title', { id: d.id })}</h1>
				<p class="lead"><a href=${'/situs/' + d.site}>${d.site_name}</a> · ${t('role.' + d.role)}</p>
				<p class="big">${detailWord(d)} <small>${sinceText(d.since)}</small></p>
				${causeLine(d.incident)}
				<p class="m">${this.ageText(d.age_s)}</p></div>
				${facts([[t('col.provider'), [d.provider, d.product].filter(Boolean).join(' · ')], [t('col.contract'), this.contract(d)], [t('col.address'), d.address],
		[t('col.rtt'), ms(d.rtt_ms)], [t('col.loss'), percent(d.loss_pct)], [t('col.mos'), d.mos === null ? null : number(d.mos, 1, 1)], [t('col.in'), rateOf(d.rx_bps, d.contract_down_bps)], [t('col.out'), rateOf(d.tx_bps, d.contract_up_bps)],
		[t('col.delivered'), [this.delivered(d.capacity, 'down'), this.delivered(d.capacity, 'up')].filter(Boolean).join('; ')],
		[t('col.proven'), d.role === 'backup' && d.proven_age_s !== null ? ticks(() => duration(this.age(d.proven_age_s))) : null]])}</section>
			<simpul-range></simpul-range>
			<section class="panel graph tall"><header><h2>${t('traffic.title', { id: d.id })}</h2></header><simpul-traffic link=${d.id}></simpul-traffic></section>
			<section class="panel graph tall"><header><h2>${t('smoke.title', { id: d.id })}</h2></header><simpul-smoke link=${d.id}></simpul-smoke></section>
			<section class="panel"><header><h2>${t('evidence.title')}</h2></header>${evidenceList(d.evidence)}
				${d.parents.length ? html`<h3 class="sub">${t('site.parents')}</h3>${parentChain(d.parents)}` : nothing}</section></div>`;
	}
}

customElements.define('simpul-link', LinkPage);
