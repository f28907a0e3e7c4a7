// The mask of Attention, taken apart and put together again: a constant part that keeps everything is dropped, one that is causal
// becomes is_causal, what only repeats along a dimension has length 1 there, and the rest is one operand, equal in layers that
// mask alike. Parts are terms of a sum and conditions of selections, Where(a and b, 0, -inf).
// Causal means: queries see keys up to the one that is aligned with them, the last query with the last key if there is a past, the
// first with the first otherwise; exactly 0 (or true) there, and hugely negative (or false) for all later keys.
// Every row then keeps a key, so that the weights of masked keys are 0 in both forms. A causal part stays in the mask beside parts
// that may mask all the keys that it keeps with finite values: such a row is an average over all keys, is_causal would change it.
import { attr, intAttr, type GraphBuilder, type Op, type TensorSource, type ValueId } from "@waferc/ir/graph";
import { isFloat, toFloat64 } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { sumMasks } from "./attention-mask.ts";
import { MASKED_BELOW } from "./attention-scores.ts";
import { wholeUpdate } from "./gather-view.ts";
import { narrowMask } from "./narrow-mask.ts";
import { readUniform } from "./product.ts";
import { Rewriter } from "./rewriter.ts";

const MASK_OPERAND = 3;
const PAST_OPERAND = 4;

/** A larger constant is not looked into. */
const MASK_BYTES = 2 ** 26;

export const absorbMasks: Pass<"graph", "graph", NoOptions> = {
  name: "absorb-masks",
  from: "graph",
  to: "graph",
  summary: "Turn constant causal masks of Attention into is_causal, and make masks small",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const op of rewriter.graph.ops) {
      if (op.domain === "" && op.kind === "Attention" && absorb(rewriter, op)) stats.add("absorbed", 1);
    }
    return rewriter.finish();
  },
};

/** One part of a mask: a term of the sum, or a condition under which keys stay. */
type Part =
  | { readonly kind: "term"; readonly value: ValueId }
  | {
      readonly kind: "select";
      /** Keys stay where all of these are true (none is, if `isInverted`). */
      readonly conditions: readonly ValueId[];
      readonly isInverted: boolean;
      readonly op: Op;
      /** The operand of the Where for masked keys. */
      readonly masked: ValueId;
      readonly zero: ValueId;
    }
  | { readonly kind: "bool"; readonly conditions: readonly ValueId[] };

interface Scores {
  readonly queries: number;
  readonly keys: number;
  /** Key that the first query is aligned with. */
  readonly offset: number;
}

function absorb(rewriter: Rewriter, op: Op): boolean {
  const { graph } = rewriter;
  const mask = op.operands[MASK_OPERAND];
  const [queries, fresh] = [rewriter.shapeOf(op.operands[0])?.[1], rewriter.shapeOf(op.operands[1])?.[1]];
  if (mask === undefined || queries === undefined || fresh === undefined) return false;
  const offset = rewriter.shapeOf(op.operands[PAST_OPERAND])?.[2] ?? 0;
  const scores = { queries, keys: fresh + offset, offset };
  const isCausal = intAttr(op, "is_causal", 0) !== 0;
  const given = partsOf(rewriter, mask);
  const state: State = { rewriter, scores, isCausal, takesCausal: true };
  const parts = keptParts(state, given);
  if (state.isCausal && !isCausal && !parts.every((part) => isExact(state, part))) {
    Object.assign(state, { isCausal, takesCausal: false });
    parts.splice(0, parts.length, ...keptParts(state, given));
  }
  const isWhole = parts.length === given.length && parts.every((part, i) => isSamePart(part, given[i]));
  const rest = isWhole ? mask : combine(rewriter, parts);
  const small = rest === undefined ? undefined : narrowMask(rewriter, rest);
  if (small === mask) return false;
  graph.setOperand(op.id, MASK_OPERAND, small);
  if (state.isCausal) graph.setAttrs(op.id, new Map(op.attrs).set("is_causal", attr.int(1)));
  return true;
}

function isSamePart(a: Part, b: Part | undefined): boolean {
  if (a.kind === "term" || b === undefined || b.kind === "term") return a === b;
  return a.conditions.length === b.conditions.length;
}

interface State {
  readonly rewriter: Rewriter;
  readonly scores: Scores;
  isCausal: boolean;
  /** Whether parts that is_causal expresses are taken out. */
  takesCausal: boolean;
}

/** Twice, because a causal part may make others needless that only mask later keys. */
function keptParts(state: State, parts: readonly Part[]): Part[] {
  const once = parts.flatMap((part) => keptPart(state, part));
  return once.flatMap((part) => keptPart(state, part));
}

/**
 * Whether a row in which this part masks all keys that the causal part keeps is the same without the causal part: zeros if masked
 * means minus infinity. Finite values would spread the row over other keys than before; constants show that there is no such row.
 */
function isExact({ rewriter, scores }: State, part: Part): boolean {
  const { graph } = rewriter;
  if (part.kind === "bool") return true;
  if (part.kind !== "term") return readUniform(graph.constant(part.masked)) === -Infinity;
  const elements = readMask(graph, part.value);
  const columns = rewriter.shapeOf(part.value)?.at(-1) ?? 1;
  const rows = rewriter.shapeOf(part.value)?.at(-2) ?? 1;
  if (elements === undefined) return false;
  const keptRows = new Set<number>();
  elements.forEach((element, i) => {
    const row = Math.floor(i / columns);
    const last = rows === 1 ? scores.offset : (row % rows) + scores.offset;
    if (element > MASKED_BELOW && (i % columns <= last || columns === 1)) keptRows.add(row);
  });
  return keptRows.size === elements.length / columns;
}

/** Parts of a mask, in order. */
function partsOf(rewriter: Rewriter, mask: ValueId): Part[] {
  const { graph } = rewriter;
  if (rewriter.dtypeOf(mask) === "bool") return [{ kind: "bool", conditions: conditionsOf(graph, mask, "And") }];
  const op = graph.producer(mask);
  const written = op === undefined ? undefined : wholeUpdate(rewriter, op);
  if (written !== undefined) return partsOf(rewriter, written);
  const [first, second, third] = op?.operands ?? [];
  if (op === undefined || op.domain !== "" || first === undefined || second === undefined)
    return [{ kind: "term", value: mask }];
  if (op.kind === "Add") return [first, second].flatMap((id) => partsOf(rewriter, id));
  if (op.kind !== "Where" || third === undefined) return [{ kind: "term", value: mask }];
  const [yes, no] = [readUniform(graph.constant(second)), readUniform(graph.constant(third))];
  const isSelection = (zero: number | undefined, low: number | undefined): boolean =>
    zero === 0 && low !== undefined && low <= MASKED_BELOW;
  if (isSelection(yes, no)) {
    const conditions = conditionsOf(graph, first, "And");
    return [{ kind: "select", conditions, isInverted: false, op, masked: third, zero: second }];
  }
  if (!isSelection(no, yes)) return [{ kind: "term", value: mask }];
  return [
    { kind: "select", conditions: conditionsOf(graph, first, "Or"), isInverted: true, op, masked: second, zero: third },
  ];
}

function readMask(graph: GraphBuilder, id: ValueId): Float64Array | undefined {
  const source = graph.constant(id);
  if (source === undefined || source.byteLength > MASK_BYTES || !isFloat(source.dtype)) return undefined;
  return toFloat64(source.read());
}

/** Operands of a tree of And or Or. */
function conditionsOf(graph: GraphBuilder, id: ValueId, kind: "And" | "Or"): ValueId[] {
  const op = graph.producer(id);
  if (op === undefined || op.domain !== "" || op.kind !== kind) return [id];
  return op.operands.flatMap((operand) => (operand === undefined ? [] : conditionsOf(graph, operand, kind)));
}

/** The part without what is_causal says, and without what keeps everything. */
function keptPart(state: State, part: Part): Part[] {
  if (part.kind === "term") return isDropped(state, part.value, false) ? [] : [part];
  const isInverted = part.kind === "select" && part.isInverted;
  const conditions = part.conditions.filter((id) => !isDropped(state, id, isInverted));
  return conditions.length === 0 ? [] : [{ ...part, conditions }];
}

function isDropped(state: State, id: ValueId, isInverted: boolean): boolean {
  const source = state.rewriter.graph.constant(id);
  if (source === undefined || source.byteLength > MASK_BYTES) return false;
  const form = classify(source, state, isInverted);
  if (form === "causal" && !state.takesCausal) return false;
  if (form === "causal") state.isCausal = true;
  return form !== "other";
}

type MaskForm = "empty" | "causal" | "other";

/** What a constant means for scores [.., queries, keys]. Where the op is causal already, later keys may be kept or not. */
function classify(source: TensorSource, { scores, isCausal }: State, isInverted: boolean): MaskForm {
  const { queries, keys, offset } = scores;
  const isBool = source.dtype === "bool";
  if (!isBool && !isFloat(source.dtype)) return "other";
  const elements = toFloat64(source.read());
  const keeps = (element: number): boolean => (isBool ? (element !== 0) !== isInverted : element === 0);
  const drops = (element: number): boolean => (isBool ? (element !== 0) === isInverted : element <= MASKED_BELOW);
  if (elements.every(keeps)) return "empty";
  const [rows = 1, columns = 1] = source.shape.slice(-2);
  if (rows !== queries || columns !== keys || source.shape.length < 2) return "other";
  const isCausalMask = elements.every((element, i) => {
    const [row, column] = [Math.floor(i / columns) % rows, i % columns];
    return column <= row + offset ? keeps(element) : drops(element) || (isCausal && keeps(element));
  });
  return isCausalMask ? "causal" : "other";
}

/** The parts as one operand, additive unless the only part is a condition. */
function combine(rewriter: Rewriter, parts: readonly Part[]): ValueId | undefined {
  const terms = parts.map((part) => (part.kind === "term" ? part.value : emitSelection(rewriter, part)));
  const covers = terms.map((id) => rewriter.graph.producer(id)).filter((op) => op !== undefined);
  return terms.length === 1 ? terms[0] : sumMasks(rewriter, terms, covers);
}

function emitSelection(rewriter: Rewriter, part: Exclude<Part, { kind: "term" }>): ValueId {
  const { graph } = rewriter;
  const kind = part.kind === "select" && part.isInverted ? "Or" : "And";
  const narrow = part.conditions.map((id) => narrowMask(rewriter, id));
  const producers = part.conditions.map((id) => graph.producer(id)).filter((op) => op !== undefined);
  const covers = part.kind === "select" ? [part.op] : producers;
  const condition = narrow.reduce((both, id) => rewriter.emit(kind, [both, id], { covers }));
  if (part.kind === "bool") return condition;
  const operands = part.isInverted ? [condition, part.masked, part.zero] : [condition, part.zero, part.masked];
  return rewriter.emit("Where", operands, { covers });
}
