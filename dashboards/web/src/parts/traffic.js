// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Traffic of a link: in (towards the site) above the line, out mirrored below, contract and p95 as dashed lines.
import { megabits, rate } from '../format.js';
import { t } from '../i18n.js';
import { store } from '../store.js';
import { color, veil } from '../theme.js';
import { html, nothing } from '../view.js';
import { Chart, Y_PX, axis } from './chart.js';
import { highest, known, loadTraffic, mean } from './series.js';

/** A contract for sending that is further away than this many times the traffic would press all else flat. */
const NEAR = 2.5;

/** @param {(number|null)[]} v */
const mirrored = v => v.map(x => x === null ? null : -x);

class TrafficChart extends Chart {
	/** @param {number} from @param {number} to @param {number} points @param {AbortSignal} signal */
	fetch(from, to, points, signal) {
		return loadTraffic(this.link, from, to, points, signal);
	}

	/** @param {any} data */
	points(data) {
		return known(data.rx).length;
	}

	hasData() {
		return known(this.data.rx).length + known(this.data.tx).length > 0;
	}

	/** Dashed lines with their words: [value, text, colour]. @returns {[number, string, string][]} */
	lines() {
		const l = store.links.get(this.link), d = this.data;
		/** @type {[number, string, string][]} */
		const all = [];
		if (d.p95rx !== null)
			all.push([d.p95rx, 'p95', color('ink')]);
		if (d.p95tx !== null)
			all.push([-d.p95tx, 'p95', color('ink')]);
		if (l?.contract_down_bps)
			all.push([l.contract_down_bps, t('traffic.contract', { v: rate(l.contract_down_bps) }), color('warn-text')]);
		if (l?.contract_up_bps && l.contract_up_bps <= NEAR * (highest(d.txMax ?? d.tx) ?? 0))
			all.push([-l.contract_up_bps, t('traffic.contract', { v: rate(l.contract_up_bps) }), color('warn-text')]);
		return all;
	}

	/** Highest and lowest of what is drawn, with room for the words above a line. */
	extent() {
		const d = this.data, lines = this.lines().map(l => l[0]);
		const top = Math.max(highest(d.rxMax ?? d.rx) ?? 0, ...lines, 1e5);
		const low = Math.max(highest(d.txMax ?? d.tx) ?? 0, ...lines.map(v => -v), top * 0.08);
		return [-low * 1.25, top * 1.15];
	}

	picture() {
		const d = this.data;
		const columns = [d.t, d.rxMax ?? d.rx, d.rx, mirrored(d.tx), mirrored(d.txMax ?? d.tx)];
		// Points by uPlot's own rule: where they are sparse, or stand alone between gaps, which a line cannot show.
		const line = (/** @type {string} */ name) => ({ stroke: color(name), width: 1.6, fill: veil(name, 0.24), points: { size: 4 } });
		const none = { stroke: 'transparent', width: 0, points: { show: false } };
		const unit = (/** @type {number[]} */ v) => v.map((x, i) => x === 0 ? '0' : megabits(Math.abs(x)) + (i === v.length - 1 ? ' Mbps' : ''));
		return {
			columns,
			opts: {
				scales: { y: { range: () => this.extent() } },
				series: [{}, none, line('in'), line('out'), none],
				bands: [{ series: [1, 2], fill: veil('in', 0.22) }, { series: [4, 3], fill: veil('out', 0.22), dir: 1 }],
				axes: [axis({ size: Y_PX, space: 34, values: (/** @type {any} */ _, /** @type {number[]} */ v) => unit(v) })],
				hooks: { draw: [(/** @type {any} */ u) => this.drawLines(u)] },
			},
		};
	}

	/** @param {any} u */
	drawLines(u) {
		const c = u.ctx, r = devicePixelRatio;
		c.save();
		c.lineWidth = 1.5 * r;
		c.textAlign = 'left';
		c.textBaseline = 'alphabetic';
		c.font = `600 ${12 * r}px "Inter Variable", sans-serif`;
		for (const [value, text, stroke] of this.lines()) {
			const y = u.valToPos(value, 'y', true), left = text === 'p95' ? u.bbox.left + 8 * r : u.bbox.left + 48 * r;
			c.strokeStyle = c.fillStyle = stroke;
			c.setLineDash([6 * r, 5 * r]);
			c.beginPath();
			c.moveTo(u.bbox.left, y);
			c.lineTo(u.bbox.left + u.bbox.width, y);
			c.stroke();
			// Below its line only where that does not run into the words of the axis.
			c.fillText(text, left, value < 0 && y + 16 * r < u.bbox.top + u.bbox.height ? y + 13 * r : y - 5 * r);
		}
		c.restore();
	}

	head() {
		const d = this.data;
		return html`<span class="key"><span><i class="swatch in"></i>${t('traffic.in')}</span><span><i class="swatch out"></i>${t('traffic.out')}</span></span>
			${d && d.p95rx !== null ? html`<span class="m">${t('traffic.p95', { v: rate(d.p95rx) })}</span>` : nothing}`;
	}

	emptyText() {
		return t('traffic.empty');
	}

	summary() {
		const d = this.data, most = rate(highest(d.rxMax ?? d.rx));
		return t('traffic.summary', { in: rate(mean(d.rx)), out: rate(mean(d.tx)), p95: rate(d.p95rx),
			max: d.rxMax === null && d.step > 60 ? t('value.mean', { v: most }) : most });
	}

	/** @param {number} i */
	valueText(i) {
		return `${t('traffic.in')} ${rate(this.data.rx[i])} · ${t('traffic.out')} ${rate(this.data.tx[i])}`;
	}

	tableHeads() {
		return [t('traffic.in'), t('traffic.out')];
	}

	/** @param {number} i */
	tableCells(i) {
		return [rate(this.data.rx[i]), rate(this.data.tx[i])];
	}
}

customElements.define('simpul-traffic', TrafficChart);
