// The tables as C source. src/wire/phone_plan.h describes what each of them holds.
const WIDTH = 100;

// Items joined by commas, broken into lines that fit.
function wrap(items) {
    const lines = [''];
    for (const item of items) {
        if (lines.at(-1).length + item.length + 1 > WIDTH) lines.push('');
        lines[lines.length - 1] += `${item},`;
    }
    return lines.join('\n');
}

const row = (values) => `{${values.join(',')}}`;
const text = (value) => `"${value}"`;
const bitsOf = (numbers) => numbers.reduce((bits, n) => bits | (1 << n), 0);

function table(declaration, items) {
    return `static const ${declaration} = {\n${wrap(items)}\n};\n`;
}

// Numbers the nodes in the order in which walks meet them, so that neighbours in a graph are
// neighbours in memory and nodes that nothing reaches are left out.
function orderNodes(graph, roots) {
    const numberOf = new Map();
    const meet = (place) => {
        if (graph.isNode(place) && !numberOf.has(place)) numberOf.set(place, numberOf.size);
    };
    roots.flat().forEach(meet);
    for (const place of numberOf.keys()) graph.nodes[place - graph.labelCount].forEach(meet);
    const renumber = (place) =>
        graph.isNode(place) ? graph.labelCount + numberOf.get(place) : place;
    const ordered = [...numberOf.keys()].map((place) =>
        graph.nodes[place - graph.labelCount].map(renumber));
    if (graph.labelCount + ordered.length > 0xffff) throw new Error('too many nodes for 16 bits');
    return { ordered, renumber };
}

function emitGraph(graph, owners) {
    const { ordered, renumber } = orderNodes(graph, owners.map((owner) => owner.roots));
    const unique = new Map();
    for (const owner of owners) {
        const key = row(owner.roots.map(renumber));
        if (!unique.has(key)) unique.set(key, unique.size);
        owner.root = unique.get(key);
    }
    return table(`uint16_t phone_nodes[${ordered.length}][10]`, ordered.map(row)) +
        table(`uint16_t phone_roots[${unique.size}][PHONE_NATIONAL_MAX + 1]`, [...unique.keys()]);
}

// enum phone_step of src/wire/phone_plan.h: the operation stands above the 12 bits of its argument.
const STEPS = ['DIGIT', 'TRY', 'JUMP', 'MARK', 'END', 'MATCH'];

function emitPrefixes(prefixes) {
    const steps = [];
    const rows = [row([0, 0, 0, 0])];
    for (const prefix of prefixes) {
        if (prefix.groups > 3) throw new Error(`too many groups in ${prefix.source}`);
        rows.push(row([steps.length, prefix.mask, Number(prefix.nullable), prefix.groups]));
        for (const { op, argument } of prefix.steps)
            steps.push(String((STEPS.indexOf(op) << 12) | argument));
    }
    return table(`uint16_t phone_steps[${steps.length}]`, steps) +
        table(`struct phone_prefix phone_prefixes[${rows.length}]`, rows);
}

function emitRegions(regions, codes, prefixes, iso3) {
    const prefixIndex = (source) => prefixes.findIndex((prefix) => prefix.source === source) + 1;
    const rows = regions.map((region) => row([
        text(region.region), text(iso3[region.region] ?? ''), text(region.transform),
        codes.findIndex((code) => code.callingCode === region.callingCode) + 1,
        region.root, prefixIndex(region.internationalPrefix),
        prefixIndex(region.nationalPrefix), bitsOf(region.lengths),
    ]));
    const missing = regions.filter(({ region }) => region && !iso3[region]);
    if (missing.length) throw new Error(`no three-letter code for ${missing[0].region}`);
    return table(`struct phone_region phone_regions[${rows.length + 1}]`,
        [row(['""', '""', '""', 0, 0, 0, 0, 0]), ...rows]);
}

function emitCodes(codes) {
    const rows = codes.map((code) => row([
        code.callingCode, code.root, code.main, String(code.callingCode).length,
        bitsOf(code.lengths),
    ]));
    return table(`struct phone_code phone_codes[${rows.length + 1}]`,
        [row([0, 0, 0, 0, 0]), ...rows]);
}

// Which calling code a number begins with, by its first three digits; no code is the beginning of
// another one. A number that is shorter than three digits is looked up with zeros behind it.
function emitCodeIndex(codes) {
    const indexes = Array.from({ length: 1000 }, (_, digits) =>
        codes.findIndex(({ callingCode }) =>
            String(digits).padStart(3, '0').startsWith(String(callingCode))) + 1);
    return table('uint8_t phone_code_index[1000]', indexes.map(String));
}

function emitRegionIndex(regions) {
    const indexes = Array(26 * 26).fill(0);
    const letter = (name, i) => name.charCodeAt(i) - 65;
    for (const { region, index } of regions)
        if (region) indexes[letter(region, 0) * 26 + letter(region, 1)] = index;
    return table('uint8_t phone_region_index[26 * 26]', indexes.map(String));
}

export function emitTable({ graph, codes, regions, prefixes }, { iso3, title, types }) {
    const asserts = [
        ...Object.entries(types).map(([type, number]) => `PHONE_${type} == ${number}`),
        ...STEPS.map((step, number) => `PHONE_STEP_${step} == ${number}`),
        `PHONE_NODES_FROM == ${graph.labelCount}`,
    ].map((agrees) => `_Static_assert(${agrees}, "regenerate");`);
    const head = `/* The world's numbering plans: ${title}.
   The data are Google's, under the Apache License 2.0 (tools/phone/README.md).
   Written by tools/phone/regenerate; do not edit. */
#pragma once

#include "wire/phone_plan.h"

/* clang-format off */
#define PHONE_TABLE_TITLE ${text(title)}
${asserts.join('\n')}
`;
    return head + emitGraph(graph, [...codes, ...regions]) + emitPrefixes(prefixes) +
        emitRegions(regions, codes, prefixes, iso3) + emitCodes(codes) + emitCodeIndex(codes) +
        emitRegionIndex(regions) + '/* clang-format on */\n';
}
