// The part of regular expressions that numbering plans use: digits, classes, groups, alternatives,
// bounded repeats, and `$` at the end. Anything else stops the generator, because guessing what a
// pattern means would silently misjudge numbers.

// A parsed pattern is a tree of these nodes:
//   {kind: 'digits', mask}         one digit out of a set, bit d = digit d
//   {kind: 'sequence', parts}      one after the other
//   {kind: 'choice', parts}        the first that fits
//   {kind: 'repeat', part, min, max}
//   {kind: 'group', part, index}   capturing, counted from 1
//   {kind: 'end'}                  nothing may follow
export function parsePattern(source) {
    const parser = { source, at: 0, groups: 0 };
    const tree = parseChoice(parser);
    if (parser.at !== source.length) fail(parser, 'something behind the end');
    return { tree, groups: parser.groups };
}

const ANY_DIGIT = 0x3ff;

function fail(parser, why) {
    throw new Error(`${why} at ${parser.at} of pattern ${parser.source}`);
}

function parseChoice(parser) {
    const parts = [parseSequence(parser)];
    while (parser.source[parser.at] === '|') {
        parser.at++;
        parts.push(parseSequence(parser));
    }
    return parts.length === 1 ? parts[0] : { kind: 'choice', parts };
}

function parseSequence(parser) {
    const parts = [];
    while (parser.at < parser.source.length && !'|)'.includes(parser.source[parser.at]))
        parts.push(parseRepeat(parser));
    return { kind: 'sequence', parts };
}

function parseRepeat(parser) {
    let part = parseAtom(parser);
    for (;;) {
        const rest = parser.source.slice(parser.at);
        const counted = /^\{(\d+)(?:,(\d+))?\}/.exec(rest);
        if (rest[0] === '?') {
            parser.at++;
            part = { kind: 'repeat', part, min: 0, max: 1 };
        } else if (counted) {
            parser.at += counted[0].length;
            const min = Number(counted[1]);
            part = { kind: 'repeat', part, min, max: Number(counted[2] ?? min) };
        } else {
            return part;
        }
    }
}

function parseAtom(parser) {
    const { source } = parser;
    const next = source[parser.at];
    if (next === '(') return parseGroup(parser);
    if (next === '[') return parseClass(parser);
    if (next === '$') {
        parser.at++;
        return { kind: 'end' };
    }
    if (source.startsWith('\\d', parser.at)) {
        parser.at += 2;
        return { kind: 'digits', mask: ANY_DIGIT };
    }
    if (!/[0-9]/.test(next)) fail(parser, 'unknown character');
    parser.at++;
    return { kind: 'digits', mask: 1 << Number(next) };
}

function parseGroup(parser) {
    const silent = parser.source.startsWith('(?:', parser.at);
    if (!silent && parser.source[parser.at + 1] === '?') fail(parser, 'look-around');
    parser.at += silent ? 3 : 1;
    const index = silent ? 0 : ++parser.groups;
    const part = parseChoice(parser);
    if (parser.source[parser.at] !== ')') fail(parser, 'group without its end');
    parser.at++;
    return silent ? part : { kind: 'group', part, index };
}

function parseClass(parser) {
    const found = /^\[((?:\\d|\d(?:-\d)?)+)\]/.exec(parser.source.slice(parser.at));
    if (!found) fail(parser, 'unknown class');
    parser.at += found[0].length;
    let mask = 0;
    for (const [range] of found[1].matchAll(/\\d|\d(?:-\d)?/g)) {
        if (range === '\\d') mask |= ANY_DIGIT;
        else for (let d = Number(range[0]); d <= Number(range.at(-1)); d++) mask |= 1 << d;
    }
    return { kind: 'digits', mask };
}

// The digits that a match can begin with; `nullable` when it can match nothing at all.
export function firstDigits(tree) {
    const none = { mask: 0, nullable: true };
    switch (tree.kind) {
    case 'digits': return { mask: tree.mask, nullable: false };
    case 'end': return none;
    case 'group': return firstDigits(tree.part);
    case 'repeat': {
        const { mask, nullable } = firstDigits(tree.part);
        return { mask, nullable: nullable || tree.min === 0 };
    }
    case 'choice': {
        const all = tree.parts.map(firstDigits);
        return {
            mask: all.reduce((mask, one) => mask | one.mask, 0),
            nullable: all.some((one) => one.nullable),
        };
    }
    case 'sequence':
        return tree.parts.reduce((before, part) => {
            if (!before.nullable) return before;
            const { mask, nullable } = firstDigits(part);
            return { mask: before.mask | mask, nullable };
        }, none);
    }
    throw new Error(`no such node: ${tree.kind}`);
}

// The steps of the backtracking matcher in src/wire/phone.c. A TRY goes on with the next
// step first and with its argument when that fails, so the order of alternatives is kept.
export function compilePrefix(source) {
    const { tree, groups } = parsePattern(source);
    const steps = [];
    const add = (op, argument = 0) => steps.push({ op, argument }) - 1;
    const landHere = (indexes) => indexes.forEach((i) => (steps[i].argument = steps.length));

    function emitChoice(parts) {
        const jumps = [];
        parts.forEach((part, i) => {
            if (i === parts.length - 1) return emit(part);
            const attempt = add('TRY');
            emit(part);
            jumps.push(add('JUMP'));
            landHere([attempt]);
        });
        landHere(jumps);
    }

    function emitRepeat({ part, min, max }) {
        const attempts = [];
        for (let i = 0; i < max; i++) {
            if (i >= min) attempts.push(add('TRY'));
            emit(part);
        }
        landHere(attempts);
    }

    function emit(node) {
        switch (node.kind) {
        case 'digits': return add('DIGIT', node.mask);
        case 'end': return add('END');
        case 'sequence': return node.parts.forEach(emit);
        case 'choice': return emitChoice(node.parts);
        case 'repeat': return emitRepeat(node);
        case 'group':
            add('MARK', 2 * node.index);
            emit(node.part);
            return add('MARK', 2 * node.index + 1);
        }
        throw new Error(`no such node: ${node.kind}`);
    }

    emit(tree);
    add('MATCH');
    return { steps, groups, ...firstDigits(tree) };
}
