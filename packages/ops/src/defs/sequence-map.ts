// SequenceMap: runs its body once for every element of its first operand. Further sequences give the body their element at the
// same place, tensors are given whole. Each result of the body makes a sequence.
import { requiredBlock } from "../attr-spec.ts";
import { expectTensor, isSequence, sequenceOf } from "../data.ts";
import { elementType, expectSequence, sequenceType } from "../math/sequences.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const sequenceMapOp = defineOp({
  kind: "SequenceMap",
  versions: [17],
  traits: ["control"],
  attrs: { body: requiredBlock },
  operands: [1, Infinity],
  results: [1, Infinity],
  infer: ({ attrs, type, blockResults }) => {
    elementType(type(0), 0);
    return blockResults(attrs.body).map(sequenceType);
  },
  evaluate: ({ attrs, operands, data, run, blockResults }) => {
    const { elements } = expectSequence(data(0), 0);
    const lists = attrs.body.results.map((): ReturnType<typeof expectTensor>[] => []);
    elements.forEach((_, at) => {
      const args = operands.map((_, i) => {
        const operand = data(i);
        if (!isSequence(operand)) return operand;
        const element = operand.elements[at];
        require(element !== undefined, () =>
          `needs sequences of ${elements.length} elements, but operand ${i} has ${operand.elements.length}`);
        return element;
      });
      run(attrs.body, args).forEach((result, i) => lists[i]!.push(expectTensor(result, `result ${i} of the body`)));
    });
    const types = blockResults(attrs.body);
    return lists.map((list, i) => sequenceOf(list, list[0]?.dtype ?? types[i]?.dtype));
  },
});
