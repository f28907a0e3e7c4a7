// Integer expressions for the checker: compiled to closures over a frame of numbered variables, interval bounds over ranges of
// those variables, and exact values that notice when an operator leaves 32 bits (docs/program.md section 3).
import { INT32_MAX, INT32_MIN, type Expr } from "@waferc/ir/program";

/** Value of an expression with the variables at frame[base + slot]. Does not notice results out of range. */
export type Evaluate = (frame: Int32Array, base: number) => number;

/** Numbers of the variables that an expression can see. */
export type Slots = ReadonlyMap<string, number>;

/** Inclusive bounds of every variable, by slot. */
export interface SlotRanges {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface CompiledExpr {
  readonly source: Expr;
  readonly evaluate: Evaluate;
  /** Slots that the value depends on. */
  readonly reads: readonly number[];
  /** The value, if it depends on nothing. */
  readonly constant: number | undefined;
}

export function compileExpr(source: Expr, slots: Slots): CompiledExpr {
  const reads = new Set<number>();
  collectReads(source, slots, reads);
  const evaluate = compile(source, slots);
  const constant = reads.size === 0 ? evaluate(NO_FRAME, 0) : undefined;
  return { source, evaluate, reads: [...reads].sort((a, b) => a - b), constant };
}

const NO_FRAME = new Int32Array(0);

function slotOf(name: string, slots: Slots): number {
  const slot = slots.get(name);
  if (slot === undefined) throw new RangeError(`variable "${name}" has no slot`);
  return slot;
}

function collectReads(expr: Expr, slots: Slots, reads: Set<number>): void {
  switch (expr.kind) {
    case "const":
      return;
    case "var":
      reads.add(slotOf(expr.name, slots));
      return;
    case "add":
      for (const term of expr.terms) collectReads(term, slots, reads);
      return;
    case "mul":
      if (typeof expr.factor === "string") reads.add(slotOf(expr.factor, slots));
      collectReads(expr.of, slots, reads);
      return;
    case "floordiv":
    case "mod":
      collectReads(expr.of, slots, reads);
      return;
    case "min":
    case "max":
      for (const arg of expr.args) collectReads(arg, slots, reads);
      return;
    default:
      expr satisfies never;
  }
}

function compile(expr: Expr, slots: Slots): Evaluate {
  switch (expr.kind) {
    case "const": {
      const { value } = expr;
      return () => value;
    }
    case "var": {
      const slot = slotOf(expr.name, slots);
      return (frame, base) => frame[base + slot]!;
    }
    case "add":
      return compileList(
        expr.terms.map((term) => compile(term, slots)),
        (a, b) => (frame, base) => a(frame, base) + b(frame, base),
      );
    case "mul":
      return compileProduct(expr.factor, compile(expr.of, slots), slots);
    case "floordiv": {
      const [of, by] = [compile(expr.of, slots), expr.by];
      return (frame, base) => Math.floor(of(frame, base) / by);
    }
    case "mod": {
      const [of, by] = [compile(expr.of, slots), expr.by];
      return (frame, base) => {
        const value = of(frame, base);
        return value - by * Math.floor(value / by);
      };
    }
    case "min":
      return compileList(
        expr.args.map((arg) => compile(arg, slots)),
        (a, b) => (frame, base) => Math.min(a(frame, base), b(frame, base)),
      );
    case "max":
      return compileList(
        expr.args.map((arg) => compile(arg, slots)),
        (a, b) => (frame, base) => Math.max(a(frame, base), b(frame, base)),
      );
    default:
      return expr satisfies never;
  }
}

function compileList(items: readonly Evaluate[], join: (a: Evaluate, b: Evaluate) => Evaluate): Evaluate {
  const [first = () => 0, ...rest] = items;
  return rest.reduce(join, first);
}

function compileProduct(factor: number | string, of: Evaluate, slots: Slots): Evaluate {
  if (typeof factor === "number") return (frame, base) => factor * of(frame, base);
  const slot = slotOf(factor, slots);
  return (frame, base) => frame[base + slot]! * of(frame, base);
}

/** The value, or NaN if a result of some operator is outside 32 bits. */
export function valueInRange(expr: Expr, slots: Slots, frame: Int32Array, base: number): number {
  const value = checkedValue(expr, slots, frame, base);
  return value >= INT32_MIN && value <= INT32_MAX ? value : NaN;
}

function checkedValue(expr: Expr, slots: Slots, frame: Int32Array, base: number): number {
  const valueOf = (part: Expr): number => valueInRange(part, slots, frame, base);
  switch (expr.kind) {
    case "const":
      return expr.value;
    case "var":
      return frame[base + slotOf(expr.name, slots)]!;
    case "add":
      return expr.terms.reduce((sum, term) => sum + valueOf(term), 0);
    case "mul": {
      const factor = typeof expr.factor === "number" ? expr.factor : frame[base + slotOf(expr.factor, slots)]!;
      return factor * valueOf(expr.of);
    }
    case "floordiv":
      return Math.floor(valueOf(expr.of) / expr.by);
    case "mod": {
      const value = valueOf(expr.of);
      return value - expr.by * Math.floor(value / expr.by);
    }
    case "min":
      return Math.min(...expr.args.map(valueOf));
    case "max":
      return Math.max(...expr.args.map(valueOf));
    default:
      return expr satisfies never;
  }
}

/** Bounds of a value; `fits` says that no operator can leave 32 bits. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly fits: boolean;
}

/** Bounds over all values of the variables: sound, and exact where every variable occurs once. */
export function boundsOf(expr: Expr, slots: Slots, ranges: SlotRanges): Bounds {
  const { min, max, fits } = rawBounds(expr, slots, ranges);
  return { min: min + 0, max: max + 0, fits: fits && min >= INT32_MIN && max <= INT32_MAX };
}

function rawBounds(expr: Expr, slots: Slots, ranges: SlotRanges): Bounds {
  switch (expr.kind) {
    case "const":
      return { min: expr.value, max: expr.value, fits: true };
    case "var": {
      const slot = slotOf(expr.name, slots);
      return { min: ranges.low[slot]!, max: ranges.high[slot]!, fits: true };
    }
    case "add": {
      let [min, max, fits] = [0, 0, true];
      for (const term of expr.terms) {
        const bounds = boundsOf(term, slots, ranges);
        min += bounds.min;
        max += bounds.max;
        fits &&= bounds.fits;
      }
      return { min, max, fits };
    }
    case "mul": {
      const of = boundsOf(expr.of, slots, ranges);
      const { factor } = expr;
      const slot = typeof factor === "string" ? slotOf(factor, slots) : -1;
      const [low, high] = typeof factor === "number" ? [factor, factor] : [ranges.low[slot]!, ranges.high[slot]!];
      const corners = [low * of.min, low * of.max, high * of.min, high * of.max];
      return { min: Math.min(...corners), max: Math.max(...corners), fits: of.fits };
    }
    case "floordiv": {
      const of = boundsOf(expr.of, slots, ranges);
      return { min: Math.floor(of.min / expr.by), max: Math.floor(of.max / expr.by), fits: of.fits };
    }
    case "mod": {
      const of = boundsOf(expr.of, slots, ranges);
      const period = Math.floor(of.min / expr.by);
      if (period !== Math.floor(of.max / expr.by)) return { min: 0, max: expr.by - 1, fits: of.fits };
      return { min: of.min - period * expr.by, max: of.max - period * expr.by, fits: of.fits };
    }
    case "min":
    case "max": {
      const choose = expr.kind === "min" ? Math.min : Math.max;
      const args = expr.args.map((arg) => boundsOf(arg, slots, ranges));
      return {
        min: choose(...args.map((a) => a.min)),
        max: choose(...args.map((a) => a.max)),
        fits: args.every((a) => a.fits),
      };
    }
    default:
      return expr satisfies never;
  }
}
