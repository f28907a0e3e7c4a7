// One attention, softmax(cap(scale Q K^T) + mask) V, in a random spelling: the layouts of its operands, packed or not, 3-D, 4-D and
// 5-D products, either order of the products' operands, repeated key/value heads, scales anywhere, masks of every shape added or
// selected, a past, guards, and how results and caches leave the graph.
import type { Rng } from "@waferc/base";
import { attr, type Graph, type ValueId } from "@waferc/ir/graph";
import { tensorOf, type Tensor } from "@waferc/numerics";
import { Speller } from "./speller.ts";

const LOWEST = -3.4028234663852886e38;

export interface SpelledAttention {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** Whether a constant causal mask was written that masks something, and nothing beside it. */
  readonly isCausal: boolean;
  readonly past: number;
  readonly hasSoftcap: boolean;
  readonly kvHeads: number;
  readonly what: string;
}

/** Attention of a seed. */
export function spellAttention(rng: Rng): SpelledAttention {
  return new AttentionSpelling(rng).spell();
}

/** Keys and values as [batch, kvHeads, rows, depth], and what the graph returns of them. */
interface Cached {
  readonly whole: ValueId;
  readonly hasPast: boolean;
}

class AttentionSpelling extends Speller {
  readonly batch: number;
  readonly kvHeads: number;
  readonly group: number;
  readonly heads: number;
  readonly queries: number;
  readonly fresh: number;
  readonly past: number;
  readonly keys: number;
  readonly depth: number;
  readonly valueDepth: number;
  readonly notes: string[] = [];
  isCausal = false;
  hasSoftcap = false;

  constructor(rng: Rng) {
    super("attention", rng);
    this.batch = rng.between(1, 3);
    this.kvHeads = rng.between(1, 3);
    this.group = rng.pick([1, 1, 2, 3]);
    this.heads = this.kvHeads * this.group;
    this.queries = rng.pick([1, 2, 3, 5]);
    this.fresh = rng.chance(0.7) ? this.queries : rng.pick([1, 2, 4, 7]);
    this.past = rng.chance(0.4) ? rng.between(1, 3) : 0;
    this.keys = this.past + this.fresh;
    this.depth = rng.pick([1, 2, 3, 4]);
    this.valueDepth = rng.chance(0.6) ? this.depth : rng.pick([1, 2, 5]);
  }

  note<T>(text: string, value: T): T {
    this.notes.push(text);
    return value;
  }

  /** [batch, heads, rows, depth] of a new input. */
  headed(name: string, heads: number, rows: number, depth: number): ValueId {
    const { batch } = this;
    return this.pick(
      () => this.input(name, [batch, heads, rows, depth]),
      () => this.transpose(this.input(name, [batch, rows, heads, depth]), [0, 2, 1, 3]),
      () => this.split(this.input(name, [batch, rows, heads * depth]), heads, rows, depth),
      () => this.packed(name, heads, rows, depth),
    );
  }
  split(flat: ValueId, heads: number, rows: number, depth: number): ValueId {
    return this.transpose(this.reshape(this.idle(flat), [this.batch, rows, heads, depth]), [0, 2, 1, 3]);
  }
  /** One of three parts of a packed value. */
  packed(name: string, heads: number, rows: number, depth: number): ValueId {
    const { batch } = this;
    const part = this.rng.below(3);
    const width = heads * depth;
    const all = this.input(name, [batch, rows, 3 * width]);
    return this.pick(
      () => {
        const parts = this.ops("Split", [all, this.ints(width, width, width)], { axis: attr.int(-1) }, 3);
        return this.split(parts[part] as ValueId, heads, rows, depth);
      },
      () => this.split(this.slice(all, 2, part * width, (part + 1) * width), heads, rows, depth),
      () => {
        const five = this.transpose(this.reshape(all, [batch, rows, 3, heads, depth]), [2, 0, 3, 1, 4]);
        return this.op("Gather", [five, this.constant(tensorOf("i64", [], [BigInt(part)]))], { axis: attr.int(0) });
      },
      () => {
        const mixed = this.reshape(all, [batch, rows, heads, 3 * depth]);
        return this.transpose(this.slice(mixed, 3, part * depth, (part + 1) * depth), [0, 2, 1, 3]);
      },
    );
  }

  /** Keys or values with their past, in one of the layouts of caches. */
  cached(name: string, depth: number): Cached {
    const { batch, kvHeads, fresh, past } = this;
    if (past === 0) return { whole: this.headed(name, kvHeads, fresh, depth), hasPast: false };
    return this.pick(
      () => {
        const given = this.input(`past_${name}`, [batch, kvHeads, past, depth]);
        const whole = this.concat([given, this.headed(name, kvHeads, fresh, depth)], 2);
        return { whole: this.returned(name, whole), hasPast: true };
      },
      () => {
        const given = this.input(`past_${name}`, [batch, past, kvHeads, depth]);
        const next = this.reshape(this.input(name, [batch, fresh, kvHeads * depth]), [batch, fresh, kvHeads, depth]);
        const whole = this.returned(name, this.concat([given, next], 1));
        return { whole: this.transpose(whole, [0, 2, 1, 3]), hasPast: true };
      },
      () => {
        const given = this.input(`past_${name}`, [batch * kvHeads, depth, past]);
        const next = this.reshape(this.headed(name, kvHeads, fresh, depth), [batch * kvHeads, fresh, depth]);
        const whole = this.returned(name, this.concat([given, this.transpose(next, [0, 2, 1])], 2));
        const turned = this.transpose(whole, [0, 2, 1]);
        return { whole: this.reshape(turned, [batch, kvHeads, past + fresh, depth]), hasPast: true };
      },
    );
  }
  /** Makes a value an output, sometimes. */
  returned(name: string, value: ValueId): ValueId {
    if (this.rng.chance(0.6)) this.graph.addOutput(`present_${name}`, this.idle(value));
    return value;
  }

  /** Repeats each key/value head for the query heads that share it. */
  repeated(x: ValueId, depth: number): ValueId {
    const { batch, heads, kvHeads, group, keys } = this;
    if (group === 1) return x;
    const wide = (): ValueId => this.op("Unsqueeze", [x, this.ints(2)]);
    const shape = [batch, heads, keys, depth];
    return this.pick(
      () => this.reshape(this.op("Expand", [wide(), this.ints(batch, kvHeads, group, keys, depth)]), shape),
      () => this.reshape(this.op("Tile", [wide(), this.ints(1, 1, group, 1, 1)]), shape),
      () => this.reshape(this.concat(new Array<ValueId>(group).fill(wide()), 2), shape),
      () => {
        const indices = Array.from({ length: heads }, (_, head) => Math.floor(head / group));
        return this.op("Gather", [x, this.ints(...indices)], { axis: attr.int(1) });
      },
    );
  }

  /** The product of [b, h, m, k] and [b, h, k, n], in one of the ranks in which products are written. */
  product(a: ValueId, b: ValueId): ValueId {
    const [sa, sb] = [this.shapeOf(a), this.shapeOf(b)];
    const [m, k, n] = [sa[2] ?? 1, sa[3] ?? 1, sb[3] ?? 1];
    const lead = this.batch * this.heads;
    return this.pick(
      () => this.op("MatMul", [a, b]),
      () => {
        const flat = this.op("MatMul", [this.reshape(a, [lead, m, k]), this.reshape(b, [lead, k, n])]);
        return this.reshape(flat, [this.batch, this.heads, m, n]);
      },
      () => {
        const turned = this.op("MatMul", [this.transpose(b, [0, 1, 3, 2]), this.transpose(a, [0, 1, 3, 2])]);
        return this.transpose(turned, [0, 1, 3, 2]);
      },
      () => this.op("Einsum", [a, b], { equation: attr.string("bhmk,bhkn->bhmn") }),
      () => {
        const last = this.transpose(b, [0, 3, 1, 2]);
        return this.op("Einsum", [this.transpose(a, [0, 2, 1, 3]), last], { equation: attr.string("bmhk,bnhk->bhmn") });
      },
    );
  }

  /** A mask [batch, heads, queries, keys] with some dimensions 1, of which every query keeps the first key. */
  maskShape(): number[] {
    const { batch, heads, queries, keys } = this;
    const full = [batch, heads, queries, keys];
    const shape = full.map((length) => (this.rng.chance(0.5) ? length : 1));
    const drop = shape.findIndex((length) => length > 1);
    return this.rng.chance(0.3) ? shape.slice(Math.max(0, Math.min(drop, 3))) : shape;
  }
  keepMask(shape: readonly number[]): ValueId {
    const count = shape.reduce((a, b) => a * b, 1);
    const width = shape.at(-1) ?? 1;
    const values = Array.from({ length: count }, (_, i) => i % width === 0 || this.rng.chance(0.6));
    return this.given(`keep${this.inputs.size}`, tensorOf("bool", [...shape], values));
  }
  causalKeep(): boolean[] {
    const { queries, keys, past } = this;
    return Array.from({ length: queries * keys }, (_, i) => i % keys <= Math.floor(i / keys) + past);
  }
  causalConstant(): ValueId {
    const shape = this.rng.pick([[], [1], [1, 1]]);
    return this.constant(tensorOf("bool", [...shape, this.queries, this.keys], this.causalKeep()));
  }

  /** A causal mask into which padding is filled where it does not mask already. */
  filled(): ValueId {
    const { batch, queries, keys } = this;
    const causal = this.floats(
      [batch, 1, queries, keys],
      Array.from({ length: batch }, () => this.causalKeep().map((keep) => (keep ? 0 : LOWEST))).flat(),
    );
    const padding = this.op("Cast", [this.keepMask([batch, 1, 1, keys])], { to: attr.int(1) });
    const isPadded = this.op("Equal", [this.add(causal, padding), this.number(0)]);
    return this.op("Where", [isPadded, this.number(LOWEST), causal]);
  }

  /** Scores with this term of the mask. */
  masked(scores: ValueId, kind: "causal" | "added" | "selected" | "both" | "window"): ValueId {
    const low = this.rng.pick([-Infinity, LOWEST, -1e9, -1e4]);
    const select = (keep: ValueId, isMask: boolean): ValueId => {
      if (this.rng.chance(0.5)) return this.op("Where", [this.op("Not", [keep]), this.number(low), scores]);
      if (isMask || this.rng.chance(0.5)) return this.op("Where", [keep, scores, this.number(low)]);
      return this.add(scores, this.op("Where", [keep, this.number(0), this.number(low)]));
    };
    switch (kind) {
      case "causal": {
        this.isCausal = true;
        // Minus infinity of an earlier mask times 0 would be NaN.
        if (this.notes.length > 0 || !this.rng.chance(0.2)) return select(this.causalConstant(), false);
        const ones = this.causalKeep().map(Number);
        const shape = [1, 1, this.queries, this.keys];
        const blanked = this.mul(scores, this.floats(shape, ones));
        return this.op("Sub", [
          blanked,
          this.floats(
            shape,
            ones.map((one) => 1e4 * (1 - one)),
          ),
        ]);
      }
      case "both": {
        this.isCausal = true;
        if (this.rng.chance(0.3)) return this.add(scores, this.filled());
        const keep = this.op("And", this.swap(this.causalConstant(), this.keepMask([this.batch, 1, 1, this.keys])));
        return this.rng.chance(0.5)
          ? this.op("Where", [keep, scores, this.number(LOWEST)])
          : this.add(scores, this.op("Where", [keep, this.number(0), this.number(LOWEST)]));
      }
      case "added":
        return this.add(scores, this.input(`mask${this.inputs.size}`, this.maskShape()));
      case "selected":
        return select(this.keepMask(this.maskShape()), true);
      case "window": {
        const { queries, keys, past } = this;
        const keep = Array.from({ length: queries * keys }, (_, i) => {
          const distance = Math.floor(i / keys) + past - (i % keys);
          return i % keys === 0 || Math.abs(distance) < 2;
        });
        return select(this.constant(tensorOf("bool", [1, 1, queries, keys], keep)), false);
      }
      default:
        return kind satisfies never;
    }
  }

  /** Scores, scaled, capped and masked, in [batch, heads, queries, keys]. */
  scores(q: ValueId, kt: ValueId): ValueId {
    const { rng } = this;
    let scores = this.product(q, kt);
    scores = this.idle(this.scaled(scores, rng.pick([1, 0.5, 0.25])));
    if (rng.chance(0.25)) {
      this.hasSoftcap = true;
      const cap = rng.pick([1.5, 30]);
      scores = this.scaled(this.op("Tanh", [this.scaled(scores, 1 / cap)]), cap);
    }
    const kinds = ["causal", "added", "selected", "both", "window"] as const;
    for (let count = rng.pick([0, 1, 1, 2]); count > 0; count--) {
      const kind = rng.pick(kinds);
      scores = this.idle(this.note(kind, this.masked(scores, kind)));
    }
    // A scale behind the mask scales the mask, too, unless masked means minus infinity already.
    if (rng.chance(0.1)) scores = this.scaled(scores, 2);
    if (rng.chance(0.1)) scores = this.op("Max", [scores, this.number(LOWEST)]);
    return scores;
  }
  weights(scores: ValueId): ValueId {
    const flat = [this.batch * this.heads, this.queries, this.keys];
    const softmax = (x: ValueId, rank: number): ValueId =>
      this.op("Softmax", [x], { axis: attr.int(this.rng.pick([-1, rank - 1])) });
    const weights = this.rng.chance(0.3)
      ? this.reshape(softmax(this.reshape(scores, flat), 3), [this.batch, this.heads, this.queries, this.keys])
      : softmax(scores, 4);
    if (!this.rng.chance(0.3)) return weights;
    return this.op("Where", [this.op("IsNaN", [weights]), this.number(0), weights]);
  }

  /** Products with the groups of heads as a dimension, to which keys and values broadcast. */
  grouped(q: ValueId, k: ValueId, v: ValueId): ValueId {
    const { batch, kvHeads, group, queries, keys, depth, valueDepth } = this;
    const q5 = this.reshape(q, [batch, kvHeads, group, queries, depth]);
    const k5 = this.transpose(this.reshape(k, [batch, kvHeads, 1, keys, depth]), [0, 1, 2, 4, 3]);
    const scores = this.op("Softmax", [this.scaled(this.op("MatMul", [q5, k5]), 0.5)], { axis: attr.int(-1) });
    const result = this.op("MatMul", [scores, this.reshape(v, [batch, kvHeads, 1, keys, valueDepth])]);
    return this.reshape(result, [batch, kvHeads * group, queries, valueDepth]);
  }

  spell(): SpelledAttention {
    const { batch, heads, queries, depth, valueDepth, rng } = this;
    const q = this.scaled(this.headed("q", heads, queries, depth), rng.pick([1, 1, 0.5]));
    const [k, v] = [this.cached("k", depth), this.cached("v", valueDepth)];
    let result: ValueId;
    if (this.group > 1 && rng.chance(0.3)) {
      result = this.note("grouped", this.grouped(q, k.whole, v.whole));
    } else {
      const wide = this.scaled(this.repeated(k.whole, depth), rng.pick([1, 1, 0.5]));
      const scores = this.scores(q, this.transpose(wide, [0, 1, 3, 2]));
      result = this.product(this.weights(scores), this.repeated(v.whole, valueDepth));
    }
    if (rng.chance(0.7)) {
      result = this.reshape(this.transpose(result, [0, 2, 1, 3]), [batch, queries, heads * valueDepth]);
    }
    this.graph.addOutput("y", result);
    const { kvHeads, keys, past, fresh } = this;
    const sizes = { batch, heads, kvHeads, queries, fresh, past, keys, depth, valueDepth };
    return {
      graph: this.graph.freeze(),
      inputs: this.inputs,
      isCausal: this.isCausal && this.notes.every((note) => note === "causal") && this.causalKeep().includes(false),
      past,
      hasSoftcap: this.hasSoftcap,
      kvHeads,
      what: `${JSON.stringify(sizes)} ${this.notes.join(", ")}`,
    };
  }
}
