// `waferc arch list|show|check`: the machines that waferc knows.
import { CompileError, makeDiagnostic } from "@waferc/base";
import {
  loadMachine,
  machineDescription,
  machineNames,
  overrideDescription,
  resolveMachine,
  usableCores,
  usableRect,
  type Machine,
} from "@waferc/machine";
import { CODES } from "../../codes.ts";
import { readUserText } from "../../data/files.ts";
import { EXIT } from "../exit.ts";
import { printJson } from "../../artefacts/json.ts";
import { formatBytes, formatCount, renderTable } from "../render.ts";
import { addVerb, collect, type CommonOptions, type Verb, type VerbResult } from "../verb.ts";

interface ArchOptions extends CommonOptions {
  readonly set?: readonly string[];
}

export const archVerb: Verb = {
  name: "arch",
  declare(program, run) {
    const arch = program.command("arch").description("list, show and check machines");
    addVerb(arch, "list", { summary: "list the machines", usage: "", examples: ["arch list"] }).action(
      (options: CommonOptions) => run("arch list", options, listMachines),
    );
    addVerb(arch, "show", {
      summary: "print a machine with the source of every number",
      usage: "<machine>",
      examples: ["arch show cs3", "arch show cs3 --set core.sendPauseEvery=0"],
    })
      .option("--set <path=value>", "override a field; may be repeated", collect)
      .action((name: string, options: ArchOptions) => run("arch show", options, () => showMachine(name, options)));
    addVerb(arch, "check", {
      summary: "check a machine, or a machine file, with overrides",
      usage: "<machine>",
      examples: ["arch check mesh16x16 --set core.sramBytes=65536", "arch check my-machine.json"],
    })
      .option("--set <path=value>", "override a field; may be repeated", collect)
      .action((name: string, options: ArchOptions) => run("arch check", options, () => checkMachine(name, options)));
  },
};

function listMachines(): VerbResult {
  const machines = machineNames.map((name) => loadMachine(name));
  const rows = machines.map((machine) => [
    machine.name,
    `${machine.width}x${machine.height}`,
    formatCount(usableCores(machine)),
    formatBytes(machine.core.sramBytes),
    `${machine.clockHz / 1e9} GHz`,
    String(machine.fabric.colors),
    switchesOf(machine),
  ]);
  return {
    exitCode: EXIT.good,
    text: renderTable(
      [["machine", "grid", "cores", "SRAM/core", "clock", "colours", "switches"], ...rows],
      ["left", "right", "right", "right", "right", "right", "left"],
    ),
    json: { machines: machines.map(machineFacts) },
  };
}

/** How many positions, on how many colours, and what a position may change. */
function switchesOf({ fabric }: Machine): string {
  const { colors, switchPositions, switchColors, switchChanges } = fabric;
  const changes = switchChanges === "both" ? "source and destinations" : "source or destinations";
  return `${switchPositions} positions on ${switchColors.filter((color) => color < colors).length}, ${changes}`;
}

function machineFacts(machine: Machine) {
  const { name, sha256, width, height, clockHz, core, fabric, reservedCores } = machine;
  return {
    name,
    sha256,
    width,
    height,
    usable: usableRect(machine),
    usableCores: usableCores(machine),
    reservedCores,
    clockHz,
    sramBytes: core.sramBytes,
    colors: fabric.colors,
    reservedColors: fabric.reservedColors,
    switchPositions: fabric.switchPositions,
    switchColors: fabric.switchColors,
    switchChanges: fabric.switchChanges,
  };
}

function showMachine(name: string, options: ArchOptions): VerbResult {
  const description = overrideDescription(machineDescription(name), options.set ?? []);
  return { exitCode: EXIT.good, text: printJson(description), json: { machine: description } };
}

function checkMachine(name: string, options: ArchOptions): VerbResult {
  const machine = name.endsWith(".json")
    ? resolveMachine(readMachineFile(name), options.set ?? [])
    : loadMachine(name, options.set ?? []);
  const { width, height } = machine;
  const { x, y, w, h } = usableRect(machine);
  const usable = w * h === width * height ? "" : `, (${x},${y})+${w}x${h} for programs`;
  return {
    exitCode: EXIT.good,
    text: `SOUND ${machine.name}: ${width}x${height} cores${usable}, sha256 ${machine.sha256.slice(0, 16)}\n`,
    json: { machine: machineFacts(machine) },
  };
}

/** A machine file by itself; one that extends another must name one that waferc knows. */
function readMachineFile(path: string): Parameters<typeof resolveMachine>[0] {
  try {
    return JSON.parse(readUserText(path, "MACHINE")) as Parameters<typeof resolveMachine>[0];
  } catch (error) {
    if (error instanceof CompileError) throw error;
    throw new CompileError([
      makeDiagnostic(CODES["CLI-001"], {
        message: `Cannot read machine "${path}": it is not JSON`,
        at: { kind: "argument", name: "MACHINE" },
      }),
    ]);
  }
}
