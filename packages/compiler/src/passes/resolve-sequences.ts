// Sequences whose construction is known: their elements are followed from op to op, and what takes tensors out of them
// becomes those elements, or ops on them. A position, a split or a length that depends on data leaves the op, and with
// it the sequence. Optionals with a known content are that content.
// Definitions: https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html and its kin.
import { attr, attrsOf, intAttr, qualifiedKind, type Op, type ValueId } from "@waferc/ir/graph";
import { fullTensor } from "@waferc/numerics";
import type { ControlFlow, Site } from "./control-flow.ts";

/**
 * What the results of an op on sequences are: elements, ops on them, or a constant. Undefined for other ops, for those that make
 * sequences (their elements are noted), and where something is not known.
 */
export function resolveSequenceOp(flow: ControlFlow, site: Site): readonly (ValueId | undefined)[] | undefined {
  const { op } = site;
  const elements = madeElements(flow, site);
  const [result] = op.results;
  if (elements !== undefined && result !== undefined) flow.sequences.set(result, elements);
  const [first, second] = op.operands;
  const sequence = first === undefined ? undefined : flow.sequences.get(first);
  switch (qualifiedKind(op)) {
    case "SequenceAt":
      return one(sequence?.at(flow.number(second) ?? Number.NaN), flow.number(second) !== undefined);
    case "SequenceLength":
      return one(sequence && flow.constant(fullTensor("i64", [], sequence.length)));
    case "ConcatFromSequence":
      return one(sequence && joinElements(flow, sequence, site));
    case "SequenceMap":
      return mapElements(flow, site);
    case "Optional":
    case "OptionalGetElement":
      return first === undefined ? undefined : one(contentOf(flow, first, op));
    case "OptionalHasElement":
      return first === undefined || isKnownContent(flow, first)
        ? one(flow.constant(fullTensor("bool", [], first !== undefined)))
        : undefined;
    default:
      return undefined;
  }
}

function one(id: ValueId | undefined, isKnown = true): readonly ValueId[] | undefined {
  return id === undefined || !isKnown ? undefined : [id];
}

/** Is the value a tensor, or a sequence with known elements, rather than an optional from somewhere else? */
function isKnownContent(flow: ControlFlow, id: ValueId): boolean {
  return flow.sequences.has(id) || flow.run.graph.value(id).wrappers === undefined;
}

function contentOf(flow: ControlFlow, id: ValueId, op: Op): ValueId | undefined {
  return op.kind === "Optional" || isKnownContent(flow, id) ? id : undefined;
}

/** Elements of the sequence that an op makes. */
function madeElements(flow: ControlFlow, site: Site): readonly ValueId[] | undefined {
  const { op } = site;
  const [first, second, third] = op.operands;
  const sequence = first === undefined ? undefined : flow.sequences.get(first);
  switch (qualifiedKind(op)) {
    case "SequenceConstruct":
      return op.operands.filter((id) => id !== undefined);
    case "SequenceEmpty":
      return [];
    case "Identity":
      return sequence;
    case "SequenceInsert": {
      const at = third === undefined ? sequence?.length : flow.number(third);
      return sequence === undefined || second === undefined || at === undefined
        ? undefined
        : sequence.toSpliced(at, 0, second);
    }
    case "SequenceErase": {
      const at = second === undefined ? -1 : flow.number(second);
      return sequence === undefined || at === undefined ? undefined : sequence.toSpliced(at, 1);
    }
    case "SplitToSequence":
      return splitElements(flow, site);
    default:
      return undefined;
  }
}

/** Split into chunks of one length (the last may be shorter), into given lengths, or into single slices. */
function splitElements(flow: ControlFlow, site: Site): readonly ValueId[] | undefined {
  const [x, split] = site.op.operands;
  const axis = intAttr(site.op, "axis", 0);
  const length = x === undefined ? undefined : flow.run.graph.value(x).shape?.at(axis);
  const given = split === undefined ? [1] : flow.numbers(split);
  if (x === undefined || typeof length !== "number" || given === undefined) return undefined;
  if (!given.every(Number.isSafeInteger)) return undefined;
  const isScalar = split === undefined || flow.run.known.get(split)?.shape.length === 0;
  const chunk = given[0] ?? 0;
  if (isScalar && chunk <= 0) return undefined;
  const lengths = isScalar
    ? Array.from({ length: Math.ceil(length / chunk) }, (_, i) => Math.min(chunk, length - i * chunk))
    : given;
  if (lengths.length === 0) return [];
  const parts = flow.emit(
    "Split",
    [x, flow.integers(lengths)],
    attrsOf({ axis: attr.int(axis) }),
    site,
    lengths.length,
  );
  if (split !== undefined || intAttr(site.op, "keepdims", 1) !== 0) return parts;
  return parts.flatMap((part) => flow.emit("Squeeze", [part, flow.integers([axis])], attrsOf({}), site));
}

function joinElements(flow: ControlFlow, sequence: readonly ValueId[], site: Site): ValueId | undefined {
  if (sequence.length === 0) return undefined;
  const axis = intAttr(site.op, "axis", 0);
  const isNew = intAttr(site.op, "new_axis", 0) !== 0;
  const parts = isNew
    ? sequence.flatMap((id) => flow.emit("Unsqueeze", [id, flow.integers([axis])], attrsOf({}), site))
    : sequence;
  return flow.emit("Concat", parts, attrsOf({ axis: attr.int(axis) }), site)[0];
}

/** The body once for each element; operands that are no sequences go into each. */
function mapElements(flow: ControlFlow, site: Site): readonly undefined[] | undefined {
  const { op, home } = site;
  const body = op.attrs.get("body");
  const columns = op.operands.map((id) => (id === undefined ? undefined : flow.sequences.get(id)));
  const [first] = columns;
  if (body?.type !== "block" || first === undefined) return undefined;
  if (body.value.params.length !== op.operands.length) return undefined;
  if (op.operands.some((id, i) => id === undefined || (!columns[i] && !isKnownContent(flow, id)))) return undefined;
  if (first.length * body.value.ops.length > flow.budget) return undefined;
  const rows = first.map((_, i) => {
    const args = op.operands.map((id, k) => columns[k]?.[i] ?? id).filter((id) => id !== undefined);
    return flow.inline(body.value, args, home);
  });
  op.results.forEach((id, i) => {
    const column = rows.map((row) => row[i]).filter((element) => element !== undefined);
    if (id !== undefined) flow.sequences.set(id, column);
  });
  return op.results.map(() => undefined);
}
