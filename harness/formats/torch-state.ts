/**
 * @file Reads PyTorch state dicts: the tensors of a `.pt` or `.pth` file, without running its code.
 *
 * No Python is needed.
 *
 * Since PyTorch 1.6 such a file is a ZIP archive of a pickle and one member per storage; before, five pickles followed by the storages.
 * Source: pytorch `torch/serialization.py` (`_save`, `_legacy_save`), `torch/_utils.py` (`_rebuild_tensor_v2`).
 */
import { DataError, described } from '../core/errors.ts';
import { headOfInput, readInput } from '../system/files/input-file.ts';
import { LeftOut, PickleGlobal, unpickle, type PickleHost } from './pickle.ts';
import { bytesPerElement, type SafetensorsType, type StoredTensor } from './safetensors.ts';
import { signatureOf, strangeFile } from './signature.ts';
import { ZipFile } from './zip.ts';

/** Numbers that several tensors may share. */
interface Storage {
  readonly dtype: SafetensorsType;
  readonly key: string;
  /** Elements. */
  readonly size: number;
}

interface TensorView {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

const storageTypes: Readonly<Record<string, SafetensorsType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** Element types by the names under which tensors of the third form carry them. */
const elementTypes: Readonly<Record<string, SafetensorsType>> = {
  float64: 'F64', double: 'F64', float32: 'F32', float: 'F32', float16: 'F16', half: 'F16', bfloat16: 'BF16',
  int64: 'I64', long: 'I64', int32: 'I32', int: 'I32', int16: 'I16', short: 'I16', int8: 'I8',
  uint64: 'U64', uint32: 'U32', uint16: 'U16', uint8: 'U8', bool: 'BOOL',
}; // prettier-ignore

/** Classes and functions of data that stand beside tensors in training states: named, never run, their contents dropped. */
const dataAlone = [
  'argparse.Namespace',
  'types.SimpleNamespace',
  'easydict.EasyDict',
  'dnnlib.util.EasyDict',
  'ml_collections.config_dict.config_dict.ConfigDict',
  'omegaconf.dictconfig.DictConfig',
  'omegaconf.listconfig.ListConfig',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'pathlib.PurePosixPath',
  'pathlib._local.PosixPath',
  'datetime.datetime',
  'datetime.timedelta',
  'torch.device',
  'torch._C.Generator',
  'torch.serialization._get_layout',
  'numpy.dtype',
  ...['numpy.core', 'numpy._core'].flatMap((core) => [
    `${core}.multiarray.scalar`,
    `${core}.multiarray._reconstruct`,
    `${core}.numeric._frombuffer`,
  ]),
  '_codecs.encode',
  ...['builtins', '__builtin__'].flatMap((module) => [
    `${module}.set`,
    `${module}.frozenset`,
    `${module}.complex`,
    `${module}.slice`,
    `${module}.range`,
    `${module}.bytearray`,
  ]),
];

/** Classes that may be named, as arguments of the above. */
const nameable = [
  'numpy.ndarray',
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
  'torch.nn.parameter.Buffer',
  ...['builtins', '__builtin__'].flatMap((module) =>
    ['object', 'dict', 'list', 'tuple', 'int', 'float', 'bool', 'str', 'bytes'].map((name) => `${module}.${name}`),
  ),
  ...Object.keys(elementTypes).map((name) => `torch.${name}`),
];

const remedy =
  'Use a file that holds a state dict alone, from somebody you trust: torch.save(model.state_dict(), path) writes one';

/** The number that begins a file of before PyTorch 1.6. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;

/** Which of several state dicts is meant, by their names; undefined where none is. Asked for one alone too. */
export type ChooseState = (names: readonly string[]) => string | undefined;

/**
 * The tensors of a state dict by name, in its order and in PyTorch's layout; of a training state, those of the state dict in it.
 * @throws DataError when the file is missing, cut short, neither form, holds anything but tensors under string names, or names a function
 *   that builds no tensor (the function is named, nothing is run)
 */
export function readTorchState(path: string, choose?: ChooseState): Map<string, StoredTensor> {
  return signatureOf(headOfInput(path, 'a file written by torch.save')) === 'a ZIP archive'
    ? readArchive(path, choose)
    : readLegacy(path, choose);
}

function readArchive(path: string, choose: ChooseState | undefined): Map<string, StoredTensor> {
  const archive = new ZipFile(path);
  try {
    const pickled = [...archive.members.keys()].find((name) => name.endsWith('/data.pkl') || name === 'data.pkl');
    if (pickled === undefined) throw strangeArchive(path, [...archive.members.keys()]);
    const prefix = pickled.slice(0, -'data.pkl'.length);
    if (archive.members.has(`${prefix}constants.pkl`))
      throw new DataError({
        where: path,
        got: described('a program of TorchScript'),
        expected: 'a state dict alone',
        remedy: 'Save its weights: torch.save(torch.jit.load(path).state_dict(), other)',
      });
    if (archive.members.has(`${prefix}byteorder`)) {
      const order = new TextDecoder().decode(archive.read(`${prefix}byteorder`));
      if (order.trim() !== 'little') fail(path, `numbers in ${order.trim()}-endian order`, 'little-endian numbers');
    }
    const { value } = unpickle(path, archive.read(pickled), hostOf(path));
    const storages = new Map<string, Uint8Array>();
    const bytesOf = ({ key }: Storage): Uint8Array => {
      let bytes = storages.get(key);
      if (!bytes) storages.set(key, (bytes = archive.read(`${prefix}data/${key}`)));
      return bytes;
    };
    return gather(path, tensorsOf(path, value, choose), bytesOf);
  } finally {
    archive.close();
  }
}

/** What a ZIP archive is that `torch.save` did not write. */
function strangeArchive(path: string, names: readonly string[]): DataError {
  const inner = names.find((name) => /\.(pth?|ckpt|bin|safetensors|msgpack)$/.test(name));
  const [got, what] = archiveKind();
  return new DataError({ where: path, got: described(got), expected: 'a file written by torch.save', remedy: what });

  function archiveKind(): readonly [got: string, remedy: string] {
    if (names.some((name) => name.endsWith('.npy'))) return ['an .npz archive of NumPy arrays', remedy];
    if (names.some((name) => name.endsWith('.weights.h5'))) return ['a model of Keras', remedy];
    if (inner !== undefined) return [`a ZIP archive that holds ${inner}`, 'Unpack it first'];
    return ['a ZIP archive without data.pkl', remedy];
  }
}

function readLegacy(path: string, choose: ChooseState | undefined): Map<string, StoredTensor> {
  const bytes = readInput(path, 'a file written by torch.save');
  const kind = signatureOf(bytes);
  if (kind !== undefined && kind !== 'a Python pickle')
    throw strangeFile(path, bytes, 'a file written by torch.save', { remedy });
  const host = hostOf(path);
  const magic = unpickle(path, bytes, host);
  if (magic.value !== legacyMagic) fail(path, 'a Python pickle of another writer', 'a file written by torch.save');
  const protocol = unpickle(path, bytes, host, magic.end);
  const system = unpickle(path, bytes, host, protocol.end);
  if (system.value instanceof Map && system.value.get('little_endian') === false)
    fail(path, 'numbers in big-endian order', 'little-endian numbers');
  const state = unpickle(path, bytes, host, system.end);
  const views = tensorsOf(path, state.value, choose);
  const keys = unpickle(path, bytes, host, state.end);
  const storages = new Map<string, Uint8Array>();
  const known = new Map([...views.values()].map(({ storage }) => [storage.key, storage]));
  let at = keys.end;
  for (const key of Array.isArray(keys.value) ? (keys.value as unknown[]) : []) {
    const storage = known.get(String(key));
    // A storage of which no tensor is left: its element type is not known, so neither is its length.
    if (!storage) return fail(path, `a storage ${String(key)} without a tensor`, 'storages of the state dict alone');
    const length = storage.size * bytesPerElement[storage.dtype];
    if (at + 8 + length > bytes.length)
      fail(path, `${bytes.length} bytes`, `at least ${at + 8 + length} (it is cut short)`);
    storages.set(storage.key, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return gather(path, views, ({ key }) => storages.get(key) ?? fail(path, `no storage ${key}`, 'every storage'));
}

function hostOf(path: string): PickleHost {
  const tensor = ([storage, offset, shape, stride]: readonly unknown[]): TensorView => {
    if (
      !isStorage(storage) ||
      !isCount(offset) ||
      !isCounts(shape) ||
      !isCounts(stride) ||
      shape.length !== stride.length
    )
      return fail(path, 'a tensor without storage, shape or stride', 'whole tensors');
    return { storage, offset, shape, stride };
  };
  const callable = {
    'collections.OrderedDict': (args: readonly unknown[]) => orderedDictionary(path, args),
    'torch._utils._rebuild_tensor': tensor,
    'torch._utils._rebuild_tensor_v2': tensor,
    'torch._utils._rebuild_tensor_v3': ([storage, offset, shape, stride, , , type]: readonly unknown[]) =>
      tensor([typed(storage, type), offset, shape, stride]),
    'torch._utils._rebuild_parameter': ([data]: readonly unknown[]) => data,
    'torch._utils._rebuild_parameter_with_state': ([data]: readonly unknown[]) => data,
    'torch._tensor._rebuild_from_type_v2': ([rebuild, , args]: readonly unknown[]) => {
      if (!(rebuild instanceof PickleGlobal) || !rebuild.call || !Array.isArray(args))
        return fail(path, 'a tensor that is made by no known function', 'whole tensors');
      return rebuild.call(args);
    },
    'torch.Size': ([sizes = []]: readonly unknown[]) => sizes,
    'collections.defaultdict': () => new Map(),
    'collections.Counter': ([counts]: readonly unknown[]) => (counts instanceof Map ? counts : new Map()),
  };
  return {
    globals: new Map([
      ...Object.entries(callable).map(([name, call]) => [name, new PickleGlobal(name, call)] as const),
      ...dataAlone.map((name) => [name, new PickleGlobal(name, () => new LeftOut())] as const),
      ...nameable.map((name) => [name, new PickleGlobal(name)] as const),
      ...Object.keys(storageTypes).map((name) => [`torch.${name}`, new PickleGlobal(name)] as const),
      ['torch.storage.UntypedStorage', new PickleGlobal('UntypedStorage')],
    ]),
    persistent: (id) => {
      const [kind, type, key, , size, part] = Array.isArray(id) ? (id as unknown[]) : [];
      // Bytes, whose type comes with the tensor.
      const name = type instanceof PickleGlobal ? type.name : '';
      const dtype = name === 'UntypedStorage' ? 'U8' : storageTypes[name];
      if (kind !== 'storage' || !dtype || typeof key !== 'string' || !isCount(size) || (part ?? null) !== null)
        return fail(path, 'a reference to something that is no storage', 'storages of numbers');
      return { dtype, key, size } satisfies Storage;
    },
    allowed: 'only functions that build tensors, such as torch._utils._rebuild_tensor_v2, and plain data',
    remedy,
  };
}

/** The elements of a storage of bytes. */
function typed(storage: unknown, type: unknown): unknown {
  const dtype = type instanceof PickleGlobal ? elementTypes[type.name.replace(/^torch\./, '')] : undefined;
  if (!dtype || !isStorage(storage) || storage.dtype !== 'U8') return undefined;
  return { ...storage, dtype, size: Math.floor(storage.size / bytesPerElement[dtype]) } satisfies Storage;
}

/** Empty, or from a list of pairs, as Python 2 wrote it. */
function orderedDictionary(path: string, [pairs = []]: readonly unknown[]): Map<unknown, unknown> {
  const isPair = (pair: unknown): pair is [unknown, unknown] => Array.isArray(pair) && pair.length === 2;
  if (!Array.isArray(pairs) || !pairs.every(isPair)) return fail(path, 'a dictionary of no pairs', 'plain values');
  return new Map(pairs);
}

function tensorsOf(path: string, value: unknown, choose: ChooseState | undefined): Map<string, TensorView> {
  if (!(value instanceof Map)) return fail(path, 'no dictionary', 'a state dict: tensors by name');
  const tensors = new Map<string, TensorView>();
  for (const [name, entry] of stateDictIn(path, value as Map<unknown, unknown>, choose)) {
    if (typeof name !== 'string' || !isView(entry))
      return fail(path, `an entry "${String(name)}" that is no tensor`, 'a state dict: tensors by name');
    tensors.set(name, entry);
  }
  return tensors;
}

/** A dictionary of tensors itself, or the one that a training state holds (`state_dict`, `model`, `ema` ...). */
function stateDictIn(
  path: string,
  state: ReadonlyMap<unknown, unknown>,
  choose: ChooseState | undefined,
): ReadonlyMap<unknown, unknown> {
  const isStateDict = (value: unknown): value is ReadonlyMap<unknown, unknown> =>
    value instanceof Map && value.size > 0 && [...(value as Map<unknown, unknown>).values()].every(isView);
  const values: unknown = state;
  if (!choose || isStateDict(values)) return state;
  const names = [...state.keys()].filter((name) => typeof name === 'string' && isStateDict(state.get(name)));
  if (names.length === 0) return state;
  const chosen = choose(names as string[]);
  if (chosen !== undefined) return state.get(chosen) as ReadonlyMap<unknown, unknown>;
  return fail(
    path,
    `several state dicts: ${names.map((name) => `"${String(name)}"`).join(', ')}`,
    'a state dict: tensors by name',
    `Choose another part with --part, or save one alone: torch.save(state["${String(names[0])}"], other)`,
  );
}

function gather(
  path: string,
  views: ReadonlyMap<string, TensorView>,
  bytesOf: (storage: Storage) => Uint8Array,
): Map<string, StoredTensor> {
  return new Map(
    [...views].map(([name, view]) => {
      const { storage, offset, shape, stride } = view;
      const element = bytesPerElement[storage.dtype];
      const bytes = bytesOf(storage);
      const size = shape.reduce((product, length) => product * length, 1);
      const last = shape.reduce((sum, length, axis) => sum + Math.max(0, length - 1) * stride[axis]!, offset);
      if (size > 0 && (last + 1) * element > bytes.length)
        return fail(path, `tensor "${name}" beyond the end of its storage`, 'tensors inside their storages');
      const packed = isPacked(view)
        ? bytes.subarray(offset * element, (offset + size) * element)
        : strided(view, bytes, size);
      return [name, { dtype: storage.dtype, shape, bytes: packed }];
    }),
  );
}

/** Whether the elements stand one after another in row-major order. */
function isPacked({ shape, stride }: TensorView): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

function strided({ storage, offset, shape, stride }: TensorView, bytes: Uint8Array, size: number): Uint8Array {
  const element = bytesPerElement[storage.dtype];
  const out = new Uint8Array(size * element);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < size; i++) {
    const from = index.reduce((sum, at, axis) => sum + at * stride[axis]!, offset) * element;
    out.set(bytes.subarray(from, from + element), i * element);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = index[axis]! + 1;
      index[axis] = next < shape[axis]! ? next : 0;
      if (next < shape[axis]!) break;
    }
  }
  return out;
}

function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'key' in value;
}

function isView(value: unknown): value is TensorView {
  return typeof value === 'object' && value !== null && 'storage' in value && 'stride' in value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

function fail(path: string, got: string, expected: string, what = remedy): never {
  throw new DataError({ where: path, got: described(got), expected, remedy: what });
}
