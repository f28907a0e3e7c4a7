/**
 * The text form of programs (`docs/dfir.md`). Complete: every field of the noun is in the text, also of programs that do not
 * verify. Canonical: one text for equal programs.
 */
import { DFIR_VERSION, printExtents, printSymbolName, printValueName, quote, TextWriter } from "@waferc/base";
import { printWord } from "./entity.ts";
import { printExpr } from "./expr-text.ts";
import { printRule, writeCode } from "./print-code.ts";
import type {
  Code,
  CoreClass,
  CoreSet,
  ElementType,
  Entry,
  HostStream,
  KernelInfo,
  ParamValue,
  Program,
  ProgramTensor,
  RouterRules,
  StridedRect,
} from "./program.ts";

export function printProgram(program: Program): string {
  const writer = new TextWriter();
  writeProgram(writer, program);
  return writer.toString();
}

/** Writes a section, header line included. */
export function writeProgram(writer: TextWriter, program: Program): void {
  const { name, width, height, sha256 } = program.machine;
  const machine = `${printWord(name)} grid ${printExtents([width, height])}${printDigest(sha256)}`;
  writer.line(`dfir ${DFIR_VERSION} program ${printSymbolName(program.name)} for ${machine}`);
  writer.indented(() => {
    for (const tensor of program.tensors) writer.line(printTensor(tensor));
    for (const [index, kernel] of program.kernels.entries()) writer.line(printKernel(kernel, index));
    for (const entry of program.entries) writeEntry(writer, entry, program.tensors);
  });
}

/** ` sha256:9f2a`, nothing for an empty digest, and a string for what is none. */
function printDigest(digest: string): string {
  if (digest === "") return "";
  return /^[0-9a-f]+$/.test(digest) ? ` sha256:${digest}` : ` ${quote(digest)}`;
}

function printType(type: ElementType, shape: readonly number[]): string {
  return `${type}[${shape.join(",")}]`;
}

function printTensor(tensor: ProgramTensor): string {
  const type = printType(tensor.type, tensor.shape);
  return `tensor ${printValueName(tensor.name)} : ${type}${printDigest(tensor.sha256)}`;
}

function printKernel(kernel: KernelInfo, index: number): string {
  const loc = kernel.loc.length > 0 ? ` loc(${kernel.loc.map(quote).join(", ")})` : "";
  return `kernel k${index} = ${printWord(kernel.template)} ${quote(kernel.name)}${loc}`;
}

function writeEntry(writer: TextWriter, entry: Entry, tensors: readonly ProgramTensor[]): void {
  writer.block(`entry ${printSymbolName(entry.name)}`, () => {
    for (const step of entry.steps) writer.line(`step ${printWord(step.name)} ${step.min}..${step.max}`);
    for (const code of entry.codes) writeCode(writer, code, tensors);
    for (const coreClass of entry.classes) writer.line(printClass(coreClass, entry.codes));
    for (const route of entry.routes) writer.line(printRoute(route));
    for (const stream of entry.streams) writer.line(printStream(stream));
  });
}

function printClass(coreClass: CoreClass, codes: readonly Code[]): string {
  const code = codes[coreClass.code];
  const isFirst = codes.findIndex(({ name }) => name === code?.name) === coreClass.code;
  const parts = [
    `class ${printWord(coreClass.name)}`,
    `= ${code && isFirst ? printSymbolName(code.name) : `#${coreClass.code}`}`,
    `on ${printCoreSet(coreClass.cores)}`,
  ];
  if (coreClass.colors.length > 0) parts.push(`colors(${coreClass.colors.join(", ")})`);
  if (coreClass.params.length > 0) parts.push(`params(${coreClass.params.map(printParam).join(", ")})`);
  return parts.join(" ");
}

function printParam(param: ParamValue): string {
  return param.kind === "expr" ? printExpr(param.expr) : `table(${param.values.join(", ")})`;
}

/** `(0,0)+16x32 step(2,1), (1,0)+1x1`; `none` for the empty set. */
function printCoreSet(cores: CoreSet): string {
  return cores.length === 0 ? "none" : cores.map(printRect).join(", ");
}

function printRect({ x, y, w, h, dx, dy }: StridedRect): string {
  return `(${x},${y})+${printExtents([w, h])}${dx === 1 && dy === 1 ? "" : ` step(${dx},${dy})`}`;
}

function printRoute(route: RouterRules): string {
  const parts = [`route color ${route.color} on ${printCoreSet(route.cores)}`];
  if (route.rules.length > 0) parts.push(`: ${route.rules.map(printRule).join(", ")}`);
  if (route.position !== 0) parts.push(`position ${route.position}`);
  if (route.closed) parts.push("closed");
  return parts.join(" ");
}

function printStream(stream: HostStream): string {
  const { x, y, side } = stream.port;
  const data = `${printValueName(stream.tensor)} : ${printType(stream.type, stream.shape)}`;
  const parts = stream.parts?.map(({ tensor, shape }) => `${printValueName(tensor)} [${shape.join(",")}]`);
  const tail = parts === undefined ? "" : ` of (${parts.join(", ")})`;
  return `stream ${stream.direction} ${printWord(stream.name)} = ${data}${tail} color ${stream.color} at ${side}(${x},${y})`;
}
