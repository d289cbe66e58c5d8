// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Which site stands where. Depends on the inventory alone, never on a state: places are fixed.

/** Kinds of sites without a district, by the group that they stand in. @type {Record<string, string>} */
const GROUP_OF = { node: 'infra', datacentre: 'infra', 'command-centre': 'infra', park: 'public', cctv: 'public' };
const ORDER = ['offices', 'infra', 'public'];

/**
 * Offices of a district (kecamatan and kelurahan) stand together in the order of the inventory, then all others by kind.
 * @template {{id: string, kind: string|null, district: string|null}} S
 * @param {S[]} sites in the order of the inventory
 * @returns {{name: string, district: boolean, sites: S[]}[]}
 */
export function groupSites(sites) {
	/** @type {Map<string, {name: string, district: boolean, sites: S[]}>} */
	const groups = new Map();
	for (const s of sites) {
		const district = s.district !== null && (s.kind === 'kecamatan' || s.kind === 'kelurahan');
		const name = district ? /** @type {string} */ (s.district) : GROUP_OF[s.kind ?? ''] ?? 'offices';
		const key = `${district} ${name}`;
		if (!groups.has(key))
			groups.set(key, { name, district, sites: [] });
		groups.get(key)?.sites.push(s);
	}
	const rank = (/** @type {{name: string, district: boolean}} */ g) => g.district ? -1 : ORDER.indexOf(g.name);
	return [...groups.values()].sort((a, b) => rank(a) - rank(b));
}
