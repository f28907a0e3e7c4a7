import { readFileSync, writeFileSync } from "node:fs";
import { encodeProgram, parseProgram } from "@waferc/ir/program";
import { readNpy, tensorOf, toValues, writeNpy } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { validateJson } from "../schemas/validate-json.ts";
import { runWaferc } from "../testing/run-waferc.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const path = temporaryFolder();

/** One core adds 1 to the first n of four numbers that the host sends, and sends all of them back. */
const ADD_ONE = `dfir 1 program @add for mesh4x4 grid 4x4
  kernel k0 = test.add "add"
  entry @main {
    step n 0..4
    code @one colors(a, b) {
      buffer x : f32[4] at 0 B
      kernel k0
      bind in 0 a
      bind out 0 b
      recv a, x[0, 4:1]
      binary add x[0, n:1], x[0, n:1], 1.0
      send b, x[0, 4:1]
    }
    class one = @one on (0,0)+1x1 colors(0, 1)
    route color 0 on (0,0)+1x1 : west -> ramp
    route color 1 on (0,0)+1x1 : ramp -> west
    stream in x = %x : f32[4] color 0 at west(0,0)
    stream out y = %y : f32[4] color 1 at west(0,0)
  }
`;

function write(name: string, text: string): string {
  writeFileSync(path(name), text);
  return path(name);
}

writeFileSync(path("x.npy"), writeNpy(tensorOf("f32", [4], [1, 2, 3, 4])));
const data = ["--input", `x=${path("x.npy")}`];

describe("a program file", () => {
  it("runs on every engine, with its step scalars", async () => {
    const file = write("add.dfir", ADD_ONE);
    for (const engine of ["fast", "cycle", "untimed"]) {
      const run = await runWaferc(
        "run",
        file,
        "--engine",
        engine,
        ...data,
        "--step",
        "n=2",
        "--json",
        "--save-outputs",
        path(engine),
      );
      expect(run.code).toBe(0);
      expect(validateJson(run.json(), "output", "run")).toEqual([]);
      expect(toValues(readNpy(readFileSync(path(engine, "output_0.npy")), "output_0.npy"))).toEqual([2, 3, 3, 4]);
    }
  });

  it("is the same as .wfp", async () => {
    writeFileSync(path("add.wfp"), encodeProgram(parseProgram(ADD_ONE).program));
    const [text, binary] = await Promise.all(
      ["add.dfir", "add.wfp"].map((name) => runWaferc("simulate", path(name), ...data, "--step", "n=3", "--json")),
    );
    const facts = (run: typeof text) => ({ ...run?.json(), wallSeconds: 0 });
    expect(text?.code).toBe(0);
    expect(facts(text)).toEqual(facts(binary));
  });

  it("is legal, and says so", async () => {
    const run = await runWaferc("check", write("legal.dfir", ADD_ONE), "--json");
    expect(run.json()).toMatchObject({ ok: true, verdict: "legal", findings: [] });
    expect(validateJson(run.json(), "output", "check")).toEqual([]);
  });

  it("that deadlocks says who waits for whom, and exits with 1", async () => {
    const file = write("deadlock.dfir", ADD_ONE.replace("recv a, x[0, 4:1]", "recv a, x[0, 4:1]\n      drop a, 1"));
    const run = await runWaferc("simulate", file, ...data, "--step", "n=2");
    expect(run.code).toBe(1);
    expect(run.err).toMatch(/error\[SIM-014\][^]*core\(0,0\)/);
    const checked = await runWaferc("check", file, "--json");
    expect(checked.code).toBe(1);
    expect(checked.json()).toMatchObject({ ok: false, verdict: "illegal" });
    expect(validateJson(checked.json(), "output", "check")).toEqual([]);
  });

  it("that does not parse is refused with all of its lines, and exits with 5", async () => {
    const file = write("broken.dfir", ADD_ONE.replace("bind in 0 a", "bind in zero a").replace("send b,", "sent b,"));
    const run = await runWaferc("check", file);
    expect(run.code).toBe(5);
    expect(run.err).toContain(`${file}:8`);
    expect(run.err).toContain(`${file}:12`);
  });

  it("for a machine with other numbers needs the same overrides (CLI-010)", async () => {
    const other = "a".repeat(64);
    const file = write("other.dfir", ADD_ONE.replace("grid 4x4", `grid 4x4 sha256:${other}`));
    const run = await runWaferc("check", file);
    expect(run.code).toBe(2);
    expect(run.err).toMatch(/CLI-010[^]*--set/);
  });
});
