/**
 * What the Dockerfile says, as far as a test can follow it: what each stage copies and runs, and how the last one is started.
 *
 * Must not know what is in the files.
 */
import { type Copy, DockerfileParser, From, type Instruction, type JSONInstruction } from 'dockerfile-ast';

export type Step =
  /** `from` is an earlier stage; undefined: the checkout. */
  | {
      readonly kind: 'Copy';
      readonly from: string | undefined;
      readonly sources: readonly string[];
      readonly target: string;
    }
  | { readonly kind: 'Run'; readonly command: string };

export interface Stage {
  readonly name: string | undefined;
  /** The image that it begins with. */
  readonly base: string;
  /** Where its steps work. */
  readonly workdir: string;
  readonly steps: readonly Step[];
}

export interface Recipe {
  readonly stages: readonly Stage[];
  /** How a container of the last stage runs. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  /** What follows the entry point unless a pod has `args`. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const argumentsOf = (instruction: Instruction): readonly string[] =>
  instruction.getArguments().map((argument) => argument.getValue());

const fresh: Omit<Recipe, 'stages'> = { user: '', entrypoint: [], command: [], environment: {} };

/** @throws Error when it says something that a test cannot follow */
export function readDockerfile(text: string): Recipe {
  const stages: (Omit<Stage, 'workdir' | 'steps'> & { workdir: string; steps: Step[] })[] = [];
  let recipe = fresh;
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction instanceof From) {
      const base = instruction.getImage() ?? '';
      stages.push({ name: instruction.getBuildStage() ?? undefined, base, workdir: '/', steps: [] });
      recipe = fresh;
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`expected FROM before ${instruction.getInstruction()}`);
    const words = argumentsOf(instruction);
    const [first = ''] = words;
    switch (instruction.getKeyword()) {
      case 'WORKDIR':
        stage.workdir = first;
        break;
      case 'COPY':
        stage.steps.push(copyStep(instruction as Copy));
        break;
      case 'RUN':
        stage.steps.push({ kind: 'Run', command: instruction.getRawArgumentsContent() ?? '' });
        break;
      case 'USER':
        recipe = { ...recipe, user: first };
        break;
      case 'ENV':
        recipe = {
          ...recipe,
          environment: { ...recipe.environment, ...Object.fromEntries(words.map(pairOf)) },
        };
        break;
      case 'ENTRYPOINT':
        recipe = { ...recipe, entrypoint: wordsOf(instruction as JSONInstruction) };
        break;
      case 'CMD':
        recipe = { ...recipe, command: wordsOf(instruction as JSONInstruction) };
        break;
      case 'ARG':
      case 'LABEL':
      case 'EXPOSE':
        break;
      default:
        throw new Error(
          `expected an instruction that a test can follow, got ${instruction.getInstruction()}`,
        );
    }
  }
  return { stages, ...recipe };
}

function copyStep(instruction: Copy): Step {
  const flags = instruction.getFlags();
  const from = flags.find((flag) => flag.getName() === 'from')?.getValue() ?? undefined;
  const other = flags.find((flag) => flag.getName() !== 'from');
  if (other !== undefined) throw new Error(`expected COPY with no flag but --from, got ${other.toString()}`);
  const words = argumentsOf(instruction);
  return { kind: 'Copy', from, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
}

const pairOf = (word: string): readonly [string, string] => {
  const [name = '', ...value] = word.split('=');
  return [name, value.join('=')];
};

/** @throws Error for the shell form, in which a shell would be process 1 and keep signals to itself */
function wordsOf(instruction: JSONInstruction): readonly string[] {
  const words = instruction.getJSONStrings().map((word) => word.getJSONValue());
  if (words.length === 0)
    throw new Error(`expected ${instruction.getInstruction()} in the exec form, as a JSON array`);
  return words;
}
