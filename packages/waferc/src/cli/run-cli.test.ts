import { describe, expect, it } from "vitest";
import { captureIo } from "./io.ts";
import { runCli } from "./run-cli.ts";

async function waferc(...argv: string[]) {
  const io = captureIo();
  const code = await runCli(argv, io);
  return { code, out: io.stdout(), err: io.stderr() };
}

describe("runCli", () => {
  it("says what a misspelt verb is meant to be", async () => {
    const { code, err } = await waferc("chek-model", "x.onnx");
    expect(code).toBe(2);
    expect(err).toContain("Did you mean check-model?");
  });

  it("prints an object for a wrong command line under --json", async () => {
    const { code, out, err } = await waferc("check-model", "--json", "--jsn");
    expect(code).toBe(2);
    expect(err).toBe("");
    const printed = JSON.parse(out);
    expect(printed).toMatchObject({ command: "check-model", ok: false });
    expect(printed.diagnostics[0].code).toBe("CLI-011");
  });

  it("prints help with examples", async () => {
    const { code, out } = await waferc("check-model", "--help");
    expect(code).toBe(0);
    expect(out).toContain("$ waferc check-model models/tinyworld/prefill.onnx");
  });

  it("lists machines", async () => {
    const { code, out } = await waferc("arch", "list", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out).machines.map((one: { name: string }) => one.name)).toContain("mesh32x32");
  });

  it("checks models", async () => {
    const { code, out } = await waferc("check-model", "models/tinyworld/prefill.onnx");
    expect(code).toBe(0);
    expect(out).toContain("SOUND");
  });
});
