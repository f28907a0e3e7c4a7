// Numbers of a code that differ from core to core, gathered in a row per core: an operand of a tape is either a cell of the row or
// a dynamic expression (linear in loop variables with coefficients in cells, or a closure where it is not linear). Rows are
// filled once per load; after that an operand costs a table read.
import type { Expr } from "@waferc/ir/program";
import { Violation } from "../fault.ts";
import { compileExpr, type Evaluate, type Scope } from "../image/expression.ts";
import { splitAffine } from "./affine.ts";

/** An operand: a cell if 0 or more, else the dynamic expression at `~operand` of the pool. */
export type Operand = number;

const CLOSURE = -1;
const PRODUCT = -2;
const HALVED = -3;

/** Collects the cells and dynamic expressions of one code while its tape is written. */
export class CellBuilder {
  readonly #slots = new Map<string, number>();
  readonly #steps: ReadonlyMap<string, number>;
  readonly #loops = new Set<string>();
  readonly #cells: Evaluate[] = [];
  readonly #known = new Map<string, number>();
  readonly #pool: number[] = [];
  readonly #closures: Evaluate[] = [];
  readonly #reserved: number;

  /** The first `reserved` cells of a row are filled by the engine. */
  constructor(scope: Scope, params: readonly string[], reserved: number) {
    this.#reserved = reserved;
    this.#steps = scope.steps;
    for (const name of ["x", "y", ...params]) {
      const slot = scope.slots.get(name);
      if (slot !== undefined) this.#slots.set(name, slot);
    }
  }

  enterLoop(variable: string, slot: number): void {
    this.#slots.set(variable, slot);
    this.#loops.add(variable);
  }

  leaveLoop(variable: string): void {
    this.#slots.delete(variable);
    this.#loops.delete(variable);
  }

  /** A cell with a value of its own; `evaluate` may read x, y and parameters only. */
  addCell(evaluate: Evaluate): number {
    return this.#reserved + this.#cells.push(evaluate) - 1;
  }

  /** As `addCell`, once for equal keys. */
  addCellOnce(key: string, evaluate: () => Evaluate): number {
    let cell = this.#known.get(key);
    if (cell === undefined) this.#known.set(key, (cell = this.addCell(evaluate())));
    return cell;
  }

  constant(value: number): number {
    return this.addCellOnce(`${value}`, () => () => value);
  }

  operand(expr: Expr): Operand {
    const split = splitAffine(expr, (name) => this.#loops.has(name));
    if (!split) {
      const at = this.#pool.push(CLOSURE, this.#closures.length) - 2;
      // The scope changes when loops are left, so the closure gets the one of this moment.
      this.#closures.push(compileExpr(expr, { slots: new Map(this.#slots), steps: this.#steps }).evaluate);
      return ~at;
    }
    const base = this.#fixed(split.base);
    if (split.terms.length === 0) return base;
    const at = this.#pool.push(split.terms.length, base) - 2;
    for (const { variable, coefficient } of split.terms) {
      this.#pool.push(this.#slots.get(variable) ?? 0, this.#fixed(coefficient));
    }
    return ~at;
  }

  /** Product of counts, 0 if one of them is 0 or less: the size of a view. */
  product(counts: readonly Expr[]): Operand {
    const operands = counts.map((count) => this.operand(count));
    const [first] = operands;
    if (first === undefined) return this.constant(1);
    if (operands.length === 1) return first;
    if (operands.every((operand) => operand >= 0)) {
      const evaluators = operands.map((cell) => this.evaluatorOf(cell));
      return this.addCellOnce(`product ${operands.join(" ")}`, () => (frames, base) => {
        let size = 1;
        for (const count of evaluators) size *= Math.max(0, count(frames, base));
        return size;
      });
    }
    return ~(this.#pool.push(PRODUCT, operands.length, ...operands) - 2 - operands.length);
  }

  /** Half of an operand, rounded up: wavelets of 16-bit elements. */
  halved(operand: Operand): Operand {
    if (operand < 0) return ~(this.#pool.push(HALVED, operand) - 2);
    return this.addCellOnce(`half ${operand}`, () => {
      const whole = this.evaluatorOf(operand);
      return (frames, base) => Math.ceil(whole(frames, base) / 2);
    });
  }

  /** The value, if it is the same on every core and in every iteration. */
  constantOf(expr: Expr): number | undefined {
    return compileExpr(expr, { slots: this.#slots, steps: this.#steps }).constant;
  }

  /** How a cell of this code is computed. */
  evaluatorOf(cell: number): Evaluate {
    return this.#cells[cell - this.#reserved]!;
  }

  finish(): Cells {
    const pool = Int32Array.from(this.#pool);
    return { reserved: this.#reserved, cells: this.#cells, pool, closures: this.#closures };
  }

  #fixed(expr: Expr): number {
    const scope = { slots: this.#slots, steps: this.#steps };
    return this.addCellOnce(JSON.stringify(expr), () => compileExpr(expr, scope).evaluate);
  }
}

export interface Cells {
  /** Cells at the start of a row that the engine fills. */
  readonly reserved: number;
  /** How the cells of a row are computed. */
  readonly cells: readonly Evaluate[];
  /** Dynamic expressions: [terms, base cell, (slot, coefficient cell) ..], [CLOSURE, index], [PRODUCT, n, operand ..] or [HALVED, operand]. */
  readonly pool: Int32Array;
  readonly closures: readonly Evaluate[];
}

/** Value of an operand on the core with this row and frame. Throws `Violation` SIM-004. */
export function evaluateOperand(
  operand: Operand,
  code: Cells,
  rows: Int32Array,
  row: number,
  frames: Int32Array,
  frame: number,
): number {
  if (operand >= 0) return rows[row + operand]!;
  const { pool } = code;
  const at = ~operand;
  const terms = pool[at]!;
  if (terms === CLOSURE) return code.closures[pool[at + 1]!]!(frames, frame);
  if (terms === PRODUCT) return evaluateProduct(at, code, rows, row, frames, frame);
  if (terms === HALVED) return Math.ceil(evaluateOperand(pool[at + 1]!, code, rows, row, frames, frame) / 2);
  let value = rows[row + pool[at + 1]!]!;
  for (let k = 0, p = at + 2; k < terms; k++, p += 2) value += frames[frame + pool[p]!]! * rows[row + pool[p + 1]!]!;
  if ((value | 0) !== value) {
    throw new Violation("SIM-004", `Cannot hold ${value} in an integer: the range is [-2^31, 2^31)`);
  }
  return value;
}

function evaluateProduct(
  at: number,
  code: Cells,
  rows: Int32Array,
  row: number,
  frames: Int32Array,
  frame: number,
): number {
  const { pool } = code;
  let size = 1;
  for (let d = 0; d < pool[at + 1]!; d++) {
    const count = evaluateOperand(pool[at + 2 + d]!, code, rows, row, frames, frame);
    size = count <= 0 ? 0 : size * count;
  }
  return size;
}
