// Values do not depend on where things are; time does. Compiles BERT into two regions, mirrors the floorplan behind the compiler's
// back, and carries on: the checker still says legal, the outputs are bit-equal, the latency is another.
import { beginCompile, modelInMemory, openProgramSession, randomInputs, runPhases } from "waferc";

const { state, external } = beginCompile({
  model: "models/bert/bert_opset17.onnx",
  machine: "mesh8x8",
  groups: 2,
  dims: new Map([
    ["batch", 1],
    ["seq", 4],
  ]),
});
const placed = runPhases(state, { external, to: "place" }).state;

/** The rest of the compile, and one run of its program. */
function finishAndRun(layout) {
  const model = modelInMemory(runPhases({ ...placed, layout }, { after: "place" }).state);
  const { inputs } = model.manifest.signature;
  const { outputs, cost } = openProgramSession(model, "cycle").run(randomInputs(inputs, { seed: 1, graph: undefined }));
  const places = layout.regions.map(({ x, y, width, height }) => `${width}x${height} at (${x},${y})`);
  console.log(`${places.join(", ")}: ${cost.cycles} cycles, ${cost.waveletHops} wavelet-hops`);
  return [...outputs.values()].map(({ data }) => Buffer.from(data.buffer).toString("base64"));
}

const { width } = placed.machine;
const regions = placed.layout.regions.map((region) => ({ ...region, x: width - region.x - region.width }));

const before = finishAndRun(placed.layout);
const after = finishAndRun({ ...placed.layout, regions });
console.log(`outputs are ${before.join() === after.join() ? "bit-equal" : "DIFFERENT"}`);
