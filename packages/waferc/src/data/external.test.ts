// External data on a real file system: nothing outside of the model's folder is read, by whatever way.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { linkSync, mkdirSync, realpathSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { checkModel, importModel } from "@waferc/onnx";
import { modelBytes } from "@waferc/onnx/testing";
import { DiagnosticSink } from "@waferc/base";
import { toValues } from "@waferc/numerics";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { externalDataBeside, type ExternalFilesOptions } from "./external.ts";

const path = temporaryFolder();
const weights = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

/** A model whose output is two numbers of a file. */
function model(entries: Record<string, string>): Uint8Array {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  return modelBytes({ initializer: [{ name: "y", dataType: 1, dims: [2], dataLocation: 1, externalData }] });
}

const reader = (options?: ExternalFilesOptions) => externalDataBeside(path("model", "m.onnx"), options);

/** The message of the one finding, or "" for a sound file. */
function refusal(location: string, options?: ExternalFilesOptions, entries: Record<string, string> = {}): string {
  const { findings, exitCode } = checkModel(model({ location, ...entries }), reader(options));
  expect(exitCode).toBe(findings.length === 0 ? 0 : 5);
  expect(findings.every(({ code }) => code === "ONX-011")).toBe(true);
  return findings.map(({ message }) => message).join("\n");
}

beforeAll(() => {
  mkdirSync(path("model", "sub"), { recursive: true });
  mkdirSync(path("outside"));
  for (const file of [path("model", "w.bin"), path("model", "sub", "v.bin"), path("outside", "o.bin")])
    writeFileSync(file, weights);
  symlinkSync("w.bin", path("model", "inner-link"));
  symlinkSync("../outside/o.bin", path("model", "outer-link"));
  symlinkSync("../outside", path("model", "folder-link"));
  symlinkSync("loop", path("model", "loop"));
  linkSync(path("outside", "o.bin"), path("model", "hard-link"));
});

describe("external data beside a model", () => {
  it("reads the bytes of a tensor when it is read, and no others", () => {
    const external = reader();
    const graph = importModel(model({ location: "sub/v.bin", offset: "8" }), new DiagnosticSink(), { external });
    expect(external.bytesRead()).toBe(0);
    const [source] = graph.constants.values();
    expect(toValues(source!.read())).toEqual([3, 4]);
    expect(external.bytesRead()).toBe(8);
    const sha256 = createHash("sha256").update(weights).digest("hex");
    expect(external.used()).toEqual([{ name: "sub/v.bin", sha256 }]);
  });

  it("stays inside of the folder (CVE-2022-25882, CVE-2024-27318, CVE-2026-27489, CVE-2026-34447)", () => {
    expect(refusal("../outside/o.bin")).toContain("leads out of the model's folder");
    expect(refusal("sub/../../outside/o.bin")).toContain("leads out of the model's folder");
    expect(refusal(path("outside", "o.bin"))).toContain("absolute");
    expect(refusal("..\\outside\\o.bin")).toContain("backslash");
    expect(refusal("outer-link")).toContain("is a link that leads out");
    expect(refusal("folder-link/o.bin")).toContain("is a link that leads out");
    expect(refusal("loop")).toContain("ELOOP");
    expect(refusal("inner-link")).toBe("");
    expect(refusal("%2e%2e/outside/o.bin")).toContain("is missing");
    expect(refusal("w.bin\0.txt")).toContain("NUL");
  });

  it("can refuse hard links (CVE-2026-34446), and reads regular files only", () => {
    expect(refusal("hard-link")).toBe("");
    expect(refusal("hard-link", { refuseHardLinks: true })).toContain("is a hard link: the file has 2 names");
    expect(refusal("w.bin", { refuseHardLinks: true })).toBe("");
    expect(refusal("sub")).toContain("is not a regular file");
    expect(refusal("absent.bin")).toContain("is missing");
    expect(refusal("w.bin/x")).toContain("is missing");
    if (process.platform === "win32") return;
    execFileSync("mkfifo", [path("model", "pipe")]);
    expect(refusal("pipe")).toContain("is not a regular file");
  });

  it("holds offset, length and dims against the file (CVE-2026-34445)", () => {
    expect(refusal("w.bin", {}, { offset: "8", length: "8" })).toBe("");
    expect(refusal("w.bin", {}, { offset: "12" })).toContain('needs bytes up to 20 of "w.bin", which has 16 B');
    expect(refusal("w.bin", {}, { length: "16" })).toContain("has 16 B of external data");
    expect(refusal("w.bin", {}, { length: "-1" })).toContain("not a byte count");
    expect(refusal("w.bin", {}, { length: "1125899906842624" })).toContain("1125899906842624 B of external data");
    expect(refusal("w.bin", {}, { offset: "9007199254740993" })).toContain("not a byte count");
    expect(refusal("w.bin", {}, { __proto__: "x", __class__: "y", constructor: "z" })).toBe("");
  });

  it("verifies checksums when asked to", () => {
    const checksum = createHash("sha1").update(weights).digest("hex");
    expect(refusal("w.bin", { verifyChecksums: true }, { checksum })).toBe("");
    expect(refusal("w.bin", { verifyChecksums: true }, { checksum: "0".repeat(40) })).toContain(
      `whose checksum is ${checksum}`,
    );
    expect(refusal("w.bin", {}, { checksum: "0".repeat(40) })).toBe("");
  });

  it("reads beyond 4 GiB of a file, and notices one that was changed", () => {
    const file = path("model", "large.bin");
    writeFileSync(file, "");
    truncateSync(file, 2 ** 32 + 8);
    const external = reader();
    const bytes = model({ location: "large.bin", offset: String(2 ** 32), length: "8" });
    const graph = importModel(bytes, new DiagnosticSink(), { external });
    const [source] = graph.constants.values();
    expect(toValues(source!.read())).toEqual([0, 0]);
    truncateSync(file, 2 ** 32 + 16);
    expect(() => source!.read()).toThrow(/was changed while it was in use/);
    truncateSync(file, 0);
    expect(statSync(realpathSync(file)).size).toBe(0);
  });
});
