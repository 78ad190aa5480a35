/** What is checked without running the code: types, style and what nobody uses. */
import { join } from 'node:path'
import { home } from './house.ts'
import type { Step } from './run-command.ts'

/** Started with this Node, not by the files' own first lines: those would find the machine's older one. */
const tool = (path: string, ...args: string[]) => ({
  command: process.execPath,
  args: [join(home, 'node_modules', path), ...args],
})

export const checks: readonly Step[] = [
  { name: 'types', ...tool('typescript/bin/tsc', '-p', '.') },
  { name: 'style', ...tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.') },
  { name: 'unused', ...tool('knip/bin/knip.js', '--no-progress', '--no-config-hints') },
]

export const fix: Step = { name: 'fix', ...tool('@biomejs/biome/bin/biome', 'check', '--write', '.') }

export const houseRules: Step = {
  name: 'house rules',
  command: process.execPath,
  args: ['--test', '--test-reporter=dot', 'tools/*.test.ts'],
}
