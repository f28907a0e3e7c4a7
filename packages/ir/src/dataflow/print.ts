/**
 * The text form of dataflows (`docs/dfir.md`). Kernels are defined where the schedule has them, so that a loop shows its body. Any
 * dataflow prints, also one that does not verify: a kernel that is scheduled again prints as its bare name, one that is never scheduled
 * stands at the end behind `unscheduled`.
 */
import { DFIR_VERSION, formatFloat, isBareName, printExtents, printSymbolName, quote, TextWriter } from "@waferc/base";
import type {
  BlockedDim,
  Dataflow,
  Flow,
  Kernel,
  KernelId,
  LoopStep,
  MeshTensor,
  Operand,
  ParamValue,
  Sharding,
  WeightTensor,
} from "./dataflow.ts";

export function printDataflow(dataflow: Dataflow): string {
  const writer = new TextWriter();
  writeDataflow(writer, dataflow);
  return writer.toString();
}

/** Writes a section, header line included. */
export function writeDataflow(writer: TextWriter, dataflow: Dataflow): void {
  const { name, width, height, sha256 } = dataflow.machine;
  const machine = `${printWord(name)} grid ${printExtents([width, height])}${printDigest(sha256)}`;
  writer.line(`dfir ${DFIR_VERSION} dataflow ${printSymbolName(dataflow.name)} for ${machine}`);
  writer.indented(() => {
    for (const [id, { name: label, width: w, height: h }] of dataflow.groups.entries()) {
      writer.line(`group g${id} ${quote(label)} ${printExtents([w, h])}`);
    }
    for (const [id, weight] of dataflow.weights.entries()) writer.line(printWeight(weight, id));
    for (const [id, tensor] of dataflow.tensors.entries()) writer.line(printTensor(tensor, id));
    for (const [id, flow] of dataflow.flows.entries()) writer.line(printFlow(flow, id));
    writeSchedule(writer, dataflow);
  });
}

function writeSchedule(writer: TextWriter, dataflow: Dataflow): void {
  const defined = new Set<KernelId>();
  const writeKernel = (id: KernelId): void => {
    const kernel = dataflow.kernels[id];
    if (kernel === undefined || defined.has(id)) return writer.line(`k${id}`);
    defined.add(id);
    writer.line(printKernel(kernel, id));
  };
  for (const step of dataflow.steps) {
    if (step.kind === "kernel") writeKernel(step.kernel);
    else writeLoop(writer, step, writeKernel);
  }
  for (const [id, kernel] of dataflow.kernels.entries()) {
    if (!defined.has(id)) writer.line(`unscheduled ${printKernel(kernel, id)}`);
  }
}

function writeLoop(writer: TextWriter, loop: LoopStep, writeKernel: (id: KernelId) => void): void {
  writer.block(`loop ${loop.count} in g${loop.group}`, () => {
    for (const { into, initial, next } of loop.carried) writer.line(`carry t${into} from t${initial} next t${next}`);
    for (const id of loop.body) writeKernel(id);
  });
}

function printWeight({ name, rows, cols, sha256 }: WeightTensor, id: number): string {
  return `weight w${id} : f32[${rows},${cols}]${printDigest(sha256)} as ${quote(name)}`;
}

function printTensor({ name, shape, group, sharding }: MeshTensor, id: number): string {
  return `tensor t${id} : f32[${shape.join(",")}] in g${group} over ${printSharding(sharding)} as ${quote(name)}`;
}

function printFlow({ name, from, to, shape, parts }: Flow, id: number): string {
  const pieces = parts?.map(({ tensor, shape: piece }) => `${quote(tensor)} [${piece.join(",")}]`);
  const tail = pieces === undefined ? "" : ` of (${pieces.join(", ")})`;
  return `flow f${id} : f32[${shape.join(",")}] ${printEnd(from)} -> ${printEnd(to)} as ${quote(name)}${tail}`;
}

function printEnd(end: Flow["from"]): string {
  return end.kind === "host" ? `host ${quote(end.tensor)}` : `g${end.group}`;
}

function printKernel(kernel: Kernel, id: KernelId): string {
  const { template, group, operands, results, params, flow, loc } = kernel;
  const parts = [`k${id} = ${printWord(template)}`];
  if (operands.length > 0) parts.push(operands.map(printOperand).join(", "));
  if (results.length > 0) parts.push(`-> ${results.map((tensor) => `t${tensor}`).join(", ")}`);
  if (params.size > 0) parts.push(printParams(params));
  parts.push(`in g${group}`);
  if (flow !== undefined) parts.push(`flow f${flow}`);
  if (loc.length > 0) parts.push(`loc(${loc.map(quote).join(", ")})`);
  return parts.join(" ");
}

function printOperand(operand: Operand): string {
  switch (operand.kind) {
    case "tensor":
      return `t${operand.tensor}`;
    case "weight":
      return `weights(${operand.weights.map((weight) => `w${weight}`).join(", ")}) over ${printSharding(operand.sharding)}`;
    case "scalar":
      return formatFloat(operand.value);
    default:
      return operand satisfies never;
  }
}

function printParams(params: ReadonlyMap<string, ParamValue>): string {
  const sorted = [...params].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${sorted.map(([name, value]) => `${printWord(name)} = ${printParam(value)}`).join(", ")}}`;
}

function printParam(value: ParamValue): string {
  switch (typeof value) {
    case "number":
      return printNumber(value);
    case "string":
      return quote(value);
    case "boolean":
      return String(value);
    default:
      return `[${value.map(printNumber).join(", ")}]`;
  }
}

/** Whole numbers without a fraction; JavaScript has one kind of number, so the reader need not tell. */
function printNumber(value: number): string {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : formatFloat(value);
}

/** `[128/8@y, 96/6@x]`: extent, block and mesh axis of rows and columns; no axis where every core has the whole dimension. */
export function printSharding({ rows, cols }: Sharding): string {
  return `[${printDim(rows)}, ${printDim(cols)}]`;
}

function printDim({ extent, block, axis }: BlockedDim): string {
  return `${extent}/${block}${axis === "none" ? "" : `@${axis}`}`;
}

function printWord(name: string): string {
  return isBareName(name) ? name : quote(name);
}

/** ` sha256:9f2a`, nothing for an empty digest, and a string for what is none. */
function printDigest(digest: string): string {
  if (digest === "") return "";
  return /^[0-9a-f]+$/.test(digest) ? ` sha256:${digest}` : ` ${quote(digest)}`;
}
