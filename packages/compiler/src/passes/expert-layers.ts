// What one expert does: a layer up, an activation, perhaps times a second layer up (SwiGLU and its kin), a layer down. How the product of
// a layer is written differs; the caller knows, and says which layer and which input a product has.
import { floatAttr, stringAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { flatSource } from "./flat-source.ts";
import type { Rewriter } from "./rewriter.ts";

/** A layer's product: what identifies its weights, what it reads, and the part of its result that is meant. */
export interface LayerProduct<W> {
  readonly weights: W;
  readonly input: ValueId;
  readonly ops: readonly Op[];
}

export interface ExpertLayers<W> {
  readonly activation: "silu" | "gelu" | "relu";
  readonly down: W;
  readonly up: LayerPart<W>;
  readonly third: LayerPart<W> | undefined;
  /** What the layers up read. */
  readonly input: ValueId;
  readonly ops: readonly Op[];
}

/** All rows of a layer, or one of its two halves. */
export interface LayerPart<W> {
  readonly weights: W;
  readonly half: 0 | 1 | undefined;
}

export type MatchProduct<W> = (rewriter: Rewriter, id: ValueId) => LayerProduct<W> | undefined;

export function matchExpert<W>(rewriter: Rewriter, id: ValueId, product: MatchProduct<W>): ExpertLayers<W> | undefined {
  const down = product(rewriter, flatSource(rewriter, id));
  if (down === undefined) return undefined;
  const inner = flatSource(rewriter, down.input);
  const op = rewriter.graph.producer(inner);
  const [a, b] = op?.operands ?? [];
  if (op?.domain !== "" || a === undefined) return undefined;
  const pairs: readonly (readonly [ValueId, ValueId | undefined])[] =
    op.kind === "Mul" && b !== undefined ? [[a, b], [b, a]] : [[inner, undefined]]; // prettier-ignore
  for (const [gate, other] of pairs) {
    const curve = activationOf(rewriter, gate);
    const up = curve === undefined ? undefined : matchPart(rewriter, curve.argument, product);
    const third = other === undefined ? undefined : matchPart(rewriter, other, product);
    if (curve === undefined || up === undefined || (other !== undefined && third === undefined)) continue;
    const isSameInput = third === undefined || flatSource(rewriter, third.input) === flatSource(rewriter, up.input);
    if (!isSameInput) continue;
    const ops = [...down.ops, op, curve.op, ...up.ops, ...(third?.ops ?? [])];
    return { activation: curve.name, down: down.weights, up, third, input: up.input, ops };
  }
  return undefined;
}

interface Curve {
  readonly name: "silu" | "gelu" | "relu";
  readonly argument: ValueId;
  readonly op: Op;
}

function activationOf(rewriter: Rewriter, id: ValueId): Curve | undefined {
  const op = rewriter.graph.producer(flatSource(rewriter, id));
  const [argument] = op?.operands ?? [];
  if (op?.domain !== "" || argument === undefined) return undefined;
  if (op.kind === "Swish" && floatAttr(op, "alpha", 1) === 1) return { name: "silu", argument, op };
  if (op.kind === "Gelu" && stringAttr(op, "approximate", "none") === "tanh") return { name: "gelu", argument, op };
  return op.kind === "Relu" ? { name: "relu", argument, op } : undefined;
}

type MatchedPart<W> = LayerPart<W> & LayerProduct<W>;

/** A layer's product, or a half of it along the last axis. */
function matchPart<W>(rewriter: Rewriter, id: ValueId, product: MatchProduct<W>): MatchedPart<W> | undefined {
  const source = flatSource(rewriter, id);
  const whole = product(rewriter, source);
  if (whole !== undefined) return { ...whole, half: undefined };
  const split = rewriter.graph.producer(source);
  const [from] = split?.operands ?? [];
  if (split?.kind !== "Split" || split.domain !== "" || from === undefined || split.results.length !== 2)
    return undefined;
  const [full, part] = [rewriter.shapeOf(from), rewriter.shapeOf(source)];
  const isHalf = full?.at(-1) === 2 * (part?.at(-1) ?? 0);
  const found = isHalf ? product(rewriter, flatSource(rewriter, from)) : undefined;
  return found === undefined
    ? undefined
    : { ...found, half: split.results[0] === source ? 0 : 1, ops: [split, ...found.ops] };
}
