/** @file The layouts in which ILSVRC-2012 is passed on: each recognised with its classes, or refused by what was found. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPhotographs } from '../../harness/data/ilsvrc.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ilsvrc-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function place(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), '');
  }
}

const found = (below = '') => {
  const { photographs, classes, names, remarks } = findPhotographs(join(root, below));
  return { labels: Object.fromEntries(photographs.map(({ name, label }) => [name, label])), classes, names, remarks };
};

describe('recognised', () => {
  it('folders by synset, walked by name, labelled by sorted synset', () => {
    place('n01443537/n01443537_2.JPEG', 'n01440764/n01440764_10.JPEG', 'n01440764/n01440764_9.JPEG');
    expect(found()).toEqual({
      labels: { 'n01440764/n01440764_10.JPEG': 0, 'n01440764/n01440764_9.JPEG': 0, 'n01443537/n01443537_2.JPEG': 1 },
      classes: 2,
      names: 'training',
      remarks: [],
    });
    expect(found('n01443537')).toMatchObject({ labels: { 'n01443537_2.JPEG': 0 }, classes: 1 });
  });

  it.each(['', 'ILSVRC', 'ILSVRC/Data', 'ILSVRC/Data/CLS-LOC', 'ILSVRC/Data/CLS-LOC/train'])(
    'the layout of Kaggle, named at "%s"',
    (at) => {
      const data = 'ILSVRC/Data/CLS-LOC';
      place(
        'LOC_val_solution.csv', 'ILSVRC/Annotations/CLS-LOC/val/x.xml', 'ILSVRC/ImageSets/CLS-LOC/val.txt',
        `${data}/train/n01440764/n01440764_1.JPEG`, `${data}/val/ILSVRC2012_val_00000001.JPEG`,
        `${data}/test/ILSVRC2012_test_00000001.JPEG`,
      ); // prettier-ignore
      expect(found(at)).toMatchObject({ labels: { 'n01440764/n01440764_1.JPEG': 0 }, classes: 1, names: 'training' });
    },
  );

  it.each(['', 'archive', 'archive/imagenet', 'archive/imagenet/ILSVRC2012'])(
    'a set inside folders that hold nothing else, named at "%s"',
    (at) => {
      const data = 'archive/imagenet/ILSVRC2012';
      place(`${data}/train/n01440764/0.JPEG`, `${data}/val/n01440764/1.JPEG`, `${data}/devkit/data/meta.mat`);
      expect(found(at)).toMatchObject({ labels: { 'n01440764/0.JPEG': 0 }, classes: 1 });
    },
  );

  it('one class, in a folder of its own or named itself', () => {
    place('n01440764/images/0.JPEG');
    expect(found()).toMatchObject({ labels: { 'n01440764/images/0.JPEG': 0 } });
    expect(found('n01440764')).toMatchObject({ labels: { 'images/0.JPEG': 0 } });
  });

  it('classes without a photograph, which are said to have no label', () => {
    place('n01440764/0.JPEG', 'n01484850/0.JPEG');
    mkdirSync(join(root, 'n01443537/images'), { recursive: true });
    expect(found()).toMatchObject({
      labels: { 'n01440764/0.JPEG': 0, 'n01484850/0.JPEG': 1 },
      remarks: [`${root}: 1 folder of a class holds no photograph, such as n01443537: these classes have no label`],
    });
  });

  it('train beside val and test, which are said to be left out', () => {
    place('train/n01440764/a.png', 'val/n01443537/b.png', 'test/c.png');
    expect(found()).toEqual({
      labels: { 'n01440764/a.png': 0 },
      classes: 1,
      names: 'other',
      remarks: [
        `${join(root, 'train')}: taken as the training set; left out beside it: ${join(root, 'test')}, ${join(root, 'val')}`,
      ],
    });
  });

  it('one flat folder, by the synsets of the names', () => {
    place('n01443537_2.JPEG', 'n01440764_10.JPEG');
    expect(found()).toMatchObject({ labels: { 'n01440764_10.JPEG': 0, 'n01443537_2.JPEG': 1 }, names: 'training' });
  });

  it('classes by the nearest folder of a synset, whatever the names of the files', () => {
    place('n01440764/images/0.JPEG', 'n01443537/train_0.JPEG', 'n01443537/1.png');
    expect(found()).toMatchObject({
      labels: { 'n01440764/images/0.JPEG': 0, 'n01443537/1.png': 1, 'n01443537/train_0.JPEG': 1 },
      names: 'other',
    });
  });

  it('classes through links, and leftovers told of', () => {
    place('store/x/0.JPEG', 'set/n01443537/0.JPEG', 'set/n01443537/.DS_Store', 'set/list.txt');
    symlinkSync('../store/x', join(root, 'set/n01440764'));
    expect(found('set')).toMatchObject({
      labels: { 'n01440764/0.JPEG': 0, 'n01443537/0.JPEG': 1 },
      remarks: [`${join(root, 'set')}: left out 1 hidden name, 1 other file (.txt)`],
    });
  });

  it('photographs of validation that were sorted by synset', () => {
    place('n01440764/ILSVRC2012_val_00000293.JPEG', 'n01443537/ILSVRC2012_val_00000236.JPEG');
    expect(found()).toMatchObject({ classes: 2, names: 'validation' });
  });
});

describe('refused', () => {
  const refusal = (below = ''): string => {
    try {
      found(below);
    } catch (thrown) {
      return (thrown as Error).message;
    }
    return 'nothing';
  };

  it('photographs of validation without labels', () => {
    place('val/ILSVRC2012_val_00000001.JPEG');
    expect(refusal()).toBe(
      `${join(root, 'val/ILSVRC2012_val_00000001.JPEG')}: got a photograph of validation in no folder of its class, expected the training ` +
        'photographs of ILSVRC-2012 in folders by synset, such as n01440764/n01440764_18.JPEG. Name the folder of the training photographs ' +
        'with --data, or sort them into folders by synset.',
    );
  });

  it('photographs of the test set', () => {
    place('test/ILSVRC2012_test_00000001.JPEG');
    expect(refusal()).toContain('got a photograph of the test set, expected');
  });

  it('folders that are no synsets', () => {
    place('cat/cat_0.jpg', 'dog/dog_0.jpg');
    expect(refusal()).toContain(`${join(root, 'cat/cat_0.jpg')}: got a photograph of no class, expected`);
  });

  it('a name that disagrees with its folder', () => {
    place('n01440764/n01443537_2.JPEG');
    expect(refusal()).toContain('got a photograph of n01443537 in a folder of n01440764, expected the same synset');
  });

  it('photographs of training and validation in one folder', () => {
    place('n01440764/n01440764_1.JPEG', 'n01440764/ILSVRC2012_val_00000293.JPEG');
    expect(refusal()).toContain(
      'side by side: n01440764/n01440764_1.JPEG, n01440764/ILSVRC2012_val_00000293.JPEG, expected one of the sets.',
    );
  });

  it.each(['set', ''])('sets of training and of validation somewhere below, named at "%s"', (at) => {
    place('set/full/train/n01440764/0.JPEG', 'set/full/val/n01440764/1.JPEG', 'set/notes/x.txt', 'other/x.txt');
    const below = at === '' ? 'set/' : '';
    expect(refusal(at)).toContain(
      `${join(root, at)}: got photographs of training and of validation or test side by side: ${below}full/train/n01440764/0.JPEG, ${below}full/val/n01440764/1.JPEG, expected one of the sets.`,
    );
  });

  it('two copies of a set', () => {
    place('full/n01440764/n01440764_1.JPEG', 'some/n01440764/n01440764_1.JPEG', 'some/n01440764/0.JPEG');
    expect(refusal()).toContain(
      `${root}: got the same photograph twice: full/n01440764/n01440764_1.JPEG, some/n01440764/n01440764_1.JPEG, expected each photograph once. Name one`,
    );
  });

  it('archives that are not unpacked, and folders without photographs', () => {
    place('n01440764.tar');
    expect(refusal()).toContain(
      '(left out 1 other file (.tar)), expected the training photographs of ILSVRC-2012 in folders by synset. Unpack the inner archives',
    );
    place('parquet/train-00000-of-00294.parquet');
    expect(refusal('parquet')).toContain('Name the folder of the photographs with --data.');
  });

  it('a training folder beside classes, or beside another one', () => {
    place('train/n01440764/0.JPEG', 'n01440764/0.JPEG');
    expect(refusal()).toContain(`${root}: got train and n01440764 side by side, expected one folder`);
    place('two/train/x.JPEG', 'two/ILSVRC/x.JPEG');
    expect(refusal('two')).toContain('got ILSVRC and train side by side');
  });

  it('images of kinds that are not read', () => {
    place('n01440764/0.JPEG', 'n01440764/1.webp');
    expect(refusal()).toContain('got 1 of 2 images as .webp, such as n01440764/1.webp, expected PNG or JPEG images.');
  });
});
