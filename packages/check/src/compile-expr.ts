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

// Sums without variables read slot 0, times 0.
const NO_FRAME = new Int32Array(1);

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
    case "const":
    case "var":
    case "add":
    case "mul":
      return compileSum(expr, slots);
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
    case "max":
      return compileChoice(expr.kind, expr.args, slots);
    default:
      return expr satisfies never;
  }
}

/** A sum as constant, multiples of variables and other terms, so that most expressions are one closure. */
interface Terms {
  constant: number;
  readonly slots: number[];
  readonly factors: number[];
  readonly others: Evaluate[];
}

function collectTerms(expr: Expr, factor: number, slots: Slots, terms: Terms): void {
  if (expr.kind === "const") terms.constant += factor * expr.value;
  else if (expr.kind === "var") {
    terms.slots.push(slotOf(expr.name, slots));
    terms.factors.push(factor);
  } else if (expr.kind === "add") {
    for (const term of expr.terms) collectTerms(term, factor, slots, terms);
  } else if (expr.kind === "mul" && typeof expr.factor === "number") {
    collectTerms(expr.of, factor * expr.factor, slots, terms);
  } else {
    const of = expr.kind === "mul" ? compileProduct(expr.factor as string, expr.of, slots) : compile(expr, slots);
    terms.others.push(factor === 1 ? of : (frame, base) => factor * of(frame, base));
  }
}

function compileSum(expr: Expr, slots: Slots): Evaluate {
  const terms: Terms = { constant: 0, slots: [], factors: [], others: [] };
  collectTerms(expr, 1, slots, terms);
  const { constant, others } = terms;
  const [s0 = 0, s1 = 0, ...moreSlots] = terms.slots;
  const [f0 = 0, f1 = 0, ...moreFactors] = terms.factors;
  const [only] = others;
  if (others.length === 0) {
    if (terms.slots.length === 0) return () => constant;
    if (terms.slots.length === 1) return (frame, base) => constant + f0 * frame[base + s0]!;
    if (terms.slots.length === 2) return (frame, base) => constant + f0 * frame[base + s0]! + f1 * frame[base + s1]!;
  }
  if (only && others.length === 1) {
    if (terms.slots.length === 0) return constant === 0 ? only : (frame, base) => constant + only(frame, base);
    if (terms.slots.length === 1) return (frame, base) => constant + f0 * frame[base + s0]! + only(frame, base);
  }
  return (frame, base) => {
    let sum = constant + f0 * frame[base + s0]! + f1 * frame[base + s1]!;
    for (let k = 0; k < moreSlots.length; k++) sum += moreFactors[k]! * frame[base + moreSlots[k]!]!;
    for (const other of others) sum += other(frame, base);
    return sum;
  };
}

function compileProduct(factor: string, of: Expr, slots: Slots): Evaluate {
  const [slot, value] = [slotOf(factor, slots), compile(of, slots)];
  return (frame, base) => frame[base + slot]! * value(frame, base);
}

function compileChoice(kind: "min" | "max", args: readonly Expr[], slots: Slots): Evaluate {
  const choose = kind === "min" ? Math.min : Math.max;
  let bound = kind === "min" ? Infinity : -Infinity;
  const others: Evaluate[] = [];
  for (const arg of args) {
    if (arg.kind === "const") bound = choose(bound, arg.value);
    else others.push(compile(arg, slots));
  }
  const [first, second] = others;
  if (!first) return () => bound;
  if (!second) {
    if (kind === "min") {
      return (frame, base) => {
        const value = first(frame, base);
        return value < bound ? value : bound;
      };
    }
    return (frame, base) => {
      const value = first(frame, base);
      return value > bound ? value : bound;
    };
  }
  return (frame, base) => {
    let chosen = bound;
    for (const other of others) chosen = choose(chosen, other(frame, base));
    return chosen;
  };
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
