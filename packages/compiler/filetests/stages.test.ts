// Filetests of the stages behind the passes, on canonical graphs and on layouts.
//   partition                      prints the three graphs, and a line `; host WHEN OP NODE: REASON` for each op of the host
//   lower [region=WxH] [groups=N]  partitions, lowers what the mesh runs, and prints the dataflow, which must be well-formed
//   place, route, assemble         on a layout; the result must be well-formed and the same for a second run
// Headers: `machine: NAME [override ..]`, `check: TEXT` must be part of some line of the output, `not: TEXT` of none, `fails: CODE TEXT` is an
// expected error; a `precise` block is the output.
import { CompileError, invariant, type Diagnostic } from "@waferc/base";
import { parseDataflow, printDataflow, verifyDataflow } from "@waferc/ir/dataflow";
import { parseGraph, printGraph, verifyGraph, type Graph } from "@waferc/ir/graph";
import { parseLayout, printLayout, verifyLayout, type Layout } from "@waferc/ir/layout";
import { printProgram, verifyProgram } from "@waferc/ir/program";
import { loadMachine, type Machine } from "@waferc/machine";
import { opRules } from "@waferc/ops";
import { argumentOf, comparePrecise, FiletestMismatch, runFiletests } from "@waferc/testkit/filetest";
import type { Filetest, FiletestCommand, FiletestContext, FiletestLevel } from "@waferc/testkit/filetest";
import {
  assembleProgram,
  lowerToDataflow,
  meshSupport,
  partitionGraph,
  placeDataflow,
  routeLayout,
} from "../src/index.ts";

/** What a stage made: its text, and what is not well-formed in it. */
interface Outcome {
  readonly text: string;
  readonly problems: readonly Diagnostic[];
}

function command(name: string, run: (context: FiletestContext, machine: Machine) => Outcome): FiletestCommand {
  return {
    name,
    run(context) {
      const machine = machineOf(context.test);
      const made = outcomeOf(() => run(context, machine));
      const fails = context.test.headers.get("fails");
      if (typeof made === "string" || fails !== undefined) {
        compareFailure(context.test, typeof made === "string" ? made : "no error");
        return;
      }
      const problems = made.problems.map(({ code, message }) => `${code} ${message}`);
      if (problems.length > 0) throw new FiletestMismatch("the output is well-formed", "", problems.join("\n"));
      const again = outcomeOf(() => run(context, machine));
      const repeated = typeof again === "string" ? again : again.text;
      if (repeated !== made.text) throw new FiletestMismatch("a second run is the same", made.text, repeated);
      comparePrecise(context, made.text);
      checkLines(context.test, made.text);
    },
  };
}

function machineOf(test: Filetest): Machine {
  const [name = "mesh4x4", ...overrides] = (test.headers.get("machine")?.[0] ?? "mesh4x4").split(/\s+/);
  return loadMachine(name, overrides);
}

function outcomeOf(run: () => Outcome): Outcome | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
}

function compareFailure(test: Filetest, found: string): void {
  for (const expected of test.headers.get("fails") ?? ["no error"]) {
    const [code = "", ...words] = expected.split(" ");
    if (found.includes(code) && found.includes(words.join(" "))) continue;
    throw new FiletestMismatch("the stage fails as expected", expected, found);
  }
}

function checkLines(test: Filetest, text: string): void {
  for (const expected of test.headers.get("check") ?? []) {
    if (!text.includes(expected)) throw new FiletestMismatch("a line has the text", expected, text);
  }
  for (const unwanted of test.headers.get("not") ?? []) {
    if (text.includes(unwanted)) throw new FiletestMismatch(`no line has "${unwanted}"`, "", text);
  }
}

function nounOf<T>({ test, level }: FiletestContext): T {
  return level.parse(test.text, test.file).noun as T;
}

const partition = command("partition", (context) => {
  const { pre, mesh, post, hostOps } = partitionGraph(nounOf<Graph>(context), meshSupport);
  const graphs = [pre, mesh, post];
  const lines = hostOps.map(({ when, op, node, reason }) => `; host ${when} ${op} ${node}: ${reason}\n`);
  return {
    text: [...lines, ...graphs.map((graph) => printGraph(graph))].join(""),
    problems: graphs.flatMap((graph) => [...verifyGraph(graph, opRules)]),
  };
});

const lower = command("lower", (context, machine) => {
  const [width, height] = argumentOf(context.invocation, "region")?.split("x").map(Number) ?? [];
  const sizes = width === undefined || height === undefined ? undefined : [{ width, height }];
  const groups = Number(argumentOf(context.invocation, "groups") ?? 1);
  const { mesh } = partitionGraph(nounOf<Graph>(context), meshSupport);
  const { dataflow } = lowerToDataflow(mesh, machine, { sizes, groups });
  const text = printDataflow(dataflow);
  invariant(printDataflow(parseDataflow(text).dataflow) === text, "a dataflow reads back from its text");
  return { text, problems: verifyDataflow(dataflow) };
});

function outcomeOfLayout(layout: Layout): Outcome {
  const text = printLayout(layout);
  invariant(printLayout(parseLayout(text).layout) === text, "a layout reads back from its text");
  return { text, problems: verifyLayout(layout) };
}

const place = command("place", (context, machine) => {
  const { dataflow, seed } = nounOf<Layout>(context);
  return outcomeOfLayout(placeDataflow(dataflow, machine, { seed }));
});

const route = command("route", (context, machine) => outcomeOfLayout(routeLayout(nounOf<Layout>(context), machine)));

const assemble = command("assemble", (context, machine) => {
  const { program } = assembleProgram(nounOf<Layout>(context), machine);
  return { text: printProgram(program), problems: verifyProgram(program) };
});

const graphLevel: FiletestLevel<Graph> = {
  level: "graph",
  parse: (text, file) => {
    const { graph, sourceMap } = parseGraph(text, { file });
    return { noun: graph, sourceMap };
  },
  print: (graph) => printGraph(graph),
  verify: (graph) => verifyGraph(graph, opRules),
};

const layoutLevel: FiletestLevel<Layout> = {
  level: "layout",
  parse: (text, file) => {
    const { layout, sourceMap } = parseLayout(text, { file });
    return { noun: layout, sourceMap };
  },
  print: printLayout,
  verify: verifyLayout,
};

runFiletests(new URL("stages/", import.meta.url), {
  levels: [graphLevel, layoutLevel],
  commands: [partition, lower, place, route, assemble],
});
