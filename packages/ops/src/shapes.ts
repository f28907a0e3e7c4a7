// Arithmetic on shapes whose lengths may be symbols. Symbols are equal if they are spelled equally; the unknown length
// equals nothing. Where a result cannot be known it is the unknown length, never a guess, with one exception: a
// length above 1 wins over a symbol when the two broadcast, as nothing else is legal.
import type { Dim, Shape, ValueType } from "@waferc/ir/graph";
import { UNKNOWN_DIM } from "@waferc/ir/graph";
import { OpError, require } from "./op-error.ts";

export function printShape(shape: Shape): string {
  return `[${shape.join(",")}]`;
}

/** More axes than any model has; files can ask for any number. */
const MOST_AXES = 1024;

/** A shape of which only the rank is known. */
export function unknownShape(rank: number): Shape {
  require(rank <= MOST_AXES, () => `needs at most ${MOST_AXES} axes, but found ${rank}`);
  return Array<"?">(rank).fill("?");
}

/** An axis from 0, for an axis that may count from the end. `limit` is the rank. */
export function normalAxis(axis: number, limit: number, what = "axis"): number {
  require(axis >= -limit && axis < limit, () => `needs ${what} in -${limit} .. ${limit - 1}, but found ${axis}`);
  return axis < 0 ? axis + limit : axis;
}

/** Axes from 0, without repeats, in the given order. */
export function normalAxes(axes: readonly number[], rank: number): number[] {
  const normal = axes.map((axis) => normalAxis(axis, rank, "axes"));
  require(new Set(normal).size === normal.length, () => `needs each axis once, but found ${printShape(axes)}`);
  return normal;
}

export function areDimsEqual(a: Dim | undefined, b: Dim | undefined): boolean {
  return a === b && a !== UNKNOWN_DIM && a !== undefined;
}

/** Can both lengths be the same at run time? */
export function canDimsMatch(a: Dim, b: Dim): boolean {
  return typeof a !== "number" || typeof b !== "number" || a === b;
}

/** The better known of two lengths that must be equal. */
export function mergeDims(a: Dim, b: Dim, what: string): Dim {
  require(canDimsMatch(a, b), () => `needs equal ${what}, but found ${a} and ${b}`);
  if (typeof a === "number" || b === UNKNOWN_DIM) return a;
  return typeof b === "number" || a === UNKNOWN_DIM ? b : a;
}

/** Multidirectional broadcasting of ONNX and numpy. */
export function broadcastShapes(shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const dims = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return dims.reduce((a, b) => broadcastDims(a, b, shapes), 1);
  });
}

function broadcastDims(a: Dim, b: Dim, shapes: readonly Shape[]): Dim {
  if (a === 1) return b;
  if (b === 1 || areDimsEqual(a, b)) return a;
  if (typeof a === "number" && typeof b === "number") {
    throw new OpError(`needs shapes that broadcast, but found ${shapes.map(printShape).join(" and ")}`);
  }
  if (typeof a === "number") return a;
  return typeof b === "number" ? b : UNKNOWN_DIM;
}

/** The broadcast of these operands' shapes; undefined if a rank is unknown. */
export function broadcastTypes(types: readonly ValueType[]): Shape | undefined {
  const shapes: Shape[] = [];
  for (const { shape } of types) {
    if (shape === undefined) return undefined;
    shapes.push(shape);
  }
  return broadcastShapes(shapes);
}

/** Does `shape` broadcast to `target` without making it larger? */
export function canBroadcastTo(shape: Shape, target: Shape): boolean {
  if (shape.length > target.length) return false;
  return shape.every((dim, i) => dim === 1 || canDimsMatch(dim, target[target.length - shape.length + i] as Dim));
}

/** Sum of lengths; symbols make an expression such as "past + seq". */
export function addDims(dims: readonly Dim[]): Dim {
  if (dims.includes(UNKNOWN_DIM)) return UNKNOWN_DIM;
  let constant = 0;
  const symbols: string[] = [];
  for (const dim of dims) {
    if (typeof dim === "number") constant += dim;
    else if (/^[\w.]+( \+ [\w.]+)*$/.test(dim)) for (const part of dim.split(" + ")) addPart(part);
    else symbols.push(dim);
  }
  if (symbols.length === 0) return constant;
  return [...symbols, ...(constant === 0 ? [] : [String(constant)])].join(" + ");

  function addPart(part: string): void {
    if (/^\d+$/.test(part)) constant += Number(part);
    else symbols.push(part);
  }
}

/** A product of lengths: a number times symbols. Undefined factors make it unknown. */
interface Product {
  readonly factor: number;
  readonly symbols: readonly string[];
}

function productOf(dims: Shape): Product | undefined {
  if (dims.includes(0)) return { factor: 0, symbols: [] };
  if (dims.includes(UNKNOWN_DIM)) return undefined;
  const factor = dims.reduce((product: number, dim) => (typeof dim === "number" ? product * dim : product), 1);
  return { factor, symbols: dims.filter((dim) => typeof dim === "string") };
}

/** Product of lengths where that is a number or one symbol; else unknown. */
export function multiplyDims(dims: Shape): Dim {
  const product = productOf(dims);
  if (product === undefined || product.symbols.length > 1) return UNKNOWN_DIM;
  const [symbol] = product.symbols;
  if (symbol === undefined) return product.factor;
  return product.factor === 1 ? symbol : UNKNOWN_DIM;
}

/** The length that makes `divisor` times it hold as many elements as `dividend`. */
export function divideShapes(dividend: Shape, divisor: Shape): Dim {
  const [above, below] = [productOf(dividend), productOf(divisor)];
  if (above === undefined || below === undefined) return UNKNOWN_DIM;
  const left = [...above.symbols];
  for (const symbol of below.symbols) {
    const at = left.indexOf(symbol);
    if (at < 0) return UNKNOWN_DIM;
    left.splice(at, 1);
  }
  if (below.factor === 0) return above.factor === 0 ? 0 : UNKNOWN_DIM;
  const quotient = above.factor / below.factor;
  if (left.length === 0) {
    require(Number.isInteger(quotient), () => `cannot divide ${printShape(dividend)} into ${printShape(divisor)}`);
    return quotient;
  }
  return left.length === 1 && quotient === 1 ? (left[0] as string) : UNKNOWN_DIM;
}
