/** @file Workflows: they keep GitHub's published schema, pin what they use, and may do no more than they need. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);

/** What is used of @actions/workflow-parser, GitHub's own reader of workflows, which carries the schema. */
interface WorkflowParser {
  readonly NoOperationTraceWriter: new () => object;
  parseWorkflow(file: { name: string; content: string }, trace: object): ParsedWorkflow;
  convertWorkflowTemplate(
    context: object,
    value: object,
  ): Promise<{ readonly errors?: readonly { Message: string }[] }>;
}
interface ParsedWorkflow {
  readonly context: { readonly errors: { getErrors(): { readonly message: string }[] } };
  readonly value?: object;
}
interface Job {
  readonly permissions: Record<string, string>;
  readonly 'timeout-minutes': number;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

let parser: WorkflowParser;

beforeAll(async () => {
  // The package is made for bundlers: it imports its schema in a way that Node refuses.
  const outfile = join(mkdtempSync(join(tmpdir(), 'workflow-parser-')), 'parser.mjs');
  const stdin = { contents: "export * from '@actions/workflow-parser'", resolveDir: root };
  await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' });
  parser = (await import(pathToFileURL(outfile).href)) as WorkflowParser;
});

async function faultsOf(name: string, content: string): Promise<string[]> {
  const { context, value } = parser.parseWorkflow({ name, content }, new parser.NoOperationTraceWriter());
  const faults = context.errors.getErrors().map(({ message }) => message);
  if (!value || faults.length > 0) return faults.length > 0 ? faults : ['nothing could be read'];
  const { errors = [] } = await parser.convertWorkflowTemplate(context, value);
  return errors.map(({ Message }) => Message);
}

describe('the workflows', () => {
  it('are the night and the pull request', () => {
    expect(workflows.map(([name]) => name).sort()).toEqual(['nightly.yml', 'pull-request.yml']);
  });

  it.each(workflows)('%s keeps the schema of GitHub', async (name, content) => {
    expect(await faultsOf(name, content)).toEqual([]);
  });

  it.each([
    ['a key that there is none of', 'timeout-minutes:', 'timeout-hours:'],
    ['an event that there is none of', 'workflow_dispatch:', 'workflow_dispatched:'],
    [
      'an expression that cannot be read',
      "${{ vars.NIGHTLY_GPU_RUNNER != '' }}",
      "${{ vars.NIGHTLY_GPU_RUNNER != ' }}",
    ],
    ['a context that steps do not have', '${{ steps.night.outputs.code }}', '${{ stepz.night.outputs.code }}'],
  ])('are refused with %s', async (_, good, bad) => {
    const content = readFileSync(join(folder, 'nightly.yml'), 'utf8');
    expect(content).toContain(good);
    expect(await faultsOf('nightly.yml', content.replaceAll(good, bad))).not.toEqual([]);
  });

  it.each(workflows)('%s names every action by a whole commit, with its version beside it', (_, content) => {
    const uses = content.split('\n').filter((line) => /\buses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it.each(workflows)('%s gives each job what it needs, and an end', (name, content) => {
    const workflow = parse(content) as { permissions: object; jobs: Record<string, Job> };
    expect(workflow.permissions).toEqual({});
    const needed = name === 'nightly.yml' ? { contents: 'write', issues: 'write' } : { contents: 'read' };
    for (const job of Object.values(workflow.jobs)) {
      expect(job.permissions).toEqual(needed);
      expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });

  it.each(workflows)('%s puts no expression into a shell, only into variables', (_, content) => {
    const workflow = parse(content) as { jobs: Record<string, Job> };
    const lines = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(lines.filter((line) => line.includes('${{'))).toEqual([]);
    const scripts = lines.flatMap((line) => line.match(/harness\/nightly\/jobs\/\S+\.sh/g) ?? []);
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(existsSync(join(root, script)), script).toBe(true);
  });
});
