// Codes as the token run executes them: only what moves wavelets or waits, in flat arrays; loops without any of it are left out.
import { is16Bit } from "@waferc/ir/program";
import type { Code, Instruction, View } from "@waferc/ir/program";
import type { ClassModel } from "./class-model.ts";
import type { Evaluate } from "./compile-expr.ts";

export const OP = {
  end: 0,
  loop: 1,
  next: 2,
  send: 3,
  recv: 4,
  forward: 5,
  control: 6,
  wait: 7,
  bindIn: 8,
  bindOut: 9,
  open: 10,
} as const;

/** One step of a token code. Unused fields are -1. */
export interface TokenStep {
  readonly op: number;
  /** Formal colours. */
  readonly inColor: number;
  readonly outColor: number;
  /** Microthread, or -1 for the main thread. */
  readonly thread: number;
  /** Wavelets to move, or iterations; a constant where `count` is undefined. */
  readonly constant: number;
  readonly count: Evaluate | undefined;
  /** Loop: slot of the variable; `limit`: slot of the number of iterations; `target`: step behind the loop, or first in it. */
  readonly slot: number;
  readonly limit: number;
  target: number;
  /** bind: the queue. control: 1 for advance, 2 for close. */
  readonly value: number;
  /** Index of the instruction in the class's sites. */
  readonly site: number;
  readonly instruction: Instruction | undefined;
}

export interface TokenCode {
  readonly steps: readonly TokenStep[];
  /** Frame size: the model's slots and one more for the number of iterations of each loop. */
  readonly frameSize: number;
}

export function isFabricOrControl(instruction: Instruction): boolean {
  switch (instruction.op) {
    case "send":
    case "recv":
    case "recv_reduce":
    case "drop":
    case "forward":
    case "wait":
    case "bind":
    case "advance":
    case "close":
    case "open":
      return true;
    default:
      return false;
  }
}

function movesTokens(instruction: Instruction): boolean {
  return instruction.op === "repeat" ? instruction.body.some(movesTokens) : isFabricOrControl(instruction);
}

/** Wavelets that a fabric instruction moves. */
export function countOf(
  model: ClassModel,
  instruction: Instruction,
): { constant: number; count: Evaluate | undefined } {
  switch (instruction.op) {
    case "send":
      return waveletCount(model, instruction.src);
    case "recv":
    case "recv_reduce":
      return waveletCount(model, instruction.dst);
    case "forward":
      if (instruction.view) return waveletCount(model, instruction.view);
      break;
    case "advance":
    case "close":
      return { constant: 1, count: undefined };
    default:
  }
  if (!("count" in instruction) || instruction.count === undefined) return { constant: 0, count: undefined };
  const { constant, evaluate } = model.compile(instruction.count);
  return constant === undefined ? { constant: 0, count: evaluate } : { constant, count: undefined };
}

/** Two elements of a 16-bit type to a wavelet. */
function waveletCount(model: ClassModel, view: View): { constant: number; count: Evaluate | undefined } {
  const { constant, count } = sizeOf(model, view);
  if (!is16Bit(model.code.buffers[view.buffer]!.type)) return { constant, count };
  return { constant: Math.ceil(constant / 2), count: count && ((frame, base) => Math.ceil(count(frame, base) / 2)) };
}

/** Elements of a view. */
function sizeOf(model: ClassModel, view: View): { constant: number; count: Evaluate | undefined } {
  let constant = 1;
  const factors: Evaluate[] = [];
  for (const { count } of view.dims) {
    const compiled = model.compile(count);
    if (compiled.constant === undefined) factors.push(compiled.evaluate);
    else constant *= Math.max(0, compiled.constant);
  }
  const [first, second, ...others] = factors;
  if (!first || constant === 0) return { constant, count: undefined };
  if (!second) return { constant: 0, count: (frame, base) => constant * Math.max(0, first(frame, base)) };
  return {
    constant: 0,
    count: (frame, base) => {
      let size = constant * Math.max(0, first(frame, base)) * Math.max(0, second(frame, base));
      for (const factor of others) size *= Math.max(0, factor(frame, base));
      return size;
    },
  };
}

const compiled = new WeakMap<ClassModel, TokenCode>();

/** The token code of a class. Its colours are formal. */
export function tokenCodeOf(model: ClassModel): TokenCode {
  let code = compiled.get(model);
  if (!code) compiled.set(model, (code = compileTokenCode(model)));
  return code;
}

function compileTokenCode(model: ClassModel): TokenCode {
  const steps: TokenStep[] = [];
  let site = 0;
  let loops = 0;
  const add = (op: number, fields: Partial<TokenStep>): TokenStep => {
    const step: TokenStep = {
      op,
      inColor: fields.inColor ?? -1,
      outColor: fields.outColor ?? -1,
      thread: fields.thread ?? -1,
      constant: fields.constant ?? 0,
      count: fields.count,
      slot: fields.slot ?? -1,
      limit: fields.limit ?? -1,
      target: fields.target ?? -1,
      value: fields.value ?? -1,
      site: fields.site ?? -1,
      instruction: fields.instruction,
    };
    steps.push(step);
    return step;
  };
  const visit = (body: readonly Instruction[]): void => {
    for (const instruction of body) {
      const here = site++;
      if (instruction.op !== "repeat") {
        addStep(model, add, instruction, here);
        continue;
      }
      if (!movesTokens(instruction)) {
        site = model.sites[here + 1] ? here + 1 + countSites(instruction.body) : here + 1;
        continue;
      }
      const { constant, evaluate } = model.compile(instruction.count);
      const slot = model.slots.get(instruction.variable)!;
      const limit = model.slotCount + loops++;
      const counts = constant === undefined ? { count: evaluate } : { constant };
      const loop = add(OP.loop, { ...counts, slot, limit, site: here, instruction });
      const start = steps.length;
      visit(instruction.body);
      add(OP.next, { slot, limit, target: start, site: here, instruction });
      loop.target = steps.length;
    }
  };
  visit(model.code.body);
  add(OP.end, {});
  return { steps, frameSize: model.slotCount + loops };
}

function countSites(body: readonly Instruction[]): number {
  return body.reduce((sum, i) => sum + 1 + (i.op === "repeat" ? countSites(i.body) : 0), 0);
}

function addStep(
  model: ClassModel,
  add: (op: number, fields: Partial<TokenStep>) => void,
  instruction: Instruction,
  site: number,
): void {
  const place = { site, instruction };
  const thread = "thread" in instruction && instruction.op !== "wait" ? (instruction.thread ?? -1) : -1;
  switch (instruction.op) {
    case "send":
      return add(OP.send, { ...place, thread, outColor: instruction.color, ...countOf(model, instruction) });
    case "recv":
    case "recv_reduce":
    case "drop":
      return add(OP.recv, { ...place, thread, inColor: instruction.color, ...countOf(model, instruction) });
    case "forward": {
      const colors = { inColor: instruction.from, outColor: instruction.to };
      return add(OP.forward, { ...place, thread, ...colors, ...countOf(model, instruction) });
    }
    case "advance":
    case "close":
      return add(OP.control, { ...place, outColor: instruction.color, value: instruction.op === "advance" ? 1 : 2 });
    case "wait":
      return add(OP.wait, { ...place, thread: instruction.thread });
    case "bind":
      if (instruction.direction === "in")
        return add(OP.bindIn, { ...place, inColor: instruction.color, value: instruction.queue });
      return add(OP.bindOut, { ...place, outColor: instruction.color, value: instruction.queue });
    case "open":
      return add(OP.open, { ...place, inColor: instruction.color });
    default:
  }
}

/** Formal colours that a code may take wavelets from, emit on, control or open. */
export interface ColorRoles {
  readonly takes: ReadonlySet<number>;
  readonly emits: ReadonlySet<number>;
  readonly controls: ReadonlySet<number>;
  readonly opens: ReadonlySet<number>;
}

export function colorRoles(code: Code): ColorRoles {
  const roles = {
    takes: new Set<number>(),
    emits: new Set<number>(),
    controls: new Set<number>(),
    opens: new Set<number>(),
  };
  const visit = (body: readonly Instruction[]): void => {
    for (const instruction of body) {
      if (instruction.op === "repeat") visit(instruction.body);
      else noteRoles(instruction, roles);
    }
  };
  visit(code.body);
  return roles;
}

function noteRoles(instruction: Instruction, roles: { readonly [K in keyof ColorRoles]: Set<number> }): void {
  switch (instruction.op) {
    case "send":
      roles.emits.add(instruction.color);
      return;
    case "recv":
    case "recv_reduce":
    case "drop":
      roles.takes.add(instruction.color);
      return;
    case "forward":
      roles.takes.add(instruction.from);
      roles.emits.add(instruction.to);
      return;
    case "advance":
    case "close":
      roles.emits.add(instruction.color);
      roles.controls.add(instruction.color);
      return;
    case "bind":
      roles[instruction.direction === "in" ? "takes" : "emits"].add(instruction.color);
      return;
    case "open":
      roles.opens.add(instruction.color);
      return;
    default:
  }
}
