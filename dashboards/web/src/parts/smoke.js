// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Delay of a link as smoke: least to greatest, the middle half darker, the median on top in the colour of the loss.
import { ms, number, percent } from '../format.js';
import { t } from '../i18n.js';
import { color, veil } from '../theme.js';
import { html } from '../view.js';
import { Chart, Y_PX, axis } from './chart.js';
import { highest, known, loadLatency, mean } from './series.js';

/** Bounds of loss in percent between the three colours. */
const SOME_LOSS = 1, MUCH_LOSS = 10;

/** @param {number|null} loss */
function lossColor(loss) {
	return loss === null || loss < SOME_LOSS ? 'ok' : loss <= MUCH_LOSS ? 'warn' : 'down';
}

class SmokeChart extends Chart {
	/** @param {number} from @param {number} to @param {number} points @param {AbortSignal} signal */
	fetch(from, to, points, signal) {
		return loadLatency(this.link, from, to, points, signal);
	}

	/** @param {any} data */
	points(data) {
		return known(data.p50_ms).length;
	}

	hasData() {
		return known(this.data.p50_ms).length + known(this.data.loss_pct).length > 0;
	}

	/** The greatest values of a few minutes may not press all the rest to the floor. */
	top() {
		const sorted = known(this.data.max_ms).sort((a, b) => a - b);
		const most = sorted[Math.floor(sorted.length * 0.98)] ?? 0;
		return Math.max(2, most * 1.15, (highest(this.data.p50_ms) ?? 0) * 1.15);
	}

	picture() {
		const d = this.data, top = this.top();
		const none = { stroke: 'transparent', width: 0, points: { show: false } };
		return {
			columns: [d.t, d.max_ms, d.p75_ms, d.p25_ms, d.min_ms, d.p50_ms],
			opts: {
				scales: { y: { range: () => [0, top] } },
				series: [{}, none, none, none, none, none],
				bands: [{ series: [1, 4], fill: veil('smoke', 0.34) }, { series: [2, 3], fill: veil('smoke', 0.62) }],
				axes: [axis({ size: Y_PX, space: 34, values: (/** @type {any} */ _, /** @type {number[]} */ v) =>
					v.map((x, i) => number(x, x % 1 ? 1 : 0) + (i === v.length - 1 ? ' ms' : '')) })],
				hooks: { draw: [(/** @type {any} */ u) => this.drawMedian(u)] },
			},
		};
	}

	/** @param {any} u */
	drawMedian(u) {
		const d = this.data, c = u.ctx, r = devicePixelRatio, bottom = u.bbox.top + u.bbox.height;
		const x = d.t.map((/** @type {number} */ at) => u.valToPos(at, 'x', true));
		c.save();
		c.beginPath();
		c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
		c.clip();
		c.lineCap = 'round';
		for (let i = 0; i < x.length; i++) {
			const loss = d.loss_pct[i], name = lossColor(loss);
			c.strokeStyle = c.fillStyle = color(name);
			if (d.p50_ms[i] === null) {
				// Nothing came back: a mark on the floor, since there is no delay to draw.
				if (loss !== null && loss > 0)
					c.fillRect(x[i] - 1.5 * r, bottom - 6 * r, 3 * r, 6 * r);
				continue;
			}
			const y = u.valToPos(d.p50_ms[i], 'y', true);
			if (i > 0 && d.p50_ms[i - 1] !== null) {
				c.lineWidth = (name === 'ok' ? 2.2 : 3) * r;
				c.beginPath();
				c.moveTo(x[i - 1], u.valToPos(d.p50_ms[i - 1], 'y', true));
				c.lineTo(x[i], y);
				c.stroke();
			}
			if (name !== 'ok') {
				c.beginPath();
				c.arc(x[i], y, 3 * r, 0, 2 * Math.PI);
				c.fill();
			}
		}
		c.restore();
	}

	/** The spread's words: of some steps there are no least or greatest values but means of the minutes' own. */
	spreadText() {
		const least = this.data?.min_agg === 'avg', greatest = this.data?.max_agg === 'avg';
		return t(least ? greatest ? 'smoke.spread.means' : 'smoke.spread.least' : greatest ? 'smoke.spread.greatest' : 'smoke.spread');
	}

	/** @param {number|null} v @param {string} agg */
	extremeText(v, agg) {
		return agg === 'avg' && v !== null ? t('value.mean', { v: ms(v) }) : ms(v);
	}

	head() {
		return html`<span class="key"><span><i class="swatch smoke"></i>${this.spreadText()}</span><span><i class="swatch ok"></i>${t('smoke.none')}</span>
			<span><i class="swatch warn"></i>${t('smoke.some')}</span><span><i class="swatch down"></i>${t('smoke.much')}</span></span>`;
	}

	emptyText() {
		return t('smoke.empty');
	}

	summary() {
		const d = this.data;
		return t('smoke.summary', { p50: ms(mean(d.p50_ms)), max: this.extremeText(highest(d.max_ms), d.max_agg), loss: percent(mean(d.loss_pct), 2) });
	}

	/** @param {number} i */
	valueText(i) {
		const d = this.data;
		return t('smoke.value', { p50: ms(d.p50_ms[i]), min: this.extremeText(d.min_ms[i], d.min_agg), max: this.extremeText(d.max_ms[i], d.max_agg), loss: percent(d.loss_pct[i], 1), mos: number(d.mos[i], 1, 1) });
	}

	tableHeads() {
		return [t('smoke.median'), t('smoke.least'), t('smoke.greatest'), t('col.loss'), t('col.mos')];
	}

	/** @param {number} i */
	tableCells(i) {
		const d = this.data;
		return [ms(d.p50_ms[i]), this.extremeText(d.min_ms[i], d.min_agg), this.extremeText(d.max_ms[i], d.max_agg), percent(d.loss_pct[i], 1), number(d.mos[i], 1, 1)];
	}
}

customElements.define('simpul-smoke', SmokeChart);
