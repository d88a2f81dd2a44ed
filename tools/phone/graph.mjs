// Turns the patterns of one calling code into decision graphs, one for each national length: a
// node has a place to go for each digit, a leaf is the answer. Nodes are shared between all
// lengths and all calling codes, and a node whose ten ways agree is replaced by what they agree
// on, so that a walk ends as soon as the answer is certain.
import { parsePattern } from './pattern.mjs';

export const LENGTH_MAX = 17;

// A nondeterministic automaton over digits. A state reads one digit of `mask` and goes to `next`,
// or passes to `silent` without reading. `tag` names what has matched when the digits end there.
export class Automaton {
    states = [];
    starts = [];

    #add() {
        this.states.push({ mask: 0, next: -1, silent: [], tag: undefined });
        return this.states.length - 1;
    }

    #link(from) {
        const to = this.#add();
        this.states[from].silent.push(to);
        return to;
    }

    addPattern(source, tag) {
        this.states[this.#addTree(source)].tag = tag;
    }

    // Matches every number that begins with the pattern.
    addLeadingPattern(source, tag) {
        const loop = this.#link(this.#addTree(source));
        Object.assign(this.states[loop], { mask: 0x3ff, next: loop, tag });
    }

    #addTree(source) {
        const start = this.#add();
        this.starts.push(start);
        return this.#build(parsePattern(source).tree, start);
    }

    // Adds the tree behind state `from`; returns the state where it ends.
    #build(tree, from) {
        switch (tree.kind) {
        case 'digits': {
            const reader = this.#link(from);
            const end = this.#add();
            Object.assign(this.states[reader], { mask: tree.mask, next: end });
            return end;
        }
        case 'sequence':
            return tree.parts.reduce((state, part) => this.#build(part, state), from);
        case 'choice': {
            const ends = tree.parts.map((part) => this.#build(part, this.#link(from)));
            const end = this.#add();
            for (const one of ends) this.states[one].silent.push(end);
            return end;
        }
        case 'repeat': {
            let state = from;
            const exits = [];
            for (let i = 0; i < tree.max; i++) {
                if (i >= tree.min) exits.push(state);
                state = this.#build(tree.part, this.#link(state));
            }
            const end = this.#link(state);
            for (const exit of exits) this.states[exit].silent.push(end);
            return end;
        }
        case 'group':
            return this.#build(tree.part, from);
        }
        throw new Error(`a plan's pattern cannot hold: ${tree.kind}`);
    }

    // All states that `states` pass to; only those that read or end something are kept.
    close(states) {
        const seen = new Set(states);
        for (const state of seen) this.states[state].silent.forEach((next) => seen.add(next));
        return [...seen]
            .filter((i) => this.states[i].next >= 0 || this.states[i].tag !== undefined)
            .sort((a, b) => a - b);
    }

    follow(states, digit) {
        const reached = new Set();
        for (const i of states) {
            const { mask, next } = this.states[i];
            if ((mask >> digit) & 1) reached.add(next);
        }
        return this.close(reached);
    }

    tagsAt(states) {
        return new Set(states.map((i) => this.states[i].tag).filter((tag) => tag !== undefined));
    }
}

// A place is a label (a plain number below `labelCount`) or labelCount + the index of a node.
export class Graph {
    nodes = [];
    #indexOf = new Map();

    constructor(labelCount) {
        this.labelCount = labelCount;
    }

    isNode(place) {
        return place >= this.labelCount;
    }

    #placeOf(ways) {
        if (!this.isNode(ways[0]) && ways.every((way) => way === ways[0])) return ways[0];
        const key = ways.join();
        if (!this.#indexOf.has(key)) this.#indexOf.set(key, this.nodes.push(ways) - 1);
        return this.labelCount + this.#indexOf.get(key);
    }

    // The places to start from, by length; 0 for the lengths that are not in `lengths`.
    // `labelOf(tags, length)` decides what a number means that matched the patterns `tags`.
    addRoots(automaton, lengths, labelOf) {
        const followed = new Map();
        const follow = (states) => {
            const key = states.join();
            if (!followed.has(key))
                followed.set(key, [...Array(10).keys()].map((d) => automaton.follow(states, d)));
            return followed.get(key);
        };
        const roots = Array(LENGTH_MAX + 1).fill(0);
        for (const length of lengths) {
            const known = new Map();
            const place = (states, depth) => {
                if (states.length === 0) return 0;
                const key = `${depth}|${states}`;
                if (!known.has(key)) {
                    known.set(key, depth === length
                        ? labelOf(automaton.tagsAt(states), length)
                        : this.#placeOf(follow(states).map((next) => place(next, depth + 1))));
                }
                return known.get(key);
            };
            roots[length] = place(automaton.close(automaton.starts), 0);
        }
        return roots;
    }
}
