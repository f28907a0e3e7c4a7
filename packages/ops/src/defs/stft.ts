// STFT: the discrete Fourier transform of overlapping frames of a signal [batch, length, 1 or 2], each multiplied by a window first. The result is
// [batch, frames, bins, 2]; `onesided` keeps the first half (and one) of the bins. A frame is as long as `frame_length` says, or else as the window.
// Samples after the last whole frame are not used.
import type { Dim, ValueType } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
import { forwardDft, newComplexes, unitRoots } from "../math/dft.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import type { EvaluateContext, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { mergeDims, printShape } from "../shapes.ts";

const ATTRS = { onesided: flag(true) };
type Attrs = typeof ATTRS;

function inferStft(ctx: InferContext<Attrs>): ValueType {
  const { dtype, shape } = ctx.operand(0);
  require(ctx.has(2) || ctx.has(3), "needs a window or a frame length");
  const frame = frameLength(ctx);
  const step = ctx.ints(1)?.[0];
  require(step === undefined || step > 0, () => `needs a frame step from 1, but found ${step}`);
  const bins = typeof frame === "number" && ctx.attrs.onesided ? Math.floor(frame / 2) + 1 : frame;
  const binCount = ctx.attrs.onesided && typeof frame !== "number" ? "?" : bins;
  if (shape === undefined) return { dtype };
  require(shape.length === 3, () => `needs a signal [batch, length, 1 or 2], but found ${printShape(shape)}`);
  const [batch, length, parts] = shape as readonly [Dim, Dim, Dim];
  require(!ctx.attrs.onesided || parts !== 2, "needs a real signal where onesided is 1");
  return { dtype, shape: [batch, frameCount(length, frame, step), binCount, 2] };
}

function frameLength(ctx: InferContext<Attrs>): Dim {
  const window = ctx.has(2) ? (ctx.shape(2)?.[0] ?? "?") : "?";
  const given = ctx.has(3) ? (ctx.ints(3)?.[0] ?? "?") : "?";
  return mergeDims(window, given, "lengths of window and frame");
}

function frameCount(length: Dim, frame: Dim, step: number | undefined): Dim {
  if (typeof length !== "number" || typeof frame !== "number" || step === undefined) return "?";
  require(frame > 0 && frame <= length, () => `needs a frame length in 1 .. ${length}, but found ${frame}`);
  return Math.floor((length - frame) / step) + 1;
}

function evaluateStft(ctx: EvaluateContext<Attrs>): Tensor {
  const x = ctx.operand(0);
  const { dtype, shape } = ctx.result(0);
  const [batch = 0, frames = 0, bins = 0] = shape;
  const [, length = 0, parts = 0] = x.shape;
  const frame = ctx.has(3) ? ctx.ints(3)[0]! : ctx.operand(2).shape[0]!;
  const step = ctx.ints(1)[0]!;
  const window = ctx.has(2) ? floatsOf(ctx.operand(2)) : undefined;
  const from = floatsOf(x);
  const to = newFloats(floatDType(dtype), elementCount(shape));
  const roots = unitRoots(frame);
  for (let row = 0; row < batch * frames; row++) {
    const start = Math.floor(row / frames) * length + (row % frames) * step;
    const signal = newComplexes(frame);
    for (let t = 0; t < frame; t++) {
      const factor = window?.[t] ?? 1;
      signal.re[t] = factor * from[(start + t) * parts]!;
      signal.im[t] = parts === 2 ? factor * from[(start + t) * parts + 1]! : 0;
    }
    const spectrum = forwardDft(signal, roots);
    for (let k = 0; k < bins; k++) {
      to[(row * bins + k) * 2] = spectrum.re[k]!;
      to[(row * bins + k) * 2 + 1] = spectrum.im[k]!;
    }
  }
  return finishFloats(floatDType(dtype), shape, to);
}

export const stftOp = defineOp({
  kind: "STFT",
  versions: [17],
  traits: ["reduction"],
  attrs: ATTRS,
  operands: [2, 4],
  infer: (ctx) => [inferStft(ctx)],
  evaluate: (ctx) => [evaluateStft(ctx)],
});
