// Writes the C tables of the telephone number classifier.
//   node generate.mjs npm metadata.max.json OUT.h TITLE
//   node generate.mjs debian DUMP.json OUT.h TITLE
// `regenerate` calls it; README.md says what the sources are.
import fs from 'node:fs';
import { Automaton, Graph, LENGTH_MAX } from './graph.mjs';
import { compilePrefix } from './pattern.mjs';
import { readDebian, readNpm } from './plans.mjs';
import { emitTable } from './emit.mjs';

// enum phone_type of src/wire/phone.h; the table asserts that the numbers still agree.
const TYPE_NUMBERS = {
    FIXED_LINE: 1, MOBILE: 2, FIXED_LINE_OR_MOBILE: 3, TOLL_FREE: 4, PREMIUM_RATE: 5,
    SHARED_COST: 6, VOIP: 7, PERSONAL: 8, PAGER: 9, UAN: 10, VOICEMAIL: 11,
};

// The types that are tried before fixed lines and mobiles, in this order: the first one that
// matches names the number.
const SPECIAL_TYPES = ['PREMIUM_RATE', 'TOLL_FREE', 'SHARED_COST', 'VOIP', 'PERSONAL', 'PAGER',
    'UAN', 'VOICEMAIL'];

// Labels of the graphs: 0 invalid, else region index * 16 + type. Places above are nodes.
const LABEL_COUNT = 4096;

// Tags are "<position of the plan in its code> <pattern>".
function typeOf(plan, tags, position, length) {
    const matches = (type) =>
        tags.has(`${position} ${type}`) && plan.types[type].lengths.includes(length);
    if (!tags.has(`${position} GENERAL`) || !plan.lengths.includes(length)) return 0;
    const special = SPECIAL_TYPES.find(matches);
    if (special) return TYPE_NUMBERS[special];
    if (matches('FIXED_LINE')) {
        const either = plan.sameMobile || matches('MOBILE');
        return TYPE_NUMBERS[either ? 'FIXED_LINE_OR_MOBILE' : 'FIXED_LINE'];
    }
    return matches('MOBILE') ? TYPE_NUMBERS.MOBILE : 0;
}

// A region with leading digits owns all numbers that begin with them, assigned or not; the other
// regions of the code are asked in turn.
function labelOf(plans, tags, length) {
    for (const [position, plan] of plans.entries()) {
        const owns = plan.leadingDigits && plans.length > 1;
        if (owns && !tags.has(`${position} LEADING`)) continue;
        const type = typeOf(plan, tags, position, length);
        if (type) return plan.index * 16 + type;
        if (owns) return 0;
    }
    return 0;
}

function codeRoots(graph, plans) {
    const automaton = new Automaton();
    plans.forEach((plan, position) => {
        automaton.addPattern(plan.pattern, `${position} GENERAL`);
        for (const [type, { pattern }] of Object.entries(plan.types))
            automaton.addPattern(pattern, `${position} ${type}`);
        if (plan.leadingDigits)
            automaton.addLeadingPattern(plan.leadingDigits, `${position} LEADING`);
    });
    const lengths = new Set(plans.flatMap((plan) => plan.lengths));
    return graph.addRoots(automaton, lengths, (tags, length) => labelOf(plans, tags, length));
}

// Whether the general pattern matches, at any length: what decides if a prefix is stripped.
function generalRoots(graph, plan) {
    const automaton = new Automaton();
    automaton.addPattern(plan.pattern, 'GENERAL');
    const all = Array.from({ length: LENGTH_MAX }, (_, i) => i + 1);
    return graph.addRoots(automaton, all, (tags) => tags.size);
}

function checkLimits(plans) {
    if (plans.length >= LABEL_COUNT / 16) throw new Error('too many regions for a label');
    for (const { callingCode, lengths } of plans) {
        const longest = Math.max(...lengths);
        // A full number is kept in 64 bits: 19 digits always fit.
        if (longest > LENGTH_MAX || longest + String(callingCode).length > 19)
            throw new Error(`numbers of +${callingCode} are too long`);
    }
}

function build(plans) {
    checkLimits(plans);
    plans.forEach((plan, i) => (plan.index = i + 1));
    const graph = new Graph(LABEL_COUNT);
    const byCode = new Map();
    for (const plan of plans)
        byCode.set(plan.callingCode, [...(byCode.get(plan.callingCode) ?? []), plan]);
    const codes = [...byCode].sort(([a], [b]) => a - b).map(([callingCode, members]) => ({
        callingCode,
        main: members[0].index,
        lengths: [...new Set(members.flatMap((plan) => plan.lengths))],
        roots: codeRoots(graph, members),
    }));
    const sources = new Set(plans.flatMap((p) => [p.internationalPrefix, p.nationalPrefix]));
    sources.delete('');
    return {
        graph, codes,
        regions: plans.map((plan) => ({ ...plan, roots: generalRoots(graph, plan) })),
        prefixes: [...sources].map((source) => ({ source, ...compilePrefix(source) })),
    };
}

const [, , kind, source, out, title] = process.argv;
const readers = { npm: readNpm, debian: readDebian };
if (!readers[kind] || !title) {
    console.error('usage: node generate.mjs npm|debian SOURCE.json OUT.h TITLE');
    process.exit(2);
}
const plans = readers[kind](source);
const iso3 = JSON.parse(fs.readFileSync(new URL('iso3.json', import.meta.url), 'utf8'));
fs.writeFileSync(out, emitTable(build(plans), { iso3, title, types: TYPE_NUMBERS }));
