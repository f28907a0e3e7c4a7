// Each check is shown a tree that is in order, then one with a planted violation, which it must find.
import { describe, expect, it } from "vitest";
import { checkCodes, DIAGNOSTICS_PAGE, printDiagnosticsPage } from "./codes.ts";
import { checkCycles } from "./cycles.ts";
import { checkDependencies } from "./dependencies.ts";
import { checkLayers } from "./layers.ts";
import { checkRooms } from "./rooms.ts";
import { checkSizes } from "./sizes.ts";
import { SourceTree } from "./source-tree.ts";
import type { Finding } from "./source-tree.ts";

const tree = (files: Readonly<Record<string, string>>) => new SourceTree(new Map(Object.entries(files)));
const print = (findings: readonly Finding[]) => findings.map(({ path, line, message }) => `${path}:${line} ${message}`);

describe("checkLayers", () => {
  const layers = (path: string, text: string) =>
    print(checkLayers(tree({ [path]: text }))).map((line) => line.replace(/^\S+ /, ""));

  it("accepts what the table allows", () => {
    expect(layers("packages/sim/src/a.ts", 'import type { Program } from "@waferc/ir/program";')).toEqual([]);
    expect(layers("packages/waferc/src/a.ts", 'import fs from "node:fs"; console.log(Date.now());')).toEqual([]);
    expect(
      layers("packages/sim/src/a.test.ts", 'import { it } from "vitest"; import { x } from "@waferc/testkit";'),
    ).toEqual([]);
  });

  it.each([
    ["packages/base/src/a.ts", 'import { x } from "@waferc/ir/graph";', "base may not import ir"],
    ["packages/sim/src/a.ts", 'import type { X } from "@waferc/kernels";', "sim may not import kernels"],
    ["packages/check/src/a.test.ts", 'import { x } from "@waferc/ops";', "check may not import ops"],
    [
      "packages/sim/src/a.ts",
      'export { x } from "@waferc/ir/layout";',
      "sim may import only program, trace of ir, not layout",
    ],
    [
      "packages/check/src/a.ts",
      'type X = import("@waferc/ir/graph").X;',
      "check may import only layout, program, trace of ir, not graph",
    ],
    ["packages/ops/src/a.ts", 'await import("@waferc/compiler");', "ops may not import compiler"],
    ["packages/testkit/src/a.ts", 'import { main } from "waferc";', "testkit may not import waferc: nothing does"],
    [
      "packages/ir/src/a.ts",
      'import { x } from "@waferc/ir/graph";',
      "ir imports itself by name: use a relative import",
    ],
    [
      "packages/ir/src/a.ts",
      'import { x } from "../../base/src/rng.ts";',
      "../../base/src/rng.ts leaves the package: import it by name",
    ],
    ["packages/ir/src/a.ts", 'import { x } from "./b";', "./b has no extension"],
    [
      "packages/onnx/src/a.ts",
      'import { readFileSync } from "node:fs";',
      "onnx may not import node:fs: readers take bytes",
    ],
    [
      "packages/compiler/src/place/a.ts",
      'import { x } from "../route/b.ts";',
      "place/ may not import route/: they meet in ir",
    ],
    ["packages/odd/src/a.ts", "", 'package "odd" has no row in scripts/checks/layer-table.ts'],
    ["packages/base/src/a.ts", "const x = Math.random();", "Math.random is not allowed below waferc"],
    ["packages/sim/src/a.ts", "const x = new Date();", "Date is not allowed below waferc"],
    ["packages/ops/src/a.ts", "const x = process.env;", "process is not allowed below waferc"],
    ["packages/check/src/a.ts", "console.log(1);", "console is not allowed below waferc"],
  ])("finds the violation in %s: %s", (path, text, message) => {
    expect(layers(path, text)).toEqual([message]);
  });

  it("does not take a member of that name for the global", () => {
    expect(
      layers("packages/sim/src/a.ts", "const x = { process: 1 }; x.process; interface I { console: string }"),
    ).toEqual([]);
  });

  it("tolerates listed debt, and asks to strike it when it is paid", () => {
    const debt = [{ path: "packages/sim/src/a.ts", specifier: "@waferc/ops", issue: "#1" }];
    expect(checkLayers(tree({ "packages/sim/src/a.ts": 'import { x } from "@waferc/ops";' }), debt)).toEqual([]);
    expect(print(checkLayers(tree({ "packages/sim/src/a.ts": "" }), debt))[0]).toContain("debt is paid");
  });
});

describe("checkCycles", () => {
  it("finds circles of values, within and across packages", () => {
    const inside = {
      "packages/ir/src/a.ts": 'import { b } from "./b.ts";',
      "packages/ir/src/b.ts": 'export { a } from "./a.ts";',
    };
    expect(print(checkCycles(tree(inside)))).toEqual([
      "packages/ir/src/a.ts:1 value imports form a cycle: packages/ir/src/a.ts, packages/ir/src/b.ts",
    ]);
    const across = {
      "packages/base/src/index.ts": 'import { b } from "@waferc/ir/graph";',
      "packages/ir/src/graph/index.ts": 'import { a } from "@waferc/base";',
    };
    expect(checkCycles(tree(across))).toHaveLength(1);
    expect(checkCycles(tree({ "packages/ir/src/a.ts": 'import { a } from "./a.ts";' }))).toHaveLength(1);
  });

  it("lets types refer to each other", () => {
    const types = {
      "packages/ir/src/a.ts": 'import { b } from "./b.ts";',
      "packages/ir/src/b.ts": 'import type { A } from "./a.ts";',
    };
    expect(checkCycles(tree(types))).toEqual([]);
  });
});

describe("checkDependencies", () => {
  const files = (imports: string, pkg = "waferc") => ({
    "docs/dependencies.md": "| dependency | package | why |\n|---|---|---|\n| `@x/y` | waferc | reason |\n",
    "packages/waferc/package.json": '{ "dependencies": { "@x/y": "1" } }',
    "packages/ir/package.json": '{ "dependencies": { "@x/y": "1" } }',
    [`packages/${pkg}/src/a.ts`]: imports,
  });

  it("accepts an import in its listed home", () => {
    expect(
      checkDependencies(tree(files('import { z } from "@x/y/z"; import { w } from "node:fs"; import "./b.ts";'))),
    ).toEqual([]);
  });

  it("finds an import elsewhere, an unlisted and an undeclared one", () => {
    expect(print(checkDependencies(tree(files('import "@x/y";', "ir"))))).toEqual([
      'packages/ir/src/a.ts:1 "@x/y" is at home in waferc (docs/dependencies.md), not in ir',
    ]);
    expect(print(checkDependencies(tree(files('import "left-pad";'))))).toEqual([
      'packages/waferc/src/a.ts:1 "left-pad" is at home in no package (docs/dependencies.md), not in waferc',
      'packages/waferc/src/a.ts:1 "left-pad" is not in packages/waferc/package.json',
    ]);
    expect(print(checkDependencies(tree(files('import "@waferc/base";'))))).toHaveLength(1);
  });
});

describe("checkSizes", () => {
  const sizes = (text: string, path = "packages/ir/src/a.ts") => print(checkSizes(tree({ [path]: text }), []));
  const statements = (count: number) => "  run();\n".repeat(count);

  it("finds files, functions and parameter lists past their limits", () => {
    expect(sizes("// a\n".repeat(601))).toEqual(["packages/ir/src/a.ts:1 file has 601 lines, the limit is 600"]);
    expect(sizes("; a\n".repeat(151), "packages/ir/filetests/a.dfir")).toHaveLength(1);
    expect(sizes("// a\n".repeat(801), "packages/ir/src/a.test.ts")).toHaveLength(1);
    expect(sizes(`function f() {\n${statements(79)}}`)).toEqual([
      "packages/ir/src/a.ts:1 function f has 81 lines, the limit is 80",
    ]);
    expect(sizes("const f = (a, b, c, d, e, g, h) => a;")).toEqual([
      "packages/ir/src/a.ts:1 function f has 7 parameters, the limit is 6",
    ]);
  });

  it("allows them at the limit, switches, tables, marked hot loops and generated files", () => {
    const long = `function f() {\n${statements(100)}}`;
    expect(sizes("// a\n".repeat(600))).toEqual([]);
    expect(sizes(`function f() {\n${statements(78)}}`)).toEqual([]);
    expect(
      sizes(`function f(x) {\n  switch (x) {\n${statements(100)}  }\n}`.replaceAll("  run", "case 1: run")),
    ).toEqual([]);
    expect(sizes(`function f() {\n  return [\n${"1,\n".repeat(100)}];\n}`)).toEqual([]);
    expect(sizes(`// Executes.\n// Hot loops: one function, so that locals stay in registers.\n${long}`)).toEqual([]);
    expect(sizes(long, "packages/ir/src/generated.ts")).toEqual([]);
  });

  it("takes exceptions, and asks to strike those that are not needed", () => {
    const exception = { path: "packages/ir/src/a.ts", what: "file", reason: "it is one table" } as const;
    expect(checkSizes(tree({ "packages/ir/src/a.ts": "// a\n".repeat(601) }), [exception])).toEqual([]);
    expect(print(checkSizes(tree({ "packages/ir/src/a.ts": "" }), [exception]))[0]).toContain("is not needed");
  });
});

describe("checkRooms", () => {
  const rooms = (path: string, text = "// What it is for.\n") => print(checkRooms(tree({ [path]: text })));

  it("finds drawers, odd names, missing headers and unowned notes", () => {
    expect(rooms("packages/ir/src/utils.ts")).toEqual([
      'packages/ir/src/utils.ts:1 "utils" is no concept: name the file after what it holds',
    ]);
    expect(rooms("packages/ir/src/misc/a.ts")).toHaveLength(1);
    expect(rooms("packages/ir/src/graph-helpers.ts")).toHaveLength(1);
    expect(rooms("packages/ir/src/types.test.ts")).toHaveLength(1);
    expect(rooms("packages/ir/src/myFile.ts")).toEqual(['packages/ir/src/myFile.ts:1 "myFile.ts" is not kebab-case']);
    expect(rooms("packages/ir/src/a.ts", "export {};")).toHaveLength(1);
    expect(rooms("packages/ir/src/a.ts", `// A.\n// TO${"DO"}: later`)).toHaveLength(1);
  });

  it("accepts the others", () => {
    expect(rooms("packages/ir/src/common-subexpressions.ts")).toEqual([]);
    expect(rooms("packages/ir/src/a.test.ts", "export {};")).toEqual([]);
    expect(rooms("packages/ir/src/a.ts", `// A.\n// TO${"DO"}(#12): later`)).toEqual([]);
  });
});

describe("checkCodes", () => {
  const declaration = 'declareCodes({ "GRA-001": { title: "Twice", about: "Two " + "of them." } });';
  const withPage = (files: Readonly<Record<string, string>>) => {
    const page = printDiagnosticsPage(tree(files));
    return print(checkCodes(tree({ ...files, [DIAGNOSTICS_PAGE]: page })));
  };
  const good = { "packages/ir/src/codes.ts": declaration, "packages/ir/filetests/a.dfir": "; error: GRA-001" };

  it("accepts codes that are declared at home, provoked and documented", () => {
    expect(withPage(good)).toEqual([]);
    expect(printDiagnosticsPage(tree(good))).toContain("## ir\n\n### GRA-001: Twice\n\nError. Two of them.\n");
  });

  it("finds a stale page, a code that nothing provokes, one declared twice and one away from home", () => {
    expect(print(checkCodes(tree({ ...good, [DIAGNOSTICS_PAGE]: "" })))).toEqual([
      'docs/diagnostics.md:1 the page is stale: "npm run fix" writes it',
    ]);
    expect(withPage({ "packages/ir/src/codes.ts": declaration })).toEqual([
      "packages/ir/src/codes.ts:1 no filetest or test provokes GRA-001",
    ]);
    expect(withPage({ ...good, "packages/sim/src/codes.ts": declaration })).toEqual([
      "packages/sim/src/codes.ts:1 GRA-001 is declared in packages/ir/src/codes.ts:1 already",
      "packages/sim/src/codes.ts:1 GRA-001 has a prefix of ir",
    ]);
    expect(withPage({ ...good, "packages/ir/src/codes.ts": declaration.replace('"Twice"', "title") })).toHaveLength(1);
  });
});
