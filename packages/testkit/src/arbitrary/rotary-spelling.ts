// One rotary embedding in a random spelling: the layout of x, half-split or interleaved pairs, all or some of the columns rotated,
// tables that are constant, gathered by positions or computed at run time, once or twice as wide, scaled or not, and the rotation
// by slices, splits, gathers, reshapes or a matrix.
import type { Rng } from "@waferc/base";
import { attr, type Graph, type ValueId } from "@waferc/ir/graph";
import { tensorOf, type Tensor } from "@waferc/numerics";
import { Speller } from "./speller.ts";

export interface SpelledRotary {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly heads: number;
  readonly isInterleaved: boolean;
  /** 0 for all columns. */
  readonly rotaryDim: number;
  readonly what: string;
}

export function spellRotary(rng: Rng): SpelledRotary {
  return new RotarySpelling(rng).spell();
}

/** cos and sin as [.., half] or [.., 2 * half], with axes that broadcast to those of x. */
interface Tables {
  readonly cos: ValueId;
  readonly sin: ValueId;
}

type Layout = "heads-first" | "heads-last" | "no-heads";

class RotarySpelling extends Speller {
  readonly batch: number;
  readonly heads: number;
  readonly seq: number;
  readonly half: number;
  readonly rest: number;
  readonly layout: Layout;
  readonly isInterleaved: boolean;
  readonly notes: string[] = [];

  constructor(rng: Rng) {
    super("rotary", rng);
    this.layout = rng.pick(["heads-first", "heads-last", "no-heads"]);
    this.batch = rng.between(1, 3);
    this.heads = this.layout === "no-heads" ? 1 : rng.pick([1, 2, 3]);
    // Rows without a batch or heads of their own could be either.
    this.seq = rng.pick([1, 2, 3, 5]);
    this.half = rng.pick([1, 2, 3, 4]);
    this.rest = rng.chance(0.3) ? rng.between(1, 3) : 0;
    this.isInterleaved = rng.chance(0.4);
  }

  /** Leading dimensions of x, and of tables with rows of their own for each of `batch`. */
  lead(batch: number, heads: number): number[] {
    if (this.layout === "no-heads") return [batch, this.seq];
    return this.layout === "heads-first" ? [batch, heads, this.seq] : [batch, this.seq, heads];
  }
  x(): ValueId {
    const depth = 2 * this.half + this.rest;
    const [batch, rows] = [this.batch, this.seq];
    const shape = [...this.lead(batch, this.heads), depth];
    if (this.layout === "no-heads" || this.rng.chance(0.4)) return this.input("x", shape);
    const split = this.reshape(this.input("x", [batch, rows, this.heads * depth]), [batch, rows, this.heads, depth]);
    return this.layout === "heads-last" ? split : this.transpose(split, [0, 2, 1, 3]);
  }

  /** Columns of a table of half the width, each twice: side by side or half the width apart. */
  doubled(table: ValueId): ValueId {
    const shape = this.shapeOf(table);
    if (!this.isInterleaved) return this.concat([table, table], shape.length - 1);
    const wide = this.op("Unsqueeze", [table, this.ints(shape.length)]);
    const many = this.op("Expand", [wide, this.ints(...shape, 2)]);
    return this.reshape(many, [...shape.slice(0, -1), 2 * (shape.at(-1) ?? 1)]);
  }
  doubledData(data: readonly number[]): number[] {
    const { half } = this;
    const rows = data.length / half;
    return Array.from({ length: 2 * data.length }, (_, i) => {
      const [row, column] = [Math.floor(i / (2 * half)), i % (2 * half)];
      return data[row * half + (this.isInterleaved ? Math.floor(column / 2) : column % half)] ?? 0;
    }).slice(0, rows * 2 * half);
  }

  tables(isWide: boolean): Tables {
    return this.pick(
      () => this.constantTables(isWide),
      () => this.gatheredTables(isWide),
      () => this.computedTables(isWide),
    );
  }
  constantTables(isWide: boolean): Tables {
    const { half } = this;
    const batch = this.rng.chance(0.7) ? 1 : this.batch;
    const lead = this.lead(batch, 1);
    const count = lead.reduce((a, b) => a * b, 1) * half;
    const table = (): ValueId => {
      const data = Array.from({ length: count }, () => this.rng.normal());
      return isWide ? this.floats([...lead, 2 * half], this.doubledData(data)) : this.floats([...lead, half], data);
    };
    return { cos: table(), sin: table() };
  }
  positions(): ValueId {
    const { batch, seq } = this;
    const values = Array.from({ length: batch * seq }, () => BigInt(this.rng.below(7)));
    return this.given("positions", tensorOf("i64", [batch, seq], values));
  }
  gatheredTables(isWide: boolean): Tables {
    const { half } = this;
    const ids = this.positions();
    const table = (): ValueId => {
      const data = Array.from({ length: 7 * half }, () => this.rng.normal());
      const all = isWide ? this.floats([7, 2 * half], this.doubledData(data)) : this.floats([7, half], data);
      return this.aligned(this.op("Gather", [all, ids], { axis: attr.int(0) }));
    };
    return { cos: table(), sin: table() };
  }
  /** [batch, seq, width] with a dimension for heads. */
  aligned(table: ValueId): ValueId {
    if (this.layout === "no-heads") return table;
    return this.op("Unsqueeze", [table, this.ints(this.layout === "heads-first" ? 1 : 2)]);
  }
  computedTables(isWide: boolean): Tables {
    const { batch, seq, half, rng } = this;
    const positions = this.op("Cast", [this.positions()], { to: attr.int(1) });
    const frequencies = Array.from({ length: half }, () => rng.normal());
    const angles = this.pick(
      () => this.op("MatMul", [this.reshape(positions, [batch, seq, 1]), this.floats([1, half], frequencies)]),
      () => this.mul(this.reshape(positions, [batch, seq, 1]), this.floats([half], frequencies)),
      () => {
        const product = this.op("MatMul", [
          this.op("Expand", [this.floats([1, half, 1], frequencies), this.ints(batch, half, 1)]),
          this.reshape(positions, [batch, 1, seq]),
        ]);
        return this.transpose(product, [0, 2, 1]);
      },
    );
    const scale = rng.pick([1, 1, 1.25]);
    const isEarly = rng.chance(0.6);
    const table = (kind: string): ValueId => {
      const wide = isWide && isEarly ? this.doubled(angles) : angles;
      const values = this.scaled(this.op(kind, [wide]), scale);
      return this.aligned(isWide && !isEarly ? this.doubled(values) : values);
    };
    return { cos: table("Cos"), sin: table("Sin") };
  }

  /** The two halves of the last axis. */
  halves(x: ValueId): [ValueId, ValueId] {
    const { half } = this;
    const shape = this.shapeOf(x);
    const last = shape.length - 1;
    return this.pick<[ValueId, ValueId]>(
      () => [this.slice(x, last, 0, half), this.slice(x, last, half, 2 ** 31)],
      () => this.ops("Split", [x, this.ints(half, half)], { axis: attr.int(-1) }, 2) as [ValueId, ValueId],
      () => this.unstacked(this.reshape(x, [...shape.slice(0, -1), 2, half]), last),
    );
  }
  /** The even and the odd columns of the last axis. */
  neighbours(x: ValueId): [ValueId, ValueId] {
    const shape = this.shapeOf(x);
    const last = shape.length - 1;
    return this.pick<[ValueId, ValueId]>(
      () => [this.slice(x, last, 0, 2 ** 31, 2), this.slice(x, last, 1, 2 ** 31, 2)],
      () => this.unstacked(this.reshape(x, [...shape.slice(0, -1), this.half, 2]), last + 1),
    );
  }
  /** Both parts along an axis of length 2, without it. */
  unstacked(x: ValueId, axis: number): [ValueId, ValueId] {
    return this.pick<[ValueId, ValueId]>(
      () => {
        const parts = this.ops("Split", [x, this.ints(1, 1)], { axis: attr.int(axis) }, 2);
        return parts.map((part) => this.op("Squeeze", [part, this.ints(axis)])) as [ValueId, ValueId];
      },
      () =>
        [0, 1].map((index) =>
          this.op("Gather", [x, this.constant(tensorOf("i64", [], [BigInt(index)]))], { axis: attr.int(axis) }),
        ) as [ValueId, ValueId],
    );
  }
  /** The parts as columns again. */
  rejoined(first: ValueId, second: ValueId): ValueId {
    const shape = this.shapeOf(first);
    if (!this.isInterleaved) return this.concat([first, second], shape.length - 1);
    const at = this.ints(shape.length);
    const stacked = this.concat([this.op("Unsqueeze", [first, at]), this.op("Unsqueeze", [second, at])], shape.length);
    return this.reshape(stacked, [...shape.slice(0, -1), 2 * this.half]);
  }

  /** The partner of each column, with the sign of the sine. */
  turned(x: ValueId): ValueId {
    const { half, isInterleaved } = this;
    const partner = Array.from({ length: 2 * half }, (_, i) =>
      isInterleaved ? i + (i % 2 === 0 ? 1 : -1) : (i + half) % (2 * half),
    );
    const sign = Array.from({ length: 2 * half }, (_, i) => ((isInterleaved ? i % 2 === 0 : i < half) ? -1 : 1));
    return this.pick(
      () => {
        const [first, second] = isInterleaved ? this.neighbours(x) : this.halves(x);
        return this.rejoined(this.op("Neg", [second]), first);
      },
      () => {
        const chosen = this.op("Gather", [x, this.ints(...partner)], { axis: attr.int(-1) });
        return this.mul(chosen, this.floats([2 * half], sign));
      },
      () => {
        const matrix = new Array<number>(4 * half * half).fill(0);
        partner.forEach((from, to) => (matrix[from * 2 * half + to] = sign[to] ?? 1));
        return this.op("MatMul", [x, this.floats([2 * half, 2 * half], matrix)]);
      },
    );
  }
  rotated(x: ValueId): ValueId {
    if (this.rng.chance(0.5)) {
      const { cos, sin } = this.tables(true);
      return this.add(this.mul(x, cos), this.mul(this.turned(x), sin));
    }
    const { cos, sin } = this.tables(false);
    const [first, second] = this.isInterleaved ? this.neighbours(x) : this.halves(x);
    const minus = this.op("Sub", [this.mul(first, cos), this.mul(second, sin)]);
    return this.rejoined(minus, this.add(this.mul(second, cos), this.mul(first, sin)));
  }

  spell(): SpelledRotary {
    const { half, rest, batch, heads, seq, layout, isInterleaved } = this;
    const x = this.idle(this.x());
    const last = this.shapeOf(x).length - 1;
    let y: ValueId;
    if (rest === 0) {
      y = this.rotated(x);
    } else {
      const parts = this.pick(
        () => [this.slice(x, last, 0, 2 * half), this.slice(x, last, 2 * half, 2 ** 31)],
        () => this.ops("Split", [x, this.ints(2 * half, rest)], { axis: attr.int(-1) }, 2),
      );
      y = this.concat([this.rotated(parts[0] as ValueId), parts[1] as ValueId], last);
    }
    this.graph.addOutput("y", this.idle(y));
    const what = JSON.stringify({ layout, batch, heads, seq, half, rest, isInterleaved });
    return {
      graph: this.graph.freeze(),
      inputs: this.inputs,
      heads,
      isInterleaved,
      rotaryDim: rest === 0 ? 0 : 2 * half,
      what,
    };
  }
}
