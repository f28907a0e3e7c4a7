// Compiles a trained language model for a mesh of 16x16 cores, and asks it a question of your own:
//   node examples/ask-a-question.mjs "anna went to the attic. anna took the key. where is the key?"
import { compileModel, loadTokenizer, modelInMemory, nextToken, openProgramSession, openPromptModel } from "waferc";

const prompt = process.argv[2] ?? "ben went to the hall. ben took the lamp. ben went to the attic. where is the lamp?";

const { state, report } = compileModel({
  model: "models/tinyworld/prefill.onnx",
  machine: "mesh16x16",
  dims: new Map([
    ["batch", 1],
    ["sequence", 48],
  ]),
});
console.log(`${report.cores.used} cores, ${report.sramBytes.peak} bytes on the fullest, ${report.kernels} kernels`);

const tokenizer = loadTokenizer("models/tinyworld");
const model = openPromptModel(openProgramSession(modelInMemory(state), "fast"), tokenizer.padId);
const { id, margin, run } = nextToken(model, tokenizer.encode(prompt));
console.log(prompt);
console.log(`> ${tokenizer.decode([id])}  (logit ${margin.toFixed(2)} above the next, ${run.cost.cycles} cycles)`);
