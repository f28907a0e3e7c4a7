/**
 * A routed layout to a program: the emitted code of each group and role gets addresses, classes by parity of column and row get colours, channels
 * and routes become router rules, host flows become streams. Nothing is chosen here; what does not fit the machine is reported with amounts.
 */
import { CompileError, makeDiagnostic, type Diagnostic } from "@waferc/base";
import { emitGroup, type EmittedCode, type Role } from "@waferc/kernels";
import { receiveColorIndex, sendColorIndex, type ChannelKind, type Layout, type Region } from "@waferc/ir/layout";
import { expr, walkInstructions, type Code, type CoreClass, type HostStream, type Program } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { CODES } from "../codes.ts";
import { planMemory, type MemoryMap } from "../memory-map.ts";
import { roleCores } from "./role-cores.ts";
import { routerRules } from "./router-rules.ts";
import { describeMemory, type CodeMemory } from "../memory-report.ts";

export interface Assembled {
  readonly program: Program;
  /** SRAM of each code, in the order of the entry's codes. */
  readonly memory: readonly CodeMemory[];
}

const ENTRY = "main";
const ROLES: readonly Role[] = ["root", "other"];

/** @throws CompileError ASM-001 (queues), ASM-002 (SRAM), ASM-003 (a channel or flow without colour) */
export function assembleProgram(layout: Layout, machine: Machine): Assembled {
  const { dataflow } = layout;
  const diagnostics: Diagnostic[] = [];
  const codes: Code[] = [];
  const classes: CoreClass[] = [];
  const memory: CodeMemory[] = [];
  for (const region of layout.regions) {
    for (const role of ROLES) {
      if (role === "other" && region.width * region.height === 1) continue;
      const emitted = emitGroup(dataflow, region.group, role);
      const map = planMemory(emitted, machine.core);
      const name = `${dataflow.groups[region.group]?.name ?? `g${region.group}`}_${role}`;
      const report = describeMemory(name, emitted, map, dataflow);
      memory.push(report);
      diagnostics.push(...checkFit(report, emitted, machine));
      codes.push(toCode(name, emitted, map));
      classes.push(...classesOf(layout, region, role, emitted, codes.length - 1, name));
    }
  }
  if (diagnostics.length > 0) throw new CompileError(diagnostics);
  const program: Program = {
    name: dataflow.name,
    machine: { name: machine.name, sha256: machine.sha256, width: machine.width, height: machine.height },
    tensors: dataflow.weights.map(({ name, rows, cols, sha256 }) => ({
      name,
      type: "f32",
      shape: [rows, cols],
      sha256,
    })),
    kernels: dataflow.kernels.map(({ template, loc }, id) => ({ name: `k${id}`, template, loc })),
    entries: [{ name: ENTRY, steps: [], codes, classes, routes: routerRules(layout), streams: hostStreams(layout) }],
  };
  return { program, memory };
}

function toCode(name: string, emitted: EmittedCode, map: MemoryMap): Code {
  const seen = new Map<string, number>();
  const unique = (wanted: string): string => {
    const uses = (seen.get(wanted) ?? 0) + 1;
    seen.set(wanted, uses);
    return uses === 1 ? wanted : `${wanted}_${uses}`;
  };
  return {
    name,
    colors: emitted.colors,
    params: emitted.params,
    buffers: emitted.buffers.map((buffer, index) => ({
      name: unique(buffer.name),
      type: buffer.type,
      address: map.addresses[index] ?? 0,
      elements: buffer.elements,
      persistent: false,
    })),
    bindings: emitted.bindings,
    body: emitted.body,
  };
}

function checkFit(report: CodeMemory, emitted: EmittedCode, machine: Machine): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const direction of ["in", "out"] as const) {
    const demand = queuesOf(emitted, direction);
    const bound = direction === "in" ? machine.core.inputQueues : machine.core.outputQueues;
    if (demand <= bound) continue;
    found.push(
      makeDiagnostic(CODES["ASM-001"], {
        message: `Cannot bind the colours of code "${report.code}": needs ${demand} ${direction}put queues, a core has ${bound}`,
        at: { kind: "entity", id: report.code },
        help: ["give the region fewer inputs and outputs: fewer graph inputs that reach the mesh, or more groups"],
        facts: { demand, bound, unit: "queues" },
      }),
    );
  }
  const demand = report.codeBytes + report.dataBytes;
  if (demand > machine.core.sramBytes) found.push(memoryOverflow(report, demand, machine.core.sramBytes));
  return found;
}

/** Queues that a code binds; one may serve several colours in turn. */
function queuesOf({ body }: EmittedCode, direction: "in" | "out"): number {
  const queues = [...walkInstructions(body)].map((at) => at.instruction);
  return queues.reduce(
    (most, instruction) =>
      instruction.op === "bind" && instruction.direction === direction ? Math.max(most, instruction.queue + 1) : most,
    0,
  );
}

function memoryOverflow(report: CodeMemory, demand: number, bound: number): Diagnostic {
  const users = report.users.slice(0, 6);
  return makeDiagnostic(CODES["ASM-002"], {
    message: `Cannot fit code "${report.code}" on a core: needs ${demand} B, core memory is ${bound} B`,
    at: { kind: "entity", id: report.code },
    notes: [
      { message: `instructions ${report.codeBytes} B + buffers ${report.dataBytes} B at their peak` },
      ...users.map((user) => ({ message: `${user.bytes} B ${user.what}` })),
    ],
    help: ["a larger region or machine, fewer tokens (--dim), or more SRAM (--set core.sramBytes=N)"],
    facts: { demand, bound, unit: "B", terms: users.map((user) => ({ name: user.what, amount: user.bytes })) },
  });
}

function classesOf(
  layout: Layout,
  region: Region,
  role: Role,
  emitted: EmittedCode,
  code: number,
  name: string,
): readonly CoreClass[] {
  const params = [
    { kind: "expr", expr: expr.add(expr.x, -region.x) },
    { kind: "expr", expr: expr.add(expr.y, -region.y) },
  ] as const;
  return roleCores(region, role).map(({ u, v, cores }) => ({
    name: role === "root" ? name : `${name}_${u}${v}`,
    code,
    cores,
    colors: emitted.colors.map((formal) => actualColor(layout, region, formal, u, v)),
    params,
  }));
}

/** Colour of a formal name such as `east_out` or `flow3_in` at a core whose column and row have the parities of u and v. */
function actualColor(layout: Layout, region: Region, formal: string, u: number, v: number): number {
  const [what = "", direction] = formal.split("_");
  const flow = /^flow(\d+)$/.exec(what)?.[1];
  const color =
    flow === undefined
      ? channelColor(layout, region, what as ChannelKind, direction === "out", u, v)
      : layout.routes.find((route) => route.flow === Number(flow))?.color;
  if (color !== undefined) return color;
  throw new CompileError([
    makeDiagnostic(CODES["ASM-003"], {
      message: `Cannot find the colour of "${what}" in the region of group g${region.group}`,
      at: { kind: "entity", id: `g${region.group}` },
      help: ["route the layout again: compile --compile-from its floorplan"],
    }),
  ]);
}

function channelColor(layout: Layout, region: Region, kind: ChannelKind, isOut: boolean, u: number, v: number) {
  const channel = layout.channels.find((entry) => entry.group === region.group && entry.kind === kind);
  return channel?.colors[isOut ? sendColorIndex(kind, u, v) : receiveColorIndex(kind, u, v)];
}

function hostStreams(layout: Layout): readonly HostStream[] {
  return layout.dataflow.flows.flatMap((flow, id): HostStream[] => {
    const port = layout.ports.find((entry) => entry.flow === id);
    const route = layout.routes.find((entry) => entry.flow === id);
    if (port === undefined || route === undefined) return [];
    const isIn = flow.from.kind === "host";
    const end = isIn ? flow.from : flow.to;
    if (end.kind !== "host") return [];
    const { x, y, side } = port;
    const direction = isIn ? "in" : "out";
    return [
      {
        name: `f${id}`,
        direction,
        color: route.color,
        port: { x, y, side },
        tensor: end.tensor,
        type: "f32",
        shape: flow.shape,
        ...(flow.parts === undefined ? {} : { parts: flow.parts }),
      },
    ];
  });
}
