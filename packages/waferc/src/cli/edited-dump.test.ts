import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { runWaferc } from "../testing/run-waferc.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const path = temporaryFolder();
const dump = (phase: string): string => path("dumps", `bert_opset17.${phase}.dfir`);

/** Digests of the outputs of a compiled directory. */
async function outputsOf(folder: string): Promise<string[]> {
  const run = await runWaferc("run", folder, "--random-inputs", "--json");
  return (run.json()["outputs"] as { sha256: string }[]).map(({ sha256 }) => sha256);
}

/** Resumes from a dump with its text changed. */
async function resumeEdited(phase: string, edit: (text: string) => string, output: string) {
  const text = readFileSync(dump(phase), "utf8");
  const edited = edit(text);
  expect(edited).not.toBe(text);
  writeFileSync(dump(phase), edited);
  try {
    return await runWaferc("compile", "--compile-from", dump(phase), "-o", output);
  } finally {
    writeFileSync(dump(phase), text);
  }
}

beforeAll(async () => {
  const model = ["models/bert/bert_opset17.onnx", "--machine", "mesh8x8", "--dim", "batch=1", "--dim", "seq=3"];
  const args = ["--groups", "2", "-o", path("out"), "--dump-phases-to", path("dumps")];
  expect((await runWaferc("compile", ...model, ...args)).code).toBe(0);
});

describe("an edited dump", () => {
  it("with moved regions is another legal program with equal values", async () => {
    const mirror = (text: string): string =>
      text.replace(
        /region (g\d+) rect\((\d+), (\d+), (\d+), (\d+)\)/g,
        (_, id, x, y, w, h) => `region ${id} rect(${8 - Number(x) - Number(w)}, ${y}, ${w}, ${h})`,
      );
    const run = await resumeEdited("06.place", mirror, path("moved"));
    expect(run.err).toBe("");
    expect(run.code).toBe(0);
    expect(readFileSync(path("moved", "program.wfp"))).not.toEqual(readFileSync(path("out", "program.wfp")));
    expect((await runWaferc("check", path("moved"))).code).toBe(0);
    expect(await outputsOf(path("moved"))).toEqual(await outputsOf(path("out")));
  });

  it("with another colour is another legal program with equal values", async () => {
    const run = await resumeEdited(
      "07.route",
      (text) =>
        text
          .replace(/route f0 color \d+/, "route f0 color 22")
          .replace(/channel g1 broadcast colors\(\d+\)/, "channel g1 broadcast colors(23)"),
      path("recolored"),
    );
    expect(run.code).toBe(0);
    expect(readFileSync(path("recolored", "program.wfp"))).not.toEqual(readFileSync(path("out", "program.wfp")));
    expect(await outputsOf(path("recolored"))).toEqual(await outputsOf(path("out")));
  });

  it("that makes an illegal program is refused with the place, and exits with 1", async () => {
    const run = await resumeEdited(
      "08.assemble",
      (text) => text.replace(/(route color \d+ on \(\d+,\d+\)\+1x1 : west -> )ramp/, "$1east"),
      path("illegal"),
    );
    expect(run.code).toBe(1);
    expect(run.err).toMatch(/error\[(CHK|DLK|MEM)-\d+\]/);
  });

  it("that is not well-formed is refused with the line, and exits with 5", async () => {
    const run = await resumeEdited(
      "06.place",
      (text) => text.replace("region g0 rect(", "region g0 rect(-"),
      path("broken"),
    );
    expect(run.code).toBe(5);
    expect(run.err).toContain(`note: region g0 is written at ${dump("06.place")}:2`);
  });

  it("does not take options that the dump decides (CLI-009)", async () => {
    const run = await runWaferc("compile", "--compile-from", dump("06.place"), "--machine", "mesh8x8", "-o", path("x"));
    expect(run.code).toBe(5);
    expect(run.err).toContain("CLI-009");
  });
});
