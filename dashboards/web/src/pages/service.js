// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// One service: state, what it is asked, its times over time, the facts beside its last result, evidence.
import { ms, number } from '../format.js';
import { has, t } from '../i18n.js';
import { html, nothing } from '../view.js';
import { detailWord } from '../words.js';
import { causeLine, evidenceList, parentChain } from '../parts/evidence.js';
import { ObjectPage } from '../parts/page.js';
import { mark } from '../parts/state.js';
import '../parts/answers.js';
import '../parts/range.js';
import { facts } from './facts.js';
import { certText, serviceKind } from './services.js';
import { sinceText } from './site.js';

/** A fact that is newer than the page keeps its name. @param {string} name */
const factName = name => has('service.fact.' + name) ? t('service.fact.' + name) : name.replaceAll('_', ' ');

class ServicePage extends ObjectPage {
	static topics = /** @type {any} */ (['sites', 'incidents', 'loaded', 'session']);

	path() {
		return `/services/${this.object}`;
	}

	/** @param {Set<string>} ids */
	concerns(ids) {
		return super.concerns(ids) || ids.has(this.data?.site) || ids.has(this.data?.incident);
	}

	/** @param {{name: string, value: number|null, text: string|null}[]} list */
	told(list) {
		return html`<dl class="facts">${list.map(f => html`<div><dt>${factName(f.name)}</dt><dd>${f.value === null ? nothing : number(f.value, f.value % 1 ? 3 : 0)}
			${f.text ? html` <span lang="en">${f.text}</span>` : nothing}</dd></div>`)}</dl>`;
	}

	render() {
		const d = this.data;
		if (!d || this.problem?.status === 404)
			return this.trouble();
		return html`<div class="page">
			<section class="panel hero edge-${d.state}"><div class="hero-mark">${mark(d.state, 40)}</div><div><h1 tabindex="-1">${t('service.title', { id: d.id })}</h1>
				<p class="lead"><a href=${'/situs/' + d.site}>${d.site_name}</a> · ${serviceKind(d.kind)}</p>
				<p class="big">${detailWord(d)} <small>${sinceText(d.since)}</small></p>
				${d.reason ? html`<p lang="en">${d.reason}</p>` : nothing}${causeLine(d.incident)}
				<p class="m">${this.ageText(d.age_s)}</p></div>
				${facts([[t('col.owner'), d.owner], [t('col.class'), t('class.' + d.class)], [t('col.life'), t('life.' + d.life)], [t('service.target'), d.target], [t('service.expect'), d.expect],
		[t('col.time'), d.total_ms === null ? null : ms(d.total_ms)], [t('service.ttfb'), d.ttfb_ms === null ? null : ms(d.ttfb_ms)], [t('col.cert'), d.cert_days === null ? null : certText(d)]])}</section>
			<simpul-range></simpul-range>
			<section class="panel graph tall"><header><h2>${t('answers.title', { id: d.id })}</h2></header><simpul-answers link=${d.id}></simpul-answers></section>
			<div class="pair"><section class="panel"><header><h2>${t('evidence.title')}</h2></header>${evidenceList(d.evidence)}
				${d.parents.length ? html`<h3 class="sub">${t('site.parents')}</h3>${parentChain(d.parents)}` : nothing}</section>
			<section class="panel"><header><h2>${t('service.facts')}</h2></header>${d.facts.length ? this.told(d.facts) : html`<p class="empty">${t('service.no_facts')}</p>`}</section></div></div>`;
	}
}

customElements.define('simpul-service', ServicePage);
