// DFT: the discrete Fourier transform along one axis of [.., length, 1] real or [.., length, 2] complex numbers. The signal is cut or padded with
// zeros to `dft_length`. `onesided` gives the first half (and one) of the spectrum of a real signal; with `inverse` it takes that half
// and gives a real signal, of length 2 (bins - 1) unless stated. The axis is an attribute in version 17 and an operand since.
import type { Dim, Shape, ValueType } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, int } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { forwardDft, inverseDft, newComplexes, unitRoots } from "../math/dft.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import type { EvaluateContext, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis, printShape } from "../shapes.ts";

const ATTRS = { axis: int(1), inverse: flag(false), onesided: flag(false) };
type Attrs = typeof ATTRS;
type Either = Pick<InferContext<Attrs>, "attrs" | "version" | "has" | "ints">;

/** The axis of the signal; undefined if it is not known yet. */
function axisOf(ctx: Either, rank: number): number | undefined {
  let axis: number | undefined = ctx.attrs.axis;
  if (ctx.version >= 20) axis = ctx.has(2) ? ctx.ints(2)?.[0] : -2;
  if (axis === undefined) return undefined;
  const normal = normalAxis(axis, rank);
  require(normal < rank - 1, () => `needs an axis of the signal, but found ${axis}, that of the complex parts`);
  return normal;
}

/** Length of the transform for a signal of this length; undefined if it is not known yet. */
function lengthOf(ctx: Either, extent: Dim): Dim {
  const given = ctx.has(1) ? (ctx.ints(1)?.[0] ?? "?") : undefined;
  const isRealInverse = ctx.attrs.inverse && ctx.attrs.onesided;
  const length = given ?? (isRealInverse ? (typeof extent === "number" ? 2 * (extent - 1) : "?") : extent);
  require(typeof length !== "number" || length > 0, () => `needs a length from 1, but found ${length}`);
  return length;
}

function inferDft(ctx: InferContext<Attrs>): ValueType {
  const { dtype, shape } = ctx.operand(0);
  if (shape === undefined) return { dtype };
  checkParts(shape, ctx.attrs);
  const axis = axisOf(ctx, shape.length);
  const parts = ctx.attrs.inverse && ctx.attrs.onesided ? 1 : 2;
  if (axis === undefined) return { dtype, shape: [...shape.slice(0, -1).map((): Dim => "?"), parts] };
  const length = lengthOf(ctx, shape[axis]!);
  const isHalf = ctx.attrs.onesided && !ctx.attrs.inverse;
  const extent = isHalf ? (typeof length === "number" ? Math.floor(length / 2) + 1 : "?") : length;
  return { dtype, shape: [...shape.slice(0, -1), parts].map((dim, i) => (i === axis ? extent : dim)) };
}

function checkParts(shape: Shape, { inverse, onesided }: AttrValues<Attrs>): void {
  const parts = shape.at(-1);
  const isRight = shape.length >= 2 && (typeof parts !== "number" || parts === 1 || parts === 2);
  require(isRight, () => `needs a signal [.., length, 1 or 2], but found ${printShape(shape)}`);
  require(!onesided || inverse || parts !== 2, "needs a real signal where onesided is 1 and inverse is 0");
}

function evaluateDft(ctx: EvaluateContext<Attrs>): Tensor {
  const x = ctx.operand(0);
  const axis = axisOf(ctx, x.shape.length)!;
  const extent = x.shape[axis]!;
  const length = Number(lengthOf(ctx, extent));
  const { dtype, shape } = ctx.result(0);
  const inner = elementCount(x.shape.slice(axis + 1, -1));
  const outer = elementCount(x.shape.slice(0, axis));
  const [partsIn, partsOut, extentOut] = [x.shape.at(-1)!, shape.at(-1)!, shape[axis]!];
  const from = floatsOf(x);
  const to = newFloats(floatDType(dtype), elementCount(shape));
  const roots = unitRoots(length);
  for (let row = 0; row < outer * inner; row++) {
    const [outside, inside] = [Math.floor(row / inner), row % inner];
    const signal = newComplexes(length);
    for (let t = 0; t < Math.min(extent, length); t++) {
      const at = ((outside * extent + t) * inner + inside) * partsIn;
      signal.re[t] = from[at]!;
      signal.im[t] = partsIn === 2 ? from[at + 1]! : 0;
    }
    if (ctx.attrs.inverse && ctx.attrs.onesided) mirrorHalf(signal, length);
    const result = ctx.attrs.inverse ? inverseDft(signal, roots) : forwardDft(signal, roots);
    for (let k = 0; k < extentOut; k++) {
      const at = ((outside * extentOut + k) * inner + inside) * partsOut;
      to[at] = result.re[k]!;
      if (partsOut === 2) to[at + 1] = result.im[k]!;
    }
  }
  return finishFloats(floatDType(dtype), shape, to);
}

/** Fills the second half of the spectrum of a real signal from the first; the bins that are their own mirror are real. */
function mirrorHalf({ re, im }: { re: Float64Array; im: Float64Array }, length: number): void {
  im[0] = 0;
  for (let k = Math.floor(length / 2) + 1; k < length; k++) {
    re[k] = re[length - k]!;
    im[k] = -im[length - k]!;
  }
  if (length % 2 === 0) im[length / 2] = 0;
}

export const dftOp = defineOp({
  kind: "DFT",
  versions: [17, 20],
  traits: ["reduction"],
  attrs: ATTRS,
  operands: [1, 3],
  infer: (ctx) => [inferDft(ctx)],
  evaluate: (ctx) => [evaluateDft(ctx)],
});
