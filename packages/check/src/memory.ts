/**
 * Memory (docs/program.md sections 2, 3 and 9):
 *
 *   MEM-001  buffers lie below the code, which is at the top of SRAM
 *   MEM-002  buffers that share addresses are not alive at the same time (live-ranges.ts)
 *   MEM-003  every element of a view lies in its buffer, on every core and in every iteration
 *   MEM-004  a destination does not have an element twice
 *   MEM-005  a source that overlaps the destination is the identical view; those of matmul, gather and scatter do not overlap it at all
 *   MEM-006  views of an instruction have equal counts
 *   MEM-007  preloads stay in their buffers and write no element twice
 *   MEM-008  integer expressions stay in 32 bits
 *   MEM-009  no entry uses addresses at which another entry keeps a persistent buffer of the same core (persistence.ts)
 *
 * Empty views and instructions with an empty destination are exempt from 003 and 006, those that do nothing also from 004 and 005.
 * Assumes a verified program. Gap: preloads of one buffer may overlap each other. What asynchronous operations touch is judged by address in
 * races.ts.
 */
import { bufferBytes, codeBytes, dataBytes, expr, viewUses } from "@waferc/ir/program";
import type { Binding, Code, Entry, Expr, Instruction, View } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import type { ClassModel, Site } from "./class-model.ts";
import { CODES } from "./codes.ts";
import { boundsOf, valueInRange } from "./compile-expr.ts";
import type { SlotRanges } from "./compile-expr.ts";
import { codeEntity, coreName } from "./findings.ts";
import type { Budget, Findings } from "./findings.ts";
import { liveRanges } from "./live-ranges.ts";
import { prove } from "./prove.ts";
import type { Claim, Frame } from "./prove.ts";
import { areStridesSeparate, commonElement, extentOf, isEmptySet, repeatedElement } from "./strided.ts";
import type { StridedSet } from "./strided.ts";
import { reportClaim } from "./report-claim.ts";

/** MEM-001 and MEM-002, which need no cores. */
export function checkCodeMemory(entry: Entry, machine: Machine, findings: Findings): void {
  for (const code of entry.codes) {
    const entity = codeEntity(entry, code);
    const instructions = codeBytes(code, machine.core);
    const room = machine.core.sramBytes - instructions;
    const last = dataBytes(code);
    if (last > room) {
      const message = `Cannot fit @${code.name} on a core: buffers end at ${last} B, code begins at ${room} B`;
      const help = [`SRAM has ${machine.core.sramBytes} B, of which instructions take ${instructions} B`];
      findings.report(CODES["MEM-001"], { entity, message, help });
    }
    checkOverlap(code, entity, findings);
  }
}

function checkOverlap(code: Code, entity: string, findings: Findings): void {
  const ranges = liveRanges(code);
  const order = [...code.buffers.keys()].sort((a, b) => code.buffers[a]!.address - code.buffers[b]!.address);
  for (const [i, first] of order.entries()) {
    const lower = code.buffers[first]!;
    const end = lower.address + bufferBytes(lower);
    for (const second of order.slice(i + 1)) {
      const upper = code.buffers[second]!;
      if (upper.address >= end) break;
      const [a, b] = [ranges[first], ranges[second]];
      if (!a || !b || a.last < b.first || b.last < a.first) continue;
      const message = `Cannot keep buffers "${lower.name}" and "${upper.name}" at shared addresses ${upper.address} B to ${Math.min(end, upper.address + bufferBytes(upper)) - 1} B: both are alive`;
      const notes = [{ message: `"${lower.name}" lives ${a.text}` }, { message: `"${upper.name}" lives ${b.text}` }];
      findings.report(CODES["MEM-002"], { entity: `${entity} buffer ${upper.name}`, message, notes });
    }
  }
}

/** MEM-003 to MEM-008 of one class. */
export function checkClassMemory(model: ClassModel, budget: Budget, findings: Findings): void {
  for (const { name, core } of model.badParams) {
    const message = `Cannot give parameter "${name}" a value on ${coreName(model.xs[core]!, model.ys[core]!)}: it leaves 32 bits`;
    findings.report(CODES["MEM-008"], { entity: model.entity, message });
  }
  for (const [index, binding] of model.code.bindings.entries()) {
    checkBinding(model, binding, `${model.codeEntity} preload ${index}`, budget, findings);
  }
  for (const site of model.sites) checkSite(model, site, budget, findings);
}

function checkSite(model: ClassModel, site: Site, budget: Budget, findings: Findings): void {
  const { instruction } = site;
  const report = (code: Parameters<Findings["report"]>[0], action: string, claim: Claim): void =>
    reportClaim({ model, site, findings }, code, action, prove(model, site, claim, budget));
  const exprs = expressionsOf(instruction);
  report(CODES["MEM-008"], "evaluate an expression", {
    reads: exprs.flatMap((e) => model.compile(e).reads),
    holdsWithin: (ranges) => exprs.every((e) => boundsOf(e, model.slots, ranges).fits),
    problemAt: (frame) =>
      exprs.some((e) => Number.isNaN(valueInRange(e, model.slots, frame, 0)))
        ? "a result leaves [-2^31, 2^31)"
        : undefined,
  });
  const uses = viewUses(instruction);
  if (uses.length === 0) return;
  const views = uses.map(({ view }) => view);
  const reads = views.flatMap((view) => viewReads(model, view));
  const isIdle = (frame: Frame): boolean => doesNothing(model, instruction, views[0]!, frame);
  const hasNoDestination = (frame: Frame): boolean => isEmptyView(model, views[0]!, frame);
  const countProblem = countMismatch(instruction);
  if (countProblem)
    report(CODES["MEM-006"], "combine views", countsClaim(model, countProblem, reads, hasNoDestination));
  for (const view of views) report(CODES["MEM-003"], "use a view", boundsClaim(model, view, reads, hasNoDestination));
  const [destination, ...sources] = uses;
  if (destination === undefined || destination.access === "read") return;
  const { view: dst } = destination;
  report(CODES["MEM-004"], "write a view", {
    reads,
    holdsWithin: (ranges) => isInjectiveWithin(model, dst, ranges),
    problemAt: (frame) => {
      if (isIdle(frame)) return undefined;
      const element = repeatedElement(setOf(model, dst, frame));
      return element === undefined ? undefined : `it addresses element ${element} twice`;
    },
  });
  for (const { view } of sources) {
    if (view.buffer !== dst.buffer || (mayBeInPlace(instruction) && areIdentical(dst, view))) continue;
    report(CODES["MEM-005"], "read what is written", overlapClaim(model, instruction, dst, view, reads, isIdle));
  }
}

function boundsClaim(
  model: ClassModel,
  view: View,
  reads: readonly number[],
  hasNoDestination: (frame: Frame) => boolean,
): Claim {
  const buffer = model.code.buffers[view.buffer]!;
  return {
    reads,
    holdsWithin: (ranges) => {
      const { first, last } = extentWithin(model, view, ranges);
      return first >= 0 && last < buffer.elements;
    },
    problemAt: (frame) => {
      if (hasNoDestination(frame) || isEmptyView(model, view, frame)) return undefined;
      const { first, last } = extentOf(setOf(model, view, frame));
      if (first >= 0 && last < buffer.elements) return undefined;
      return `"${buffer.name}" has elements 0 to ${buffer.elements - 1}, the view goes from ${first} to ${last}`;
    },
  };
}

function overlapClaim(
  model: ClassModel,
  instruction: Instruction,
  dst: View,
  src: View,
  reads: readonly number[],
  isIdle: (frame: Frame) => boolean,
): Claim {
  const { name } = model.code.buffers[dst.buffer]!;
  const distance = expr.sub(src.offset, dst.offset);
  return {
    reads,
    holdsWithin: (ranges) => {
      const [d, s] = [extentWithin(model, dst, ranges), extentWithin(model, src, ranges)];
      if (d.last < s.first || s.last < d.first) return true;
      const apart = boundsOf(distance, model.slots, ranges);
      return d.highReach < apart.min + s.lowReach || apart.max + s.highReach < d.lowReach;
    },
    problemAt: (frame) => {
      if (isIdle(frame)) return undefined;
      const [d, s] = [setOf(model, dst, frame), setOf(model, src, frame)];
      if (mayBeInPlace(instruction) && areSameSets(d, s)) return undefined;
      const element = commonElement(d, s);
      return element === undefined ? undefined : `both have element ${element} of "${name}"`;
    },
  };
}

/** Whether a source may be the view that is written. */
function mayBeInPlace({ op }: Instruction): boolean {
  return op !== "matmul" && op !== "gather" && op !== "scatter";
}

function isEmptyView(model: ClassModel, view: View, frame: Frame): boolean {
  return view.dims.some(({ count }) => model.compile(count).evaluate(frame, 0) <= 0);
}

/** Whether an instruction is one of count 0 in this instance. */
export function doesNothing(model: ClassModel, instruction: Instruction, first: View, frame: Frame): boolean {
  if (isEmptyView(model, first, frame)) return true;
  if (instruction.op === "reduce") {
    const { src } = instruction;
    return isEmptyView(model, { ...src, dims: src.dims.slice(-1) }, frame);
  }
  if (instruction.op === "scatter") return isEmptyView(model, instruction.src, frame);
  return instruction.op === "matmul" && isEmptyView(model, instruction.a, frame);
}

// Preloads

function checkBinding(model: ClassModel, binding: Binding, entity: string, budget: Budget, findings: Findings): void {
  const buffer = model.code.buffers[binding.buffer]!;
  const view = { buffer: binding.buffer, offset: binding.offset, dims: binding.dims };
  const reads = [...viewReads(model, view), ...binding.start.flatMap((start) => model.compile(start).reads)];
  const exprs = [binding.offset, ...binding.start, ...binding.dims.map(({ count }) => count)];
  const place: Site = { index: -1, instruction: { op: "wait", thread: 0, kernel: -1 }, path: [], loops: [] };
  const claim: Claim = {
    reads,
    holdsWithin: (ranges) => {
      const { first, last } = extentWithin(model, view, ranges);
      const areInRange = exprs.every((e) => boundsOf(e, model.slots, ranges).fits);
      return areInRange && first >= 0 && last < buffer.elements && isInjectiveWithin(model, view, ranges);
    },
    problemAt: (frame) => {
      if (exprs.some((e) => Number.isNaN(valueInRange(e, model.slots, frame, 0))))
        return "an expression leaves 32 bits";
      const set = setOf(model, view, frame);
      if (isEmptySet(set)) return undefined;
      const { first, last } = extentOf(set);
      if (first < 0 || last >= buffer.elements)
        return `"${buffer.name}" has elements 0 to ${buffer.elements - 1}, the preload goes from ${first} to ${last}`;
      const twice = repeatedElement(set);
      return twice === undefined ? undefined : `it writes element ${twice} of "${buffer.name}" twice`;
    },
  };
  reportClaim(
    { model, site: place, findings, entity },
    CODES["MEM-007"],
    "preload",
    prove(model, place, claim, budget),
  );
}

// Views

function viewReads(model: ClassModel, view: View): readonly number[] {
  return [view.offset, ...view.dims.map(({ count }) => count)].flatMap((e) => model.compile(e).reads);
}

export function setOf(model: ClassModel, view: View, frame: Frame): StridedSet {
  return {
    start: model.compile(view.offset).evaluate(frame, 0),
    counts: view.dims.map(({ count }) => model.compile(count).evaluate(frame, 0)),
    strides: view.dims.map(({ stride }) => stride),
  };
}

/** Bounds of the elements of a view: absolute, and relative to the offset. Empty views have last < first. */
export function extentWithin(
  model: ClassModel,
  view: View,
  ranges: SlotRanges,
): { readonly first: number; readonly last: number; readonly lowReach: number; readonly highReach: number } {
  let [lowReach, highReach] = [0, 0];
  for (const { count, stride } of view.dims) {
    const { max } = boundsOf(count, model.slots, ranges);
    if (max <= 0) return { first: 0, last: -1, lowReach: 0, highReach: -1 };
    const reach = (max - 1) * stride;
    if (reach < 0) lowReach += reach;
    else highReach += reach;
  }
  const offset = boundsOf(view.offset, model.slots, ranges);
  return { first: offset.min + lowReach, last: offset.max + highReach, lowReach, highReach };
}

function isInjectiveWithin(model: ClassModel, view: View, ranges: SlotRanges): boolean {
  const counts = view.dims.map(({ count }) => boundsOf(count, model.slots, ranges).max);
  if (counts.some((count) => count <= 0)) return true;
  return areStridesSeparate(
    counts,
    view.dims.map(({ stride }) => stride),
  );
}

function areIdentical(a: View, b: View): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function areSameSets(a: StridedSet, b: StridedSet): boolean {
  if (a.start !== b.start || a.counts.length !== b.counts.length) return false;
  return a.counts.every((count, d) => count === b.counts[d] && (count === 1 || a.strides[d] === b.strides[d]));
}

// Counts

interface CountPairs {
  readonly pairs: readonly (readonly [Expr, Expr])[];
}

/** Counts that must be equal and are not the same expression; undefined if there are none. */
function countMismatch(instruction: Instruction): CountPairs | undefined {
  const pairs: (readonly [Expr, Expr])[] = [];
  const match = (a: Expr | undefined, b: Expr | undefined): void => {
    if (a && b && a !== b && JSON.stringify(a) !== JSON.stringify(b)) pairs.push([a, b]);
  };
  if (instruction.op === "matmul") {
    const [m, n, m2, k, k2, n2] = [instruction.dst, instruction.a, instruction.b].flatMap(({ dims }) =>
      dims.map(({ count }) => count),
    );
    match(m, m2);
    match(n, n2);
    match(k, k2);
  } else if (instruction.op === "gather" || instruction.op === "scatter") {
    const { dst, src, index } = instruction;
    match(dst.dims[1]?.count, src.dims[1]?.count);
    match((instruction.op === "gather" ? dst : src).dims[0]?.count, index.dims[0]?.count);
  } else {
    const [first, ...others] = viewUses(instruction);
    for (const { view } of others) first?.view.dims.forEach(({ count }, d) => match(count, view.dims[d]?.count));
  }
  return pairs.length > 0 ? { pairs } : undefined;
}

function countsClaim(
  model: ClassModel,
  { pairs }: CountPairs,
  reads: readonly number[],
  hasNoDestination: (frame: Frame) => boolean,
): Claim {
  return {
    reads,
    holdsWithin: (ranges) =>
      pairs.every(([a, b]) => {
        const [left, right] = [boundsOf(a, model.slots, ranges), boundsOf(b, model.slots, ranges)];
        return left.min === left.max && right.min === right.max && left.min === right.min;
      }),
    problemAt: (frame) => {
      if (hasNoDestination(frame)) return undefined;
      for (const [a, b] of pairs) {
        const [left, right] = [a, b].map((e) => model.compile(e).evaluate(frame, 0));
        if (left !== right) return `a dimension has ${left} elements in one and ${right} in the other`;
      }
      return undefined;
    },
  };
}

function expressionsOf(instruction: Instruction): readonly Expr[] {
  const exprs = viewUses(instruction).flatMap(({ view }) => [view.offset, ...view.dims.map(({ count }) => count)]);
  if ("count" in instruction && instruction.count !== undefined) exprs.push(instruction.count);
  if (instruction.op === "iota") exprs.push(instruction.start);
  if (instruction.op === "gather" || instruction.op === "scatter") exprs.push(instruction.base);
  for (const key of ["src", "a", "b"] as const) {
    const source = (instruction as Partial<Record<typeof key, unknown>>)[key];
    if (isIndexSource(source)) exprs.push(source.expr);
  }
  return exprs;
}

function isIndexSource(source: unknown): source is { readonly kind: "index"; readonly expr: Expr } {
  return typeof source === "object" && source !== null && (source as { kind?: unknown }).kind === "index";
}
