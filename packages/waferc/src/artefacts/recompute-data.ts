// The data of a directory that holds no weights (`--weights reference`): computed again from the model, by the same phases that made it
// when it was compiled. Phases are deterministic, so equal digests are found; anything else is refused.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "@waferc/numerics";
import { DataStore } from "../data/data-store.ts";
import { externalDataBeside } from "../data/external.ts";
import { readUserFile } from "../data/files.ts";
import type { Machine } from "@waferc/machine";
import { runPhases } from "../pipelines/compile.ts";
import { digestBytes } from "./digest.ts";
import { printHostGraphs } from "./host-graphs.ts";
import { notCompiled, pinFile, type Manifest } from "./manifest.ts";

/** Weights of the program and constants of the host graphs, by digest. @throws CompileError CLI-003 */
export function recomputeData(folder: string, manifest: Manifest, machine: Machine): DataStore {
  const { path = "", sha256, name } = manifest.model;
  const model = join(folder, path);
  if (!existsSync(model)) throw notCompiled(folder, `its weights are in "${path}", which is not there`);
  const bytes = readUserFile(model, "DIR");
  if (digestBytes(bytes) !== sha256) {
    throw notCompiled(folder, `"${path}" is not the model that it was compiled from`);
  }
  const data = new DataStore();
  data.put(bytes);
  const pins = new Map(Object.entries(manifest.flags.pins));
  for (const pin of pins.values()) {
    if (typeof pin === "object") data.put(readUserFile(join(folder, pinFile(pin.sha256)), "DIR"));
  }
  const { dims, weights, groups } = manifest.flags;
  const build = {
    name,
    files: [{ name: manifest.model.file, sha256 }],
    externalFiles: [],
    machine: { name: machine.name, descriptionSha256: "", overrides: [] },
    seed: manifest.seed,
    weights,
    groups,
    dims: new Map(Object.entries(dims)),
    pins,
    inputs: [],
    outputs: [],
    meshMacs: 0,
    totalMacs: 0,
    hostOps: [],
  };
  const external = externalDataBeside(model);
  const { state } = runPhases({ build, data, machine }, { to: "lower", external });
  for (const { name: file, sha256: digest } of external.used()) {
    const isListed = manifest.inputs.some((one) => one.name === file && one.sha256 === digest);
    if (!isListed) throw notCompiled(folder, `"${file}" beside its model was changed`);
  }
  if (state.host !== undefined) {
    printHostGraphs([state.host.pre, state.host.post], (digest, source) =>
      data.putLazy(digest, () => bytesOf(source.read())),
    );
  }
  return data;
}
