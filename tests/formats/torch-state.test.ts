/** @file State dicts of PyTorch: both containers, every layout of a tensor, and refusals by name with nothing run. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../harness/core/errors.ts';
import { toFloat64 } from '../../harness/formats/safetensors.ts';
import { readTorchState } from '../../harness/formats/torch-state.ts';

const folder = join(import.meta.dirname, '../fixtures/checkpoints');
const fixture = (name: string): string => join(folder, name);

const trusted =
  'Use a file that holds a state dict alone, from somebody you trust: torch.save(model.state_dict(), path) writes one.';
const allowed = 'only functions that build tensors, such as torch._utils._rebuild_tensor_v2, and plain data';

function refusal(path: string): string {
  try {
    readTorchState(path);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(DataError);
    return (thrown as DataError).message;
  }
  throw new Error(`${path} was read`);
}

function truncated(name: string, bytes: number): string {
  const path = join(mkdtempSync(join(tmpdir(), 'torch-state-')), name);
  writeFileSync(path, readFileSync(fixture(name)).subarray(0, bytes));
  return path;
}

describe('a state dict', () => {
  const expected = JSON.parse(readFileSync(fixture('layouts.json'), 'utf8')) as Record<
    string,
    { shape: number[]; values: number[] }
  >;

  // The last three: parameters with a state, tensors with attributes, and tensors of untyped storages, as newer versions write them.
  test.each(['layouts.pt', 'layouts-legacy.pth', 'layouts-param-state.pt', 'layouts-from-type.pt', 'layouts-v3.pt'])(
    'gives every tensor its values however it lies in its storage: %s',
    (name) => {
      const tensors = readTorchState(fixture(name));
      expect([...tensors.keys()]).toEqual(Object.keys(expected));
      for (const [key, { shape, values }] of Object.entries(expected)) {
        expect(tensors.get(key)!.shape).toEqual(shape);
        expect([...toFloat64(tensors.get(key)!)]).toEqual(values);
      }
    },
  );

  test('keeps the element type of each tensor', () => {
    const types = [...readTorchState(fixture('layouts.pt'))].map(([name, { dtype }]) => [name, dtype]);
    expect(Object.fromEntries(types)).toMatchObject({
      plain: 'F32',
      half: 'F16',
      bfloat: 'BF16',
      double: 'F64',
      long: 'I64',
    });
  });
});

describe('a training state', () => {
  const first = (names: readonly string[]): string => names[0]!;

  /** Beside the weights: argparse.Namespace, EasyDict, NumPy scalars and arrays, a set, a time, a path, an optimizer. */
  test.each(['wrapped.pt', 'wrapped-protocol4.pt'])(
    'gives the state dict in it, and the data beside it are left out: %s',
    (name) => {
      const asked: (readonly string[])[] = [];
      const tensors = readTorchState(fixture(name), (names) => {
        asked.push(names);
        return first(names);
      });
      expect(asked).toEqual([['state_dict']]);
      expect([...tensors.keys()]).toEqual(['plain', 'transposed']);
      expect([...toFloat64(tensors.get('plain')!)]).toEqual(Array.from({ length: 24 }, (_, i) => i));
    },
  );

  test('with several state dicts is asked about, and refused by their names where none is chosen', () => {
    const path = fixture('wrapped-twice.pt');
    const asked: (readonly string[])[] = [];
    const choose = (names: readonly string[]): string => {
      asked.push(names);
      return 'ema';
    };
    expect([...readTorchState(path, choose).keys()]).toEqual(['plain']);
    expect(asked).toEqual([['model', 'ema']]);
    expect(() => readTorchState(path, () => undefined)).toThrow(
      `${path}: got several state dicts: "model", "ema", expected a state dict: tensors by name. Choose another part with --part, or save one alone: torch.save(state["model"], other).`,
    );
  });
});

describe('a file that is no state dict', () => {
  // Python names os.system after the module that defines it.
  test.each([
    ['hostile-protocol0.pth', 'posix.system'],
    ['hostile-protocol2.pth', 'posix.system'],
    ['hostile-protocol4.pth', 'builtins.eval'],
    ['hostile-instance.pth', 'os.system'],
    ['hostile-archive.pt', 'posix.system'],
    ['module.pt', 'torch.nn.modules.linear.Linear'],
  ])('is refused by the name that it calls, and nothing is run: %s', (name, called) => {
    const path = fixture(name);
    expect(refusal(path)).toBe(
      `${path}: got a pickle that names ${called}, expected ${allowed}. Nothing of it was run. ${trusted}`,
    );
    expect(existsSync('was-run')).toBe(false);
  });

  test('is refused when an entry is no tensor', () => {
    const path = fixture('training-state.pt');
    expect(refusal(path)).toBe(
      `${path}: got an entry "model" that is no tensor, expected a state dict: tensors by name. ${trusted}`,
    );
  });

  test('is refused when it is no pickle, with the instruction that is none', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'torch-state-')), 'text.pt');
    writeFileSync(path, Uint8Array.of(1, 2, 3));
    expect(refusal(path)).toMatch(/got the instruction 0x01, expected instructions that build plain values/);
    expect(refusal(fixture('chunked'))).toContain('got a MessagePack tree, as flax writes it, expected a file written');
  });

  test('is refused when it is missing', () => {
    expect(refusal(fixture('nowhere.pt'))).toBe(
      `${fixture('nowhere.pt')}: got no file of that name, expected a file written by torch.save. Check the path.`,
    );
  });
});

describe('a file that is cut short', () => {
  test('is refused as an archive', () => {
    const path = truncated('layouts.pt', 3000);
    expect(refusal(path)).toBe(
      `${path}: got a ZIP archive without its end (it is cut short), expected a whole ZIP archive. Fetch or write the file again.`,
    );
  });

  test('is refused in the old container, in its pickle and in its numbers', () => {
    const inPickle = truncated('layouts-legacy.pth', 700);
    expect(refusal(inPickle)).toBe(
      `${inPickle}: got a pickle that ends at byte 700, expected a whole pickle (the file is cut short). Fetch the file again.`,
    );
    const whole = readFileSync(fixture('layouts-legacy.pth')).length;
    const inNumbers = truncated('layouts-legacy.pth', whole - 4);
    expect(refusal(inNumbers)).toBe(
      `${inNumbers}: got ${whole - 4} bytes, expected at least ${whole} (it is cut short). ${trusted}`,
    );
  });
});
