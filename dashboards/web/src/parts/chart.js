// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// What both graphs share: the frame, time in Pontianak's zone, brush zoom into the URL, one crosshair for all graphs
// of a page, a sentence and a table that say the same as the picture.
import uPlot from 'uplot';
import { clock, date, dayMonth, hourMinute, moment } from '../format.js';
import { onLang, t } from '../i18n.js';
import { onUrl } from '../router.js';
import { store } from '../store.js';
import { color, onTheme } from '../theme.js';
import { View, html, nothing } from '../view.js';
import { problemText } from '../words.js';
import { Problem } from '../api.js';
import { DEFAULT_RANGE, rangeOf } from './range-of.js';
import { currentRange, showLive, showRange } from './range.js';

const REFRESH_MS = 30000;
const TABLE_ROWS = 48;
const FEW_POINTS = 12;
const HOUR_S = 3600;
const SMALLEST_BRUSH_PX = 8;
/** Room for the values on the left: the same in all, so that graphs under each other show the same moment above each other. */
export const Y_PX = 78;

/** Nobody draws before the font is there: a canvas would keep the other one. @type {Promise<unknown>|undefined} */
let fonts;
function fontsReady() {
	return fonts ??= Promise.all([document.fonts.load('500 12px "Inter Variable"'), document.fonts.load('600 12px "Inter Variable"')]).catch(() => null);
}

/** @param {number} at unix s */
const inZone = at => uPlot.tzDate(new Date(at * 1000), 'Asia/Pontianak');

export function axis(more = {}) {
	return { stroke: color('ink2'), font: '500 12px "Inter Variable", sans-serif', grid: { stroke: color('grid'), width: 1 },
		ticks: { show: false }, ...more };
}

export class Chart extends View {
	static properties = {
		link: { type: String },
		fixed: { type: String },	// a range by name that does not follow the URL, such as "24h"
	};

	constructor() {
		super();
		this.link = '';
		this.fixed = '';
		/** @type {any} */
		this.data = null;
		/** @type {uPlot|null} */
		this.plot = null;
		this.error = '';
		this.loading = false;
		this.slow = false;
		this.readout = '';
		this.table = false;
		this.key = '';
	}

	connectedCallback() {
		super.connectedCallback();
		this.resize = new ResizeObserver(() => this.fit());
		const offs = [onTheme(() => this.draw()), onLang(() => this.draw()), onUrl(() => this.requestUpdate())];
		this.offs = () => offs.forEach(f => f());
		this.timer = setInterval(() => {
			if (!document.hidden && this.range().live)
				this.load();
		}, REFRESH_MS);
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		this.resize?.disconnect();
		this.offs?.();
		clearInterval(this.timer);
		this.aborter?.abort();
		this.plot?.destroy();
		this.plot = null;
		this.key = '';
	}

	/** @returns {import('./range-of.js').Range} */
	range() {
		return this.fixed ? rangeOf(new URLSearchParams({ range: this.fixed }), store.now() / 1000) : currentRange();
	}

	frame() {
		return /** @type {HTMLElement} */ (this.querySelector('.plot'));
	}

	/** Fetch when the link or the range is another. */
	updated() {
		const frame = this.frame();
		if (frame && !this.seen) {
			this.seen = true;
			this.resize?.observe(frame);
		}
		const r = this.range(), key = `${this.link} ${r.live ? r.name : `${r.from}-${r.to}`}`;
		if (this.link && key !== this.key) {
			this.key = key;
			this.load();
		}
	}

	async load() {
		this.aborter?.abort();
		const aborter = this.aborter = new AbortController();
		const r = this.range(), points = Math.max(120, Math.min(1200, Math.round(this.frame()?.clientWidth || 600)));
		const late = setTimeout(() => {
			this.slow = true;
			this.requestUpdate();
		}, 300);
		try {
			let data = await this.fetch(r.from, r.to, points, aborter.signal), drawn = r;
			if (this.fixed && this.points(data) < FEW_POINTS) {
				// Watched since a little while only: a day of nothing says less than the last hour.
				drawn = { ...r, from: r.to - HOUR_S };
				data = await this.fetch(drawn.from, drawn.to, points, aborter.signal);
			}
			if (aborter.signal.aborted)
				return;
			this.data = data;
			this.drawnRange = drawn;
			this.error = '';
			await fontsReady();
			this.requestUpdate();
			await this.updateComplete;
			if (!aborter.signal.aborted)
				this.draw();
		} catch (e) {
			if (aborter.signal.aborted)
				return;
			if (!(e instanceof Problem))
				throw e;
			this.error = problemText(e);
			this.requestUpdate();
		} finally {
			clearTimeout(late);
			if (this.aborter === aborter) {
				this.slow = false;
				this.requestUpdate();
			}
		}
	}

	size() {
		const frame = this.frame();
		return { width: Math.max(100, frame.clientWidth), height: Math.max(100, frame.clientHeight) };
	}

	fit() {
		if (this.plot && this.frame())
			this.plot.setSize(this.size());
	}

	/** Draw what is there. Made anew each time: cheap enough, and each theme and range gets its own axes. */
	draw() {
		const frame = this.frame();
		if (!frame || !this.data || !this.isConnected || !this.hasData())
			return;
		const { opts, columns } = this.picture();
		const r = this.drawnRange ?? this.range(), days = r.to - r.from > 3 * 86400;
		this.plot?.destroy();
		this.plot = new uPlot({
			...this.size(), tzDate: inZone, legend: { show: false }, padding: [10, 8, 0, 0],
			...opts,
			scales: { x: { time: true, range: () => [r.from, r.to] }, ...opts.scales },
			axes: [axis({ size: 28, space: 72, values: (/** @type {any} */ _, /** @type {number[]} */ v) =>
				v.map(at => days ? dayMonth(at * 1000) : hourMinute(at * 1000)),
			incrs: [60, 300, 600, 900, 1800, 3600, 7200, 4 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400] }), ...opts.axes],
			cursor: {
				sync: { key: 'simpul' }, drag: { x: !this.fixed, y: false, setScale: false, dist: SMALLEST_BRUSH_PX },
				points: { size: 6 }, bind: { dblclick: () => () => {
					if (!this.fixed)
						showLive(DEFAULT_RANGE);
					return null;
				} },
			},
			hooks: {
				...opts.hooks,
				setCursor: [(/** @type {uPlot} */ u) => this.point(u.cursor.idx ?? null)],
				setSelect: [(/** @type {uPlot} */ u) => this.brushed(u)],
			},
		}, columns, frame);
	}

	/** @param {uPlot} u */
	brushed(u) {
		if (this.fixed || u.select.width < SMALLEST_BRUSH_PX)
			return;
		const from = u.posToVal(u.select.left, 'x'), to = u.posToVal(u.select.left + u.select.width, 'x');
		u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
		showRange(from, to);
	}

	/** @param {number|null} i */
	point(i) {
		const text = i === null || !this.data ? '' : `${this.timeText(this.data.t[i])} · ${this.valueText(i)}`;
		if (text === this.readout)
			return;
		this.readout = text;
		const out = this.querySelector('.readout');
		if (out)
			out.textContent = text;
	}

	/** @param {number} at unix s */
	timeText(at) {
		const r = this.range();
		return r.to - r.from > 86400 ? moment(at * 1000, store.now()) : `${clock(at * 1000).slice(0, 5)} WIB`;
	}

	hasData() {
		return false;
	}

	/** How many moments of the data are known. @param {any} data */
	points(data) {
		return data.t.length;
	}

	tableRows() {
		const n = this.data.t.length, step = Math.max(1, Math.ceil(n / TABLE_ROWS));
		/** @type {number[]} */
		const rows = [];
		for (let i = n - 1; i >= 0; i -= step)
			rows.push(i);
		return rows;
	}

	renderTable() {
		const heads = this.tableHeads();
		return html`<details class="chart-table" @toggle=${(/** @type {any} */ e) => { this.table = e.target.open; this.requestUpdate(); }}>
			<summary>${t('chart.table')}</summary>${this.table ? html`<div class="scroll" tabindex="0" role="region" aria-label=${this.summary()}><table>
			<caption class="hide">${this.summary()}</caption><thead><tr><th scope="col">${t('chart.time')}</th>${heads.map(h => html`<th scope="col">${h}</th>`)}</tr></thead>
			<tbody>${this.tableRows().map(i => html`<tr><th scope="row">${dayMonth(this.data.t[i] * 1000)}, ${hourMinute(this.data.t[i] * 1000)}</th>
			${this.tableCells(i).map(c => html`<td>${c}</td>`)}</tr>`)}</tbody></table></div>` : nothing}</details>`;
	}

	render() {
		const ready = this.data !== null, has = ready && this.hasData();
		return html`<div class="chart-head">${this.head()}<output class="readout" aria-hidden="true"></output></div>
			${has ? html`<p class="hide">${this.summary()}</p>` : nothing}
			<div class="plot" ?hidden=${ready && !has} role="img" aria-label=${has ? this.summary() : t('chart.loading')}></div>
			${this.slow && !ready ? html`<p class="empty">${t('chart.loading')}</p>` : nothing}
			${ready && !has ? html`<p class="empty">${this.emptyText()}</p>` : nothing}
			${this.error ? html`<p class="error inside" role="alert">${this.error} <button type="button" class="button plain" @click=${() => this.load()}>${t('retry')}</button></p>` : nothing}
			${has && !this.fixed ? this.renderTable() : nothing}`;
	}

	// ---- each kind of graph says these ----

	/** @param {number} from @param {number} to @param {number} points @param {AbortSignal} signal @returns {Promise<any>} */
	async fetch(from, to, points, signal) {
		void from, to, points, signal;
		return null;
	}

	/** @returns {{opts: any, columns: any}} */
	picture() {
		return { opts: {}, columns: [] };
	}

	head() {
		return html``;
	}

	emptyText() {
		return t('chart.empty');
	}

	summary() {
		return date(store.now());
	}

	/** @param {number} i @returns {string} */
	valueText(i) {
		return String(i);
	}

	/** @returns {string[]} */
	tableHeads() {
		return [];
	}

	/** @param {number} i @returns {string[]} */
	tableCells(i) {
		return [String(i)];
	}
}
