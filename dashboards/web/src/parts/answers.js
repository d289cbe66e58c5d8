// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// How a service answers: the whole time and that to the first byte; a mark on the floor where it did not.
import { ms, percent } from '../format.js';
import { t } from '../i18n.js';
import { color, veil } from '../theme.js';
import { html } from '../view.js';
import { Chart, Y_PX, axis } from './chart.js';
import { highest, known, loadAnswers, mean } from './series.js';

class AnswersChart extends Chart {
	/** @param {number} from @param {number} to @param {number} points @param {AbortSignal} signal */
	fetch(from, to, points, signal) {
		return loadAnswers(this.link, from, to, points, signal);
	}

	/** @param {any} data */
	points(data) {
		return known(data.total_ms).length;
	}

	hasData() {
		return known(this.data.ok).length + known(this.data.total_ms).length > 0;
	}

	picture() {
		const d = this.data, top = Math.max(2, (highest(d.total_ms) ?? 0) * 1.15);
		const line = (/** @type {string} */ name) => ({ stroke: color(name), width: 1.6, fill: veil(name, 0.24), points: { size: 4 } });
		return {
			columns: [d.t, d.total_ms, d.ttfb_ms],
			opts: {
				scales: { y: { range: () => [0, top] } },
				series: [{}, line('in'), line('out')],
				axes: [axis({ size: Y_PX, space: 34, values: (/** @type {any} */ _, /** @type {number[]} */ v) => v.map(x => ms(x)) })],
				hooks: { draw: [(/** @type {any} */ u) => this.drawFailures(u)] },
			},
		};
	}

	/** @param {any} u */
	drawFailures(u) {
		const d = this.data, c = u.ctx, r = devicePixelRatio, bottom = u.bbox.top + u.bbox.height;
		c.save();
		c.fillStyle = color('down');
		for (let i = 0; i < d.t.length; i++)
			if (d.ok[i] !== null && d.ok[i] < 1)
				c.fillRect(u.valToPos(d.t[i], 'x', true) - 1.5 * r, bottom - 8 * r, 3 * r, 8 * r);
		c.restore();
	}

	head() {
		return html`<span class="key"><span><i class="swatch in"></i>${t('answers.total')}</span><span><i class="swatch out"></i>${t('answers.first')}</span>
			<span><i class="swatch down"></i>${t('answers.failed')}</span></span>`;
	}

	emptyText() {
		return t('answers.empty');
	}

	summary() {
		const d = this.data, ok = mean(d.ok);
		return t('answers.summary', { ok: percent(ok === null ? null : ok * 100, 2), mean: ms(mean(d.total_ms)), max: ms(highest(d.total_ms)) });
	}

	/** @param {number} i */
	valueText(i) {
		return this.tableCells(i).map((v, k) => `${this.tableHeads()[k]} ${v}`).join(' · ');
	}

	tableHeads() {
		return [t('answers.ok'), t('answers.total'), t('answers.first')];
	}

	/** @param {number} i */
	tableCells(i) {
		const d = this.data;
		return [percent(d.ok[i] === null ? null : d.ok[i] * 100, 1), ms(d.total_ms[i]), ms(d.ttfb_ms[i])];
	}
}

customElements.define('simpul-answers', AnswersChart);
