// SPDX-License-Identifier: GPL-3.0-or-later
// Contrast of the colours that stand on each other, from the style sheet itself: text 4.5, marks 3 (WCAG 2.2), and how
// far the colours of two states are apart for people who do not see all colours.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('../style/tokens.css', import.meta.url), 'utf8');

function tokens(selector) {
	const block = new RegExp(`${selector.replace(/[[\]"]/g, '\\$&')} \\{([^}]*)\\}`).exec(css)[1];
	return Object.fromEntries([...block.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)].map(m => [m[1], m[2]]));
}
const themes = { dark: tokens(':root'), light: tokens(':root[data-theme="light"]') };

const rgb = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255);
const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;

function luminance(hex) {
	const [r, g, b] = rgb(hex).map(linear);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
	const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x);
	return (hi + 0.05) / (lo + 0.05);
}

test('both themes have the same tokens', () => {
	assert.ok(Object.keys(themes.dark).length > 40);
	assert.deepEqual(Object.keys(themes.dark).sort(), Object.keys(themes.light).sort());
});

const TEXT = [['ink', 'bg'], ['ink', 'panel'], ['ink', 'panel2'], ['ink2', 'bg'], ['ink2', 'panel'], ['ink2', 'panel2'], ['ink3', 'panel'], ['link', 'bg'], ['link', 'panel'], ['link', 'panel2'],
	['on-primary', 'primary'], ['on-down', 'down'], ['bg', 'ink'], ['down-text', 'panel'], ['down-text', 'alarm-bg'], ['warn-text', 'panel'], ['warn-text', 'panel2'], ['backup-text', 'panel'], ['maint-text', 'panel'],
	['alarm-ink', 'alarm-bg'], ['ink', 'alarm-bg'], ['warn-ink', 'warn-bg'], ['backup-ink', 'backup-bg'], ['maint-ink', 'maint-bg'], ['good-ink', 'good-bg'], ['ink', 'good-bg'], ['ink', 'hatch1'], ['ink', 'hatch2']];
const MARKS = ['ok', 'warn', 'down', 'impacted', 'unknown', 'maint', 'backup', 'planned', 'in', 'out', 'focus', 'edge'].map(c => [c, 'panel'])
	.concat([['on-warn', 'warn'], ['on-maint', 'maint'], ['impacted', 'alarm-bg'], ['warn', 'warn-bg'], ['backup', 'backup-bg'], ['maint', 'maint-bg'], ['smoke', 'panel'], ['edge', 'bg'], ['focus', 'bg']]);

for (const [name, c] of Object.entries(themes)) {
	test(`${name}: text is readable`, () => {
		for (const [a, b] of TEXT)
			assert.ok(contrast(c[a], c[b]) >= 4.5, `${a} on ${b}: ${contrast(c[a], c[b]).toFixed(2)}`);
	});
	test(`${name}: marks can be seen`, () => {
		for (const [a, b] of MARKS)
			assert.ok(contrast(c[a], c[b]) >= 3, `${a} on ${b}: ${contrast(c[a], c[b]).toFixed(2)}`);
	});
}

/** Machado, Oliveira and Fernandes 2009, full strength, on linear light. */
const BLIND = {
	protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
	deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
	tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function lab([r, g, b]) {
	const f = t => t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
	const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505), y = f(0.2126 * r + 0.7152 * g + 0.0722 * b), z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
	return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

test('no two states look alike to the colour-blind', () => {
	const states = ['ok', 'warn', 'down', 'unknown', 'maint', 'backup', 'planned'];
	for (const [name, least] of [['dark', 14], ['light', 17]])
		for (const [kind, m] of Object.entries(BLIND)) {
			const seen = states.map(s => {
				const v = rgb(themes[name][s]).map(linear);
				return lab(m.map(row => Math.min(1, Math.max(0, row[0] * v[0] + row[1] * v[1] + row[2] * v[2]))));
			});
			for (let i = 0; i < states.length; i++)
				for (let k = 0; k < i; k++) {
					const d = Math.hypot(...seen[i].map((v, n) => v - seen[k][n]));
					assert.ok(Math.round(d) >= least, `${name}, ${kind}: ${states[i]} and ${states[k]} are ${d.toFixed(1)} apart`);
				}
		}
});

test('colours stand in the tokens only', () => {
	for (const file of ['base', 'parts', 'pages', 'phone'])
		assert.doesNotMatch(readFileSync(new URL(`../style/${file}.css`, import.meta.url), 'utf8'), /#[0-9a-f]{3,8}\b(?![^{]*\{)|rgb\(/i, file);
});
