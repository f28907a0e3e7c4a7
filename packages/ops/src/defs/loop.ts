// Loop: runs its body up to a number of times, while a condition holds. The body takes the number of the iteration, the
// condition and the carried values; it gives the next condition and carried values, and slices, which are stacked on a new
// first axis. Without a trip count it is a while loop; without a condition operand the body's condition does not count.
// Carried values may be sequences and optionals, and may change their type. The shape of results that are never
// computed is what the body declares, unknown lengths being 0.
import type { ValueType } from "@waferc/ir/graph";
import { UNKNOWN_DIM } from "@waferc/ir/graph";
import { scalarTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { requiredBlock } from "../attr-spec.ts";
import { bareType, commonType, expectTensor } from "../data.ts";
import type { Data } from "../data.ts";
import { integersOf } from "../math/integers.ts";
import { insertLength, stackOrEmpty } from "../math/stack.ts";
import { defineOp } from "../op-definition.ts";
import type { EvaluateContext, InferContext } from "../op-definition.ts";
import { require } from "../op-error.ts";

const ATTRS = { body: requiredBlock };

/** Parameters of the body before the carried values, and results before them. */
const COUNTERS = 2;
const CONDITIONS = 1;

function inferLoop({ attrs: { body }, operands, blockResults }: InferContext<typeof ATTRS>): ValueType[] {
  const carried = body.params.length - COUNTERS;
  require(carried >= 0, () => `needs a body with ${COUNTERS} parameters or more, but it has ${body.params.length}`);
  const given = Math.max(0, operands.length - COUNTERS);
  require(given === carried, () => `needs ${carried} initial values for its body, but has ${given}`);
  require(body.results.length >= CONDITIONS + carried, () =>
    `needs a body with ${CONDITIONS + carried} results or more, but it has ${body.results.length}`);
  const after = blockResults(body).slice(CONDITIONS);
  return after.map((type, i) => {
    if (i < carried) return commonType([operands[COUNTERS + i] ?? {}, type]);
    const { dtype, shape } = bareType(type);
    return shape === undefined ? { dtype } : { dtype, shape: insertLength(shape, 0, UNKNOWN_DIM) };
  });
}

function evaluateLoop(ctx: EvaluateContext<typeof ATTRS>): Data[] {
  const { attrs, optional, data, has, run, blockResults } = ctx;
  const { body } = attrs;
  const carried = body.params.length - COUNTERS;
  const trips = has(0) ? tripCount(optional(0)) : Infinity;
  const hasCondition = has(1);
  require(hasCondition || trips !== Infinity, "needs a trip count or a condition, or it never ends");
  let isOn = !hasCondition || flagOf(optional(1), "its condition");
  let values = Array.from({ length: carried }, (_, i) => data(COUNTERS + i));
  const slices = body.results.slice(CONDITIONS + carried).map((): Tensor[] => []);
  for (let trip = 0; trip < trips && isOn; trip++) {
    const results = run(body, [scalarTensor("i64", BigInt(trip)), scalarTensor("bool", isOn), ...values]);
    const next = flagOf(expectTensor(results[0]!, "the condition that the body gives"), "the body's condition");
    if (hasCondition) isOn = next;
    values = results.slice(CONDITIONS, CONDITIONS + carried);
    slices.forEach((list, i) =>
      list.push(expectTensor(results[CONDITIONS + carried + i]!, `what the body gives for scan output ${i}`)),
    );
  }
  const types = blockResults(body).slice(CONDITIONS + carried);
  return [...values, ...slices.map((list, i) => stackOrEmpty(list, 0, types[i]))];
}

function tripCount(tensor: Tensor | undefined): number {
  const [count, ...rest] = tensor === undefined ? [] : integersOf(tensor);
  require(count !== undefined && rest.length === 0, "needs one integer as its trip count");
  return count;
}

function flagOf(tensor: Tensor | undefined, what: string): boolean {
  require(tensor?.dtype === "bool" && tensor.data.length === 1, () => `needs one bool as ${what}`);
  return tensor.data[0] === 1;
}

export const loopOp = defineOp({
  kind: "Loop",
  versions: [1, 11, 13, 16, 19, 21, 23, 24, 25],
  traits: ["control"],
  attrs: ATTRS,
  operands: [0, Infinity],
  results: [1, Infinity],
  infer: inferLoop,
  evaluate: evaluateLoop,
});
