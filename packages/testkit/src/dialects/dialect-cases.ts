// Models as exporters, optimisers and quantisers write them, with golden data: the corpus `exporters` (one folder a case, a manifest), and the packed fixtures of
// the TorchScript exporter. Both lie in the data folder.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Tolerance } from "@waferc/numerics";
import { defaultTolerance } from "@waferc/numerics";
import type { ExternalData } from "@waferc/onnx";
import { readCaseFolder, readCases, type OnnxCase } from "../conformance/onnx-cases.ts";

export interface DialectCase extends OnnxCase {
  /** "bert", "llama+past": cases of a family compute the same function of their weights. */
  readonly family: string;
  /** Who wrote the file, such as "Optimum main_export". */
  readonly exporter: string;
  /** `reject`: no runtime loads it, and we must say where and why. */
  readonly expect: "run" | "lenient" | "reject";
  /** Of the arithmetic, as the corpus names it: "float32". */
  readonly dtype: string;
  readonly tolerance: Tolerance;
  readonly external?: ExternalData | undefined;
}

interface ManifestRow {
  readonly name: string;
  readonly family: string;
  readonly exporter: string;
  readonly dtype: string;
  readonly expect: DialectCase["expect"];
  readonly opsets: Readonly<Record<string, number>>;
  readonly tolerance: { readonly atol_rel_to_max: number };
}

/** All cases in the data folder, corpus first. */
export function readDialectCases(data: string): DialectCase[] {
  return [...readCorpus(join(data, "exporters")), ...readFixtures(join(data, "onnx", "onnx-exporter-fixtures.tgz"))];
}

function readCorpus(root: string): DialectCase[] {
  const rows = JSON.parse(readFileSync(join(root, "manifest.json"), "utf8")) as readonly ManifestRow[];
  return rows.map(({ name, family, exporter, dtype, expect, opsets, tolerance }) => {
    const folder = join(root, name);
    return {
      ...readCaseFolder(name, join(folder, "model.onnx"), folder),
      family,
      exporter: `${shortExporter(exporter)}, opset ${opsets["ai.onnx"] ?? "?"}`,
      dtype,
      expect,
      tolerance: { rtol: 0, atol: 1e-7, peakTol: tolerance.atol_rel_to_max },
      external: filesOf(folder),
    };
  });
}

function shortExporter(exporter: string): string {
  return exporter
    .replace("torch.onnx.export dynamo=False (TorchScript)", "TorchScript")
    .replace("torch.onnx.export (TorchScript)", "TorchScript")
    .replace("torch.onnx.export dynamo=True", "dynamo");
}

function filesOf(folder: string): ExternalData {
  const names = readdirSync(folder);
  return {
    byteLengthOf: (location) => (names.includes(location) ? statSync(join(folder, location)).size : undefined),
    read: (location, offset, byteCount) => readFileSync(join(folder, location)).subarray(offset, offset + byteCount),
  };
}

function readFixtures(path: string): DialectCase[] {
  return readCases(path).map((one) => {
    const [, folder = "", file = ""] = /^(.*)\/(.*)$/.exec(one.name) ?? [];
    const [, family = file, opset = "?"] = /^(.*?)_opset(\d+)/.exec(file) ?? [];
    return {
      ...one,
      name: `fixtures/${one.name}`,
      family: `fixture ${family.replace("_past", "+past")}`,
      exporter: `${folder === "torchscript" ? "TorchScript" : "TorchScript -> onnxruntime extended"}, opset ${opset}`,
      dtype: "float32",
      expect: "run",
      tolerance: defaultTolerance("f32"),
    };
  });
}
