// How does the time to first token grow with the number of tokens, and which kernels does it go to? Times programs without running
// their values: timing depends on the program alone.
import { compileModel, modelInMemory, timeFirstEntry } from "waferc";

for (const sequence of [8, 16, 32]) {
  const { state } = compileModel({
    model: "models/tinyworld/prefill.onnx",
    machine: "mesh16x16",
    dims: new Map([
      ["batch", 1],
      ["sequence", sequence],
    ]),
  });
  const { cycles, ledger } = timeFirstEntry(modelInMemory(state));
  const top = ledger.criticalPath.byKernel.slice(0, 3);
  const shares = top.map((one) => `${one.template} ${((100 * one.cycles) / cycles).toFixed(0)} % (${one.nodes[0]})`);
  console.log(`${sequence} tokens: ${cycles} cycles, ${(cycles / sequence).toFixed(0)} a token`);
  console.log(`  ${shares.join("\n  ")}`);
}
