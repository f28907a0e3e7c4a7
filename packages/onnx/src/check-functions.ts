// Model-local functions: each body is checked once, with the opsets it imports, then all of them as a whole: names, circles of
// calls, and what inlining would make. Functions that nobody calls may use operators that waferc does not know.
import { CODES } from "./codes.ts";
import { checkGraph } from "./check-graph.ts";
import { functionPlace, type LocalFunction } from "./functions.ts";
import { report, type ModelCheck } from "./graph-check.ts";
import { attributeFault } from "./attribute.ts";
import type { GraphProto } from "./proto.ts";

export function checkFunctions(graph: GraphProto, check: ModelCheck): void {
  const { functions, diag } = check;
  for (const { id } of functions.repeated)
    report(check, CODES["ONX-013"], `Cannot have two functions "${id}"`, functionPlace(id));
  const used = functions.usedBy(graph);
  for (const one of functions.all) checkFunction(one, used.has(one), check);
  functions.measure(graph, diag);
}

function checkFunction(one: LocalFunction, isUsed: boolean, check: ModelCheck): void {
  const { id, proto, opsets } = one;
  const at = functionPlace(id);
  if (!proto.name) report(check, CODES["ONX-013"], "Cannot use a function without a name", at);
  const names = [...(proto.attribute ?? []), ...(proto.attributeProto ?? []).map(({ name = "" }) => name)];
  const parameters = new Set(names);
  if (parameters.size < names.length)
    report(check, CODES["ONX-013"], `Cannot use function "${id}": it declares an attribute twice`, at);
  for (const attribute of proto.attributeProto ?? []) {
    const fault = attributeFault(attribute, undefined);
    const what = `the default of attribute "${attribute.name ?? ""}" of function "${id}"`;
    if (fault !== undefined) report(check, CODES["ONX-010"], `Cannot use ${what}: it ${fault.message}`, at);
  }
  const named = (list: readonly string[] = []): { name: string }[] => list.map((name) => ({ name }));
  const body: GraphProto = { node: proto.node ?? [], input: named(proto.input), output: named(proto.output) };
  checkGraph(body, { ...check, opsets, home: one, parameters, isUsed });
}
