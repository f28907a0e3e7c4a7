// One mixture of experts in a random spelling: routing by a softmax before or after the choice, normalised or not, and the experts in
// one batch with gathered weights, or one by one on the tokens that chose them.
import type { Rng } from "@waferc/base";
import { attr, type Graph, type ValueId } from "@waferc/ir/graph";
import { fromFloat64, tensorOf, type Tensor } from "@waferc/numerics";
import { Speller } from "./speller.ts";

export interface SpelledMoE {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly k: number;
  readonly isNormalized: boolean;
  readonly hasThird: boolean;
  readonly what: string;
}

export function spellMoE(rng: Rng): SpelledMoE {
  return new MoESpelling(rng).spell();
}

class MoESpelling extends Speller {
  readonly batch: number;
  readonly seq: number;
  readonly tokens: number;
  readonly width: number;
  readonly hidden: number;
  readonly experts: number;
  readonly k: number;
  readonly hasThird: boolean;
  readonly isFused: boolean;
  readonly isNormalized: boolean;
  /** [experts, rows, columns] */
  readonly up: Float64Array;
  readonly third: Float64Array;
  readonly down: Float64Array;

  constructor(rng: Rng) {
    super("moe", rng);
    this.batch = rng.between(1, 2);
    this.seq = rng.pick([1, 2, 3, 5]);
    this.tokens = this.batch * this.seq;
    this.width = rng.between(2, 5);
    this.hidden = rng.between(2, 4);
    this.experts = rng.between(2, 5);
    this.k = rng.between(1, Math.min(3, this.experts));
    this.hasThird = rng.chance(0.7);
    this.isFused = this.hasThird && rng.chance(0.5);
    this.isNormalized = rng.chance(0.6);
    this.up = this.#random(this.experts * this.hidden * this.width);
    this.third = this.#random(this.experts * this.hidden * this.width);
    this.down = this.#random(this.experts * this.hidden * this.width);
  }

  #random(count: number): Float64Array {
    return Float64Array.from({ length: count }, () => this.rng.normal());
  }
  weights(shape: readonly number[], data: Float64Array): ValueId {
    return this.constant(fromFloat64("f32", [...shape], data));
  }
  /** The layer of an expert, [rows, columns]. */
  matrix(data: Float64Array, expert: number): Float64Array {
    const count = this.hidden * this.width;
    return data.slice(expert * count, (expert + 1) * count);
  }
  transposed(data: Float64Array, rows: number, columns: number): Float64Array {
    return Float64Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
  }
  scalarIndex(index: number): ValueId {
    return this.constant(tensorOf("i64", [], [BigInt(index)]));
  }

  /** Weights [tokens, k] and experts [tokens, k]. */
  routing(scores: ValueId): readonly [ValueId, ValueId] {
    const last = { axis: attr.int(-1) };
    const choose = (from: ValueId): ValueId[] => this.ops("TopK", [from, this.ints(this.k)], last, 2);
    if (this.isNormalized && this.rng.chance(0.4)) {
      const [values, experts] = choose(scores) as [ValueId, ValueId];
      return [this.op("Softmax", [values], last), experts];
    }
    const [values, experts] = choose(this.op("Softmax", [scores], last)) as [ValueId, ValueId];
    if (!this.isNormalized) return [values, experts];
    const sum = this.op("ReduceSum", [values, this.ints(-1)], { keepdims: attr.int(1) });
    return [this.op("Div", [values, sum]), experts];
  }
  activated(gate: ValueId, linear: ValueId | undefined): ValueId {
    if (linear === undefined) return this.op("Relu", [gate]);
    const silu = this.mul(gate, this.op("Sigmoid", [gate]));
    return this.mul(silu, linear);
  }

  /** Rows of `count` [rows, columns] layers times the rows of x, each with the weights of its expert. */
  gatheredProduct(data: Float64Array, rows: number, x: ValueId, chosen: ValueId): ValueId {
    const { experts } = this;
    const columns = data.length / experts / rows;
    const count = this.tokens * this.k;
    const isStored = this.rng.chance(0.5);
    const perExpert = Array.from({ length: experts }, (_, e) =>
      data.slice(e * rows * columns, (e + 1) * rows * columns),
    );
    const all = isStored
      ? this.weights([experts, rows, columns], data)
      : this.weights(
          [experts, columns, rows],
          Float64Array.from(perExpert.flatMap((one) => [...this.transposed(one, rows, columns)])),
        );
    const gathered = this.pick(
      () => this.op("Gather", [all, this.reshape(chosen, [count])], { axis: attr.int(0) }),
      () => this.op("GatherND", [all, this.reshape(chosen, [count, 1])]),
    );
    const turned = (): ValueId => this.transpose(gathered, [0, 2, 1]);
    return this.pick(
      () =>
        this.reshape(this.op("MatMul", [isStored ? gathered : turned(), this.reshape(x, [count, columns, 1])]), [
          count,
          rows,
        ]),
      () =>
        this.reshape(this.op("MatMul", [this.reshape(x, [count, 1, columns]), isStored ? turned() : gathered]), [
          count,
          rows,
        ]),
    );
  }
  batched(x: ValueId, weights: ValueId, chosen: ValueId): ValueId {
    const { tokens, k, width, hidden, experts } = this;
    const repeated = this.pick(
      () => {
        const wide = this.op("Expand", [this.reshape(x, [tokens, 1, width]), this.ints(tokens, k, width)]);
        return this.reshape(wide, [tokens * k, width]);
      },
      () => {
        const rows = Array.from({ length: tokens * k }, (_, i) => Math.floor(i / k));
        return this.op("Gather", [x, this.ints(...rows)], { axis: attr.int(0) });
      },
    );
    let [gate, linear]: [ValueId, ValueId | undefined] = [repeated, undefined];
    if (this.isFused) {
      const fused = Array.from({ length: experts }, (_, e) => [
        ...this.matrix(this.up, e),
        ...this.matrix(this.third, e),
      ]);
      const both = this.gatheredProduct(Float64Array.from(fused.flat()), 2 * hidden, repeated, chosen);
      [gate, linear] = this.pick<[ValueId, ValueId]>(
        () => this.ops("Split", [both, this.ints(hidden, hidden)], { axis: attr.int(-1) }, 2) as [ValueId, ValueId],
        () => [this.slice(both, 1, 0, hidden), this.slice(both, 1, hidden, 2 * hidden)],
      );
    } else {
      gate = this.gatheredProduct(this.up, hidden, repeated, chosen);
      if (this.hasThird) linear = this.gatheredProduct(this.third, hidden, repeated, chosen);
    }
    const made = this.gatheredProduct(this.down, width, this.activated(gate, linear), chosen);
    const weighed = this.pick(
      () => this.reshape(this.mul(made, this.reshape(weights, [tokens * k, 1])), [tokens, k, width]),
      () => this.mul(this.reshape(made, [tokens, k, width]), this.op("Unsqueeze", [weights, this.ints(2)])),
    );
    return this.op("ReduceSum", [weighed, this.ints(this.rng.pick([1, -2]))], { keepdims: attr.int(0) });
  }

  /** The two rows of NonZero where tokens chose an expert: tokens and slots. */
  chosenBy(expert: number, oneHot: ValueId, chosen: ValueId): readonly [ValueId, ValueId] {
    const isTokenLast = this.rng.chance(0.5);
    const matrix = this.pick(
      () => {
        const ones = this.transpose(oneHot, isTokenLast ? [2, 1, 0] : [2, 0, 1]);
        const row = this.op("Gather", [ones, this.scalarIndex(expert)], { axis: attr.int(0) });
        return this.op("Cast", [row], { to: attr.int(9) });
      },
      () => {
        const equal = this.op("Equal", [chosen, this.scalarIndex(expert)]);
        return isTokenLast ? this.transpose(equal, [1, 0]) : equal;
      },
    );
    const found = this.op("NonZero", [matrix]);
    const rows = this.pick(
      () => {
        const parts = this.ops("Split", [this.transpose(found, [1, 0]), this.ints(1, 1)], { axis: attr.int(1) }, 2);
        return parts.map((part) => this.op("Squeeze", [part, this.ints(1)]));
      },
      () => [0, 1].map((row) => this.op("Gather", [found, this.scalarIndex(row)], { axis: attr.int(0) })),
    );
    const [first, second] = rows as [ValueId, ValueId];
    return isTokenLast ? [second, first] : [first, second];
  }
  dispatched(x: ValueId, weights: ValueId, chosen: ValueId): ValueId {
    const { tokens, k, width, hidden, experts } = this;
    const values = this.constant(tensorOf("i64", [2], [0n, 1n]));
    const oneHot = this.op("OneHot", [chosen, this.scalarIndex(experts), values], { axis: attr.int(-1) });
    const zeros = this.weights([tokens, width], new Float64Array(tokens * width));
    let sum = zeros;
    for (let expert = 0; expert < experts; expert++) {
      const [token, slot] = this.chosenBy(expert, oneHot, chosen);
      const own = this.op("Gather", [x, token], { axis: attr.int(0) });
      const layer = (data: Float64Array, rows: number, columns: number): ValueId =>
        this.weights([columns, rows], this.transposed(this.matrix(data, expert), rows, columns));
      const gate = this.op("MatMul", [own, layer(this.up, hidden, width)]);
      const linear = this.hasThird ? this.op("MatMul", [own, layer(this.third, hidden, width)]) : undefined;
      const made = this.op("MatMul", [this.activated(gate, linear), layer(this.down, width, hidden)]);
      const index = this.add(slot, this.mul(token, this.ints(k)));
      const weight = this.op("Gather", [this.reshape(weights, [tokens * k, 1]), index], { axis: attr.int(0) });
      const updates = this.mul(made, weight);
      const rows = this.op("Expand", [this.op("Unsqueeze", [token, this.ints(1)]), this.op("Shape", [updates])]);
      sum = this.pick(
        () => this.add(sum, this.op("ScatterElements", [zeros, rows, updates], { axis: attr.int(0) })),
        () => this.op("ScatterElements", [sum, rows, updates], { axis: attr.int(0), reduction: attr.string("add") }),
      );
    }
    return sum;
  }

  spell(): SpelledMoE {
    const { batch, seq, tokens, width, hidden, experts, k, isNormalized, hasThird, isFused } = this;
    const input = this.input("x", [batch, seq, width]);
    const x = this.reshape(input, [tokens, width]);
    const router = this.weights([width, experts], this.#random(width * experts));
    const [weights, chosen] = this.routing(this.op("MatMul", [x, router]));
    const isBatched = this.rng.chance(0.5);
    const y = isBatched ? this.batched(x, weights, chosen) : this.dispatched(x, weights, chosen);
    this.graph.addOutput("y", this.reshape(y, [batch, seq, width]));
    const sizes = { batch, seq, width, hidden, experts, k, isNormalized, hasThird, isFused, isBatched };
    return { graph: this.graph.freeze(), inputs: this.inputs, k, isNormalized, hasThird, what: JSON.stringify(sizes) };
  }
}
