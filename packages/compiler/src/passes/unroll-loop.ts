// Loop and Scan with a known number of iterations, as copies of their bodies one after the other. Loop goes on while its
// condition holds, so the condition of every iteration must be known before the next is copied; a Loop without a condition
// operand only counts. Scan takes one slice of its scanned inputs in each iteration. Scan outputs are stacked. Gives up,
// and leaves dead copies to be erased, when a condition turns out to depend on data or the budget is used up.
// Leaves out Scan before version 9, which had a batch axis, and scan outputs of no iterations whose type is unknown.
import { attr, attrsOf, intAttr, intsAttr, isStaticShape, type Block, type ValueId } from "@waferc/ir/graph";
import { fullTensor } from "@waferc/numerics";
import type { ControlFlow, Site } from "./control-flow.ts";

/** Results of a Loop, or undefined if its course is not known. */
export function unrollLoop(flow: ControlFlow, site: Site): readonly ValueId[] | undefined {
  const { op } = site;
  const body = bodyOf(site);
  const [limit, start, ...initial] = op.operands;
  const trips = limit === undefined ? Infinity : flow.number(limit);
  const isCounted = start === undefined;
  const first = isCounted ? 1 : flow.number(start);
  if (body === undefined || trips === undefined || first === undefined) return undefined;
  if (isCounted && trips === Infinity) return undefined;
  if (trips !== Infinity && !fits(flow, body, trips)) return undefined;
  const budget = flow.budget;
  let states = initial.filter((id) => id !== undefined);
  if (body.params.length !== states.length + 2 || body.results.length <= states.length) return undefined;
  const slices: (readonly ValueId[])[] = [];
  let condition: number | undefined = first;
  for (let trip = 0; trip < trips && condition !== 0; trip++) {
    const flag = flow.constant(fullTensor("bool", [], true));
    const [next, ...made] = flow.inline(body, [flow.integer(trip), flag, ...states], site.home);
    if (!isCounted) condition = flow.number(next);
    if (condition === undefined || flow.budget < 0) {
      flow.budget = budget;
      return undefined;
    }
    slices.push(made.slice(states.length));
    states = made.slice(0, states.length);
  }
  const outputs = body.results.length - 1 - states.length;
  const stacked = Array.from({ length: outputs }, (_, i) => {
    const column = slices.map((row) => row[i]).filter((id) => id !== undefined);
    return stack(flow, column, 0, body.results[1 + states.length + i], site);
  });
  return stacked.every((id) => id !== undefined) ? [...states, ...stacked] : undefined;
}

/** Results of a Scan, or undefined if its course is not known. */
export function unrollScan(flow: ControlFlow, site: Site): readonly ValueId[] | undefined {
  const { op, home } = site;
  const body = bodyOf(site);
  if (body === undefined || op.version < 9 || op.operands.includes(undefined)) return undefined;
  const operands = op.operands.filter((id) => id !== undefined);
  const stateCount = operands.length - intAttr(op, "num_scan_inputs", 0);
  if (stateCount < 0 || body.params.length !== operands.length || body.results.length < stateCount) return undefined;
  const inputs = operands.slice(stateCount);
  const axes = intsAttr(op, "scan_input_axes") ?? inputs.map(() => 0);
  const trips = lengthAlong(flow, inputs[0], axes[0] ?? 0);
  if (trips === undefined || !fits(flow, body, trips)) return undefined;
  const directions = intsAttr(op, "scan_input_directions") ?? [];
  let states = operands.slice(0, stateCount);
  const slices: (readonly ValueId[])[] = [];
  for (let trip = 0; trip < trips; trip++) {
    const taken = inputs.map((input, i) => {
      const at = flow.integer(directions[i] === 1 ? trips - 1 - trip : trip);
      return flow.emit("Gather", [input, at], attrsOf({ axis: attr.int(axes[i] ?? 0) }), site)[0]!;
    });
    const made = flow.inline(body, [...states, ...taken], home);
    slices.push(made.slice(stateCount));
    states = made.slice(0, stateCount);
  }
  const outputDirections = intsAttr(op, "scan_output_directions") ?? [];
  const outputAxes = intsAttr(op, "scan_output_axes") ?? [];
  const stacked = body.results.slice(stateCount).map((result, i) => {
    const column = slices.map((row) => row[i]).filter((id) => id !== undefined);
    return stack(flow, outputDirections[i] === 1 ? column.reverse() : column, outputAxes[i] ?? 0, result, site);
  });
  return stacked.every((id) => id !== undefined) ? [...states, ...stacked] : undefined;
}

function bodyOf({ op }: Site): Block | undefined {
  const body = op.attrs.get("body");
  return body?.type === "block" ? body.value : undefined;
}

function fits(flow: ControlFlow, body: Block, trips: number): boolean {
  return trips * Math.max(1, body.ops.length) <= flow.budget;
}

function lengthAlong(flow: ControlFlow, id: ValueId | undefined, axis: number): number | undefined {
  const dim = id === undefined ? undefined : flow.run.graph.value(id).shape?.at(axis);
  return typeof dim === "number" ? dim : undefined;
}

/** Slices put together along a new axis; none at all give an empty tensor, if the slice that the body makes has a known type. */
function stack(
  flow: ControlFlow,
  slices: readonly ValueId[],
  axis: number,
  example: ValueId | undefined,
  site: Site,
): ValueId | undefined {
  if (slices.length === 0) {
    const { dtype, shape } = example === undefined ? {} : flow.run.graph.value(example);
    if (dtype === undefined || shape === undefined || !isStaticShape(shape)) return undefined;
    const at = axis < 0 ? axis + shape.length + 1 : axis;
    return flow.constant(fullTensor(dtype, [...shape.slice(0, at), 0, ...shape.slice(at)], 0));
  }
  const rows = slices.map((slice) => flow.emit("Unsqueeze", [slice, flow.integers([axis])], attrsOf({}), site)[0]!);
  return flow.emit("Concat", rows, attrsOf({ axis: attr.int(axis) }), site)[0];
}
