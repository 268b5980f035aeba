/** @file Lint rules: strict typing everywhere, no hidden clock, randomness or printing in the rooms that produce results, files by one door. */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const resultRooms = ['harness/**/*.ts', 'recipes/**/*.ts'];

export default tseslint.config(
  { ignores: ['node_modules', 'reports', 'runs', 'tests/golden'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Typed arrays under noUncheckedIndexedAccess: `a[i]!` states a bound that the loop already holds.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: resultRooms,
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Randomness is named (seed, stream, step): harness/core/random.ts.',
        },
        { object: 'Date', property: 'now', message: 'Clocks are passed: harness/core/clock.ts.' },
        { object: 'performance', property: 'now', message: 'Clocks are passed: harness/core/clock.ts.' },
      ],
    },
  },
  {
    files: ['harness/**/*.ts', 'recipes/**/*.ts', 'scripts/**/*.ts'],
    ignores: ['harness/system/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['fs', 'node:fs', 'fs/promises', 'node:fs/promises'].map((name) => ({
            name,
            message: 'Files are reached through harness/system, which names the path and the cause of every refusal.',
          })),
        },
      ],
    },
  },
  { files: ['scripts/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], ...tseslint.configs.disableTypeChecked },
);
