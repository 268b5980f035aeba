/**
 * @file Recognises a file's type by its first bytes, for error messages about unexpected content.
 *
 * A kind that a person can turn into what was wanted has a remedy of its own; for all others the place that reads knows better.
 */
/* eslint-disable no-control-regex -- the first bytes of binary formats */
import { DataError, described } from '../core/errors.ts';

/** Bytes of the head that are enough for every entry. */
export const headBytes = 512;

export interface FileKind {
  /** With its article: `a gzip stream`. */
  readonly name: string;
  readonly remedy?: string;
}

interface Head {
  readonly bytes: Uint8Array;
  /** One character a byte. */
  readonly text: string;
}

type Row = readonly [test: (head: Head) => boolean, name: string | ((head: Head) => string), remedy?: string];

const saveAsPng = 'Save it as PNG';
const unpackWith = (program: string): string => `Unpack it first (${program})`;
const toStateDict = 'Save its weights as a PyTorch state dict or as safetensors';
const fetchItself = 'Fetch the file itself: a server answered with this in its place';

/** The first row that fits counts: texts that stand for a file come before formats that any text might be. */
const rows: readonly Row[] = [
  [({ bytes }) => bytes.length === 0, 'an empty file'],
  [
    ({ bytes }) => bytes.length >= 16 && bytes.every((byte) => byte === 0),
    'a file of zeros',
    'Fetch or copy it again: it was given its size, and its contents never came',
  ],
  // Before all the rest, which takes as long as a tenth of decoding a photograph, of which there are a million; nothing else begins so.
  [begins(/^\x89PNG/), 'a PNG image'],
  [begins(/^\xff\xd8\xff/), 'a JPEG image'],
  // Before all formats of few first bytes: the length of a header may be any number.
  [isSafetensors, 'a safetensors file'],

  [
    begins(/^version https?:\/\/(git-lfs\.github\.com|hawser\.github\.com)\/spec\//),
    'a pointer of Git LFS in place of the file',
    'Fetch what it stands for (git lfs pull), or download the file itself',
  ],
  [
    begins(/^(\/annex\/objects\/|(\.\.\/)*\.git\/annex\/objects\/)/),
    'a pointer of git-annex in place of the file',
    'Fetch what it stands for (git annex get)',
  ],
  [
    begins(/^(outs|md5):\s*\n?.*\n?.*md5/),
    'a pointer of DVC in place of the file',
    'Fetch what it stands for (dvc pull)',
  ],
  [
    begins(/^(\.\.?\/)+[^\s\0]+\n?$/),
    'a link that was saved as a text',
    'Fetch the file that it names: Git and archives write links so where the file system has none',
  ],
  [begins(/^\[InternetShortcut\]/), 'a bookmark in place of the file', 'Fetch the file that it names'],
  [begins(/^\0\x05\x16\x07/), 'the Finder data of macOS (._ files)', 'Name the file without ._ before its name'],
  [begins(/^\s*(<!--[^]*?-->\s*)?<(!doctype html|html|head|body|title|script|meta|center|h1)[\s>]/i), 'a web page'],
  [begins(/^\s*(<\?xml[^>]*\?>\s*)?<svg[\s>]/i), 'an SVG drawing', saveAsPng],
  [
    ({ text }) => /^\s*(<\?xml[^>]*\?>\s*)?<Error>/.test(text),
    ({ text }) => `an error of a server in XML${inBrackets(/<Code>([\w. -]{1,60})<\/Code>/.exec(text)?.[1])}`,
    fetchItself,
  ],
  [begins(/^\s*<\?xml/i), 'a text in XML'],
  [
    begins(/^\s*\{[^]*"weight_map"/),
    'an index of weights that lie in several files',
    'Join the files into one state dict first',
  ],
  [
    ({ text }) => /^\s*\{\s*"(error|errors|message|detail|status|statusCode|code)"\s*:/.test(text),
    ({ text }) => `an error of a server in JSON${inBrackets(/:\s*"([^"\\]{1,60})/.exec(text)?.[1])}`,
    fetchItself,
  ],
  [begins(/^\s*(\{\s*("|\}\s*$)|\[\s*[[{"\d-])/), 'a text in JSON'],
  [
    ({ text }) =>
      /^\s*((404|403|401|429|50\d)\b|(not found|access denied|entry not found|repository not found|forbidden|unauthorized|too many requests|invalid (username|credentials)|quota exceeded))/i.test(
        text,
      ),
    ({ text }) => `an error of a server${inBrackets(/^\s*([^\r\n]{1,60})/.exec(text)?.[1]?.trim())}`,
    fetchItself,
  ],
  [begins(/^model_checkpoint_path: "/), 'the list of the checkpoints of TensorFlow', toStateDict],

  [begins(/^PK(\x03\x04|\x05\x06|\x07\x08)/), 'a ZIP archive'],
  [begins(/^\x1f\x8b\x08/), 'a gzip stream', unpackWith('gunzip')],
  [begins(/^BZh[1-9](1AY&SY|\x17rE8P\x90)/), 'a bzip2 stream', unpackWith('bunzip2')],
  [begins(/^\xfd7zXZ\0/), 'an xz stream', unpackWith('unxz')],
  [begins(/^(\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)/), 'a zstd stream', unpackWith('unzstd')],
  [begins(/^\x04\x22\x4d\x18/), 'an LZ4 stream', unpackWith('unlz4')],
  [begins(/^LZIP\x01/), 'an lzip stream', unpackWith('lzip -d')],
  [begins(/^7z\xbc\xaf\x27\x1c/), 'a 7z archive', unpackWith('7z x')],
  [begins(/^Rar!\x1a\x07/), 'a RAR archive', unpackWith('unrar x')],
  [({ text }) => text.slice(257, 262) === 'ustar', 'a tar archive'],

  [begins(/^\x93NUMPY/), 'a NumPy .npy array'],
  [begins(/^GIF8[79]a/), 'a GIF image', saveAsPng],
  [begins(/^RIFF[^]{4}WEBP/), 'a WebP image', saveAsPng],
  [begins(/^BM[^]{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0/), 'a BMP image', saveAsPng],
  [begins(/^(II[\x2a\x2b]\0|MM\0[\x2a\x2b])/), 'a TIFF image', saveAsPng],
  [begins(/^[^]{4}ftyp[^]{0,40}(avif|avis)/), 'an AVIF image', saveAsPng],
  [begins(/^[^]{4}ftyp[^]{0,40}(hei[cxms]|hev[cxms]|mif1|msf1)/), 'a HEIC image', saveAsPng],
  [begins(/^[^]{4}ftyp/), 'a film (MP4)', 'Save its pictures as PNG'],
  [begins(/^(\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a)/), 'a JPEG XL image', saveAsPng],
  [begins(/^(\0\0\0\x0cjP {2}\r\n\x87\n|\xff\x4f\xff\x51)/), 'a JPEG 2000 image', saveAsPng],
  [begins(/^P[1-7][ \t\r\n#]/), 'a PNM image', saveAsPng],
  [begins(/^8BPS\0\x01/), 'a Photoshop image', saveAsPng],
  [begins(/^%PDF-/), 'a PDF document'],

  [begins(/^\x80[\x02-\x05]|^(\(d|\(l|\(c|c)[\w.]+\n\w+\n|^\((dp|lp)\d*\n/), 'a Python pickle'],
  [
    begins(/^\x89HDF\r\n\x1a\n/),
    'an HDF5 file',
    'Keras, MATLAB and h5py write such files: save its arrays as .npz, weights as a PyTorch state dict',
  ],
  [begins(/^MATLAB 5\.0 MAT-file/), 'a MATLAB file', 'Save its arrays as .npz'],
  [
    begins(/^\x08[\x01-\x20]\x12.(pytorch|tf2onnx|keras2onnx|skl2onnx|onnx|CNTK|backend-test|caffe2|paddle)/i),
    'an ONNX model',
    toStateDict,
  ],
  [begins(/^\x08\x01\x12[^]{0,8}\x0a/), 'a SavedModel of TensorFlow', toStateDict],
  [
    begins(/^\x0a[^]{1,4}\x0a[^]+\x12[^]?(Placeholder|Const|DecodeJpeg|VariableV2|Variable|Identity|VarHandleOp)/),
    'a graph of TensorFlow',
  ],
  [begins(/^GGUF|^ggjt|^lmgg|^tjgg/), 'a GGUF model', toStateDict],
  [begins(/^PAR1/), 'a Parquet file'],
  [begins(/^ARROW1/), 'an Arrow file'],
  [begins(/^SQLite format 3\0/), 'an SQLite database'],
  // A map whose first key is a text of letters: what flax writes.
  [
    begins(/^([\x81-\x8f]|\xde..|\xdf....)([\xa1-\xbf]|\xd9.)[A-Za-z_][\w/.-]*/s),
    'a MessagePack tree, as flax writes it',
  ],
];

/** What a file is by its first `headBytes` bytes; undefined where no entry fits. */
export function fileKind(head: Uint8Array): FileKind | undefined {
  const bytes = head.subarray(0, headBytes);
  const seen: Head = {
    bytes,
    text: Buffer.from(bytes)
      .toString('latin1')
      .replace(/^\xef\xbb\xbf/, ''),
  };
  const row = rows.find(([test]) => test(seen));
  if (!row) return undefined;
  const [, name, remedy] = row;
  return { name: typeof name === 'string' ? name : name(seen), ...(remedy !== undefined && { remedy }) };
}

/** `a gzip stream`, `a web page`, ... or undefined. */
export function signatureOf(head: Uint8Array): string | undefined {
  return fileKind(head)?.name;
}

/**
 * The error of a file that is not what it should be: says what it is, where the first bytes tell, and what to do.
 * @param otherwise what is said where the kind is unknown, or has no remedy of its own
 */
export function strangeFile(
  where: string,
  head: Uint8Array,
  expected: string,
  otherwise: { readonly got?: string; readonly remedy: string },
  cause?: unknown,
): DataError {
  const kind = fileKind(head);
  return new DataError(
    {
      where,
      got: described(kind?.name ?? otherwise.got ?? 'something else'),
      expected,
      remedy: kind?.remedy ?? otherwise.remedy,
    },
    cause === undefined ? undefined : { cause },
  );
}

function begins(pattern: RegExp): (head: Head) => boolean {
  return ({ text }) => pattern.test(text);
}

/** Eight bytes of a length below 100 MB, then JSON. */
function isSafetensors({ bytes }: Head): boolean {
  if (bytes.length < 9 || bytes[8] !== 0x7b) return false;
  return bytes.subarray(4, 8).every((byte) => byte === 0) && bytes[3]! < 6;
}

function inBrackets(text: string | undefined): string {
  return text === undefined ? '' : ` (${text})`;
}
