// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// One site: its state and why, its lines, how they do, what they pass through, its incidents.
import { moment, ms, percent, rate, duration, instant } from '../format.js';
import { t } from '../i18n.js';
import { store } from '../store.js';
import { html, nothing, ticks } from '../view.js';
import { detailWord } from '../words.js';
import { causeLine, evidenceList, incidentList, parentChain } from '../parts/evidence.js';
import { ObjectPage } from '../parts/page.js';
import { mark, stateLabel } from '../parts/state.js';
import '../parts/range.js';
import '../parts/smoke.js';
import '../parts/traffic.js';
import { facts } from './facts.js';
import { serviceHead, serviceRow } from './services.js';
import { kindWord } from './sites.js';

const SERVICE_COLUMNS = ['state', 'service', 'kind', 'owner', 'time', 'cert', 'since', 'reason'];

/** @param {string|null} since */
export function sinceText(since) {
	const at = instant(since);
	return at === null ? t('since.unknown') : html`${t('since', { t: moment(since, store.now()) })} · ${ticks(() => duration((store.now() - at) / 1000))}`;
}

/** Traffic beside the contract. @param {number|null} bps @param {number|null} contract */
export function rateOf(bps, contract) {
	return contract ? t('rate.of', { v: rate(bps), contract: rate(contract) }) : rate(bps);
}

class SitePage extends ObjectPage {
	static topics = /** @type {any} */ (['sites', 'links', 'incidents', 'loaded', 'session']);

	path() {
		return `/sites/${this.object}`;
	}

	/** @param {Set<string>} ids */
	concerns(ids) {
		return super.concerns(ids) || (this.data?.links ?? []).some((/** @type {any} */ l) => ids.has(l.id)) ||
			(this.data?.incidents ?? []).some((/** @type {any} */ i) => ids.has(i.id));
	}

	/** @param {import('../store.js').Link} l */
	line(l) {
		return html`<tr data-nav-item><th scope="row"><a href=${'/tautan/' + l.id} data-nav-focus>${l.id}</a></th>
			<td>${stateLabel(l.state, detailWord(l), 14)}</td><td>${t('role.' + l.role)}</td><td>${l.provider ?? '–'}${l.product ? ` · ${l.product}` : ''}</td>
			<td class="n">${ms(l.rtt_ms)}</td><td class="n">${percent(l.loss_pct)}</td>
			<td class="n">${rateOf(l.rx_bps, l.contract_down_bps)}</td><td class="n">${rateOf(l.tx_bps, l.contract_up_bps)}</td>
			<td>${this.ageText(l.age_s)}</td></tr>`;
	}

	/** When the idle lines answered last. @param {any[]} links */
	proven(links) {
		const spare = links.filter(l => l.role === 'backup');
		return spare.map(l => html`<p class="m">${l.proven_age_s === null ? t('backup.unproven')
			: ticks(() => t(spare.length > 1 ? 'backup.proven.id' : 'backup.proven', { id: l.id, t: duration(this.age(l.proven_age_s)) }))}</p>`);
	}

	render() {
		const d = this.data;
		if (!d || this.problem?.status === 404)
			return this.trouble();
		const main = d.links.find((/** @type {any} */ l) => l.role === 'main') ?? d.links[0];
		return html`<div class="page">
			<section class="panel hero edge-${d.state}"><div class="hero-mark">${mark(d.state, 40)}</div><div><h1 tabindex="-1">${d.name}</h1>
				<p class="big">${detailWord(d)} <small>${sinceText(d.since)}</small></p>
				${causeLine(d.cause)}
				<p class="m">${this.ageText(d.age_s)}</p>${this.proven(d.links)}</div>
				${facts([[t('col.id'), d.id], [t('col.kind'), d.kind ? kindWord(d.kind) : null], [t('col.district'), d.district], [t('col.class'), t('class.' + d.class)], [t('col.life'), t('life.' + d.life)]])}</section>
			<section class="panel"><header><h2>${t('site.lines')}</h2></header><div class="scroll" tabindex="0" role="region" aria-label=${t('site.lines')}><table class="table" data-nav-list><thead><tr>
				${['link', 'state', 'role', 'provider', 'rtt', 'loss', 'in', 'out', 'age'].map(c => html`<th scope="col" class=${['rtt', 'loss', 'in', 'out'].includes(c) ? 'n' : ''}>${t('col.' + c)}</th>`)}
				</tr></thead><tbody>${d.links.map((/** @type {any} */ l) => this.line(l))}</tbody></table></div>
				${d.links.length ? nothing : html`<p class="empty">${t('fact.no_line')}</p>`}</section>
			${d.services.length ? html`<section class="panel"><header><h2>${t('page.services')}</h2></header><div class="scroll" tabindex="0" role="region" aria-label=${t('page.services')}><table class="table" data-nav-list>
				${serviceHead(SERVICE_COLUMNS)}<tbody>${d.services.map((/** @type {any} */ s) => serviceRow(s, SERVICE_COLUMNS))}</tbody></table></div></section>` : nothing}
			${main ? html`<simpul-range></simpul-range><div class="pair">
				<section class="panel graph"><header><h2>${t('traffic.title', { id: main.id })}</h2></header><simpul-traffic link=${main.id}></simpul-traffic></section>
				<section class="panel graph"><header><h2>${t('smoke.title', { id: main.id })}</h2></header><simpul-smoke link=${main.id}></simpul-smoke></section></div>` : nothing}
			<div class="pair"><section class="panel"><header><h2>${t('evidence.title')}</h2></header>${evidenceList(d.evidence)}
				${d.parents.length ? html`<h3 class="sub">${t('site.parents')}</h3>${parentChain(d.parents)}` : nothing}</section>
			<section class="panel"><header><h2>${t('site.incidents')}</h2></header>
				${d.incidents.length ? incidentList(d.incidents) : html`<p class="empty">${t('site.no_incidents')}</p>`}</section></div></div>`;
	}
}

customElements.define('simpul-site', SitePage);
