// The mask operand of Attention: terms that were added to the scores, or selected, where the scores had any rank and order of
// dimensions, as one value that broadcasts to [batch, heads, queries, keys]. Dimensions along which a term only repeats are
// dropped, so that masks of padding are made once and not for each head or query.
import type { Op, ValueId } from "@waferc/ir/graph";
import { fullTensor, isFloat } from "@waferc/numerics";
import type { ScoreLayout } from "./attention-layout.ts";
import type { ScaledMask } from "./attention-scores.ts";
import { widestOf } from "./attention-form.ts";
import { castTo } from "./casts.ts";
import type { Rewriter } from "./rewriter.ts";
import { emitView, traceView } from "./view-chain.ts";
import { identityView, planView, reshapeView, type Factor, type FactorDims, type View } from "./view.ts";

/** A finite masking value stands for "as low as it gets"; s + this rounds to this for every score. */
const LOWEST = -1e30;

/** The sum of the terms, in the order in which they were applied; "misfit" if one is no view of a mask. */
export function emitMask(
  rewriter: Rewriter,
  masks: readonly ScaledMask[],
  layout: ScoreLayout,
  covers: readonly Op[],
): ValueId | undefined | "misfit" {
  const terms: ValueId[] = [];
  for (const mask of masks) {
    const dims = layout.dimsAt.get(mask.op);
    const term = dims === undefined ? undefined : emitTerm(rewriter, mask, layout, dims, covers);
    if (term === undefined) return "misfit";
    terms.push(term);
  }
  return sumMasks(rewriter, terms, covers);
}

/** Additive masks as one, in the widest of their float types. */
export function sumMasks(rewriter: Rewriter, terms: readonly ValueId[], covers: readonly Op[]): ValueId | undefined {
  const [first, ...rest] = terms;
  if (first === undefined) return undefined;
  const dtype = widestOf(rewriter, terms);
  return rest.reduce(
    (sum, term) => rewriter.emit("Add", [sum, castTo(rewriter, term, dtype, covers)], { covers }),
    castTo(rewriter, first, dtype, covers),
  );
}

function emitTerm(
  rewriter: Rewriter,
  { op, term, factor }: ScaledMask,
  layout: ScoreLayout,
  dims: FactorDims,
  covers: readonly Op[],
): ValueId | undefined {
  const [result] = op.results;
  const dtype = result === undefined ? undefined : rewriter.dtypeOf(result);
  if (dtype === undefined || !isFloat(dtype)) return undefined;
  const float = dtype === "f16" || dtype === "bf16" || dtype === "f64" ? dtype : "f32";
  const number = (value: number): ValueId => rewriter.constant("number", fullTensor(float, [], value));
  if (term.kind === "add") {
    const mask = spreadMask(rewriter, term.mask, layout, dims, covers);
    const scale = factor * term.sign;
    return mask === undefined || scale === 1 ? mask : rewriter.emit("Mul", [mask, number(scale)], { covers });
  }
  const given = term.kind === "select" ? spreadMask(rewriter, term.keep, layout, dims, covers) : undefined;
  if (given === undefined || term.kind !== "select") return undefined;
  const keep = castTo(rewriter, given, "bool", covers);
  const masked = number(maskedValue(term.masked * factor, float));
  return rewriter.emit("Where", term.isInverted ? [keep, masked, number(0)] : [keep, number(0), masked], { covers });
}

/** What takes the place of a masking value in a sum. */
function maskedValue(given: number, dtype: string): number {
  if (dtype === "f16") return given < -65504 ? -Infinity : given;
  return Math.min(given, LOWEST);
}

/** A mask that broadcasts to scores with dimensions `dims`, as one that broadcasts to [batch, heads, queries, keys]. */
function spreadMask(
  rewriter: Rewriter,
  mask: ValueId,
  layout: ScoreLayout,
  dims: FactorDims,
  covers: readonly Op[],
): ValueId | undefined {
  const shape = rewriter.shapeOf(mask);
  if (shape === undefined || shape.length > dims.length) return undefined;
  const target = [layout.batch, layout.heads, layout.queries, layout.keys];
  const identity = identityView(shape);
  const traced = traceView(rewriter, mask);
  const plain = identity && { source: mask, view: identity };
  for (const trace of [traced, plain]) {
    const view = trace === undefined ? undefined : spreadView(trace.view, dims, target);
    if (trace === undefined || view === undefined) continue;
    // Leading dimensions of 1 need no reshape: masks broadcast.
    const steps = planView(view);
    const [step] = steps;
    const own = rewriter.shapeOf(trace.source) ?? [];
    if (steps.length === 1 && step?.kind === "reshape" && isPadded(own, step.shape)) return trace.source;
    return emitView(rewriter, trace.source, view, covers);
  }
  return undefined;
}

function isPadded(shape: readonly number[], padded: readonly number[]): boolean {
  const lead = padded.length - shape.length;
  return lead >= 0 && padded.every((length, axis) => (axis < lead ? length === 1 : length === shape[axis - lead]));
}

function spreadView(view: View, dims: FactorDims, target: FactorDims): View | undefined {
  const lead = dims.length - view.result.length;
  const factors: Factor[] = [];
  const fineShape: number[] = [];
  for (const [axis, dim] of view.result.entries()) {
    const scores = dims[axis + lead] ?? [];
    if (dim.length === 0) continue;
    factors.push(...scores);
    fineShape.push(...scores.map(({ length }) => length));
  }
  const fine = reshapeView(view, fineShape);
  if (fine === undefined) return undefined;
  const result = target.map((group) => {
    const parts = group.map((factor) => fine.result[factors.indexOf(factor)]);
    if (parts.every((part) => part === undefined || part.every(({ isRepeat }) => isRepeat))) return [];
    return parts.flatMap((part, i) => part ?? [{ length: group[i]?.length ?? 1, isRepeat: true }]);
  });
  return { source: fine.source, result };
}
