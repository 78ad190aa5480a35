/** Runs `ipptool`, which prints what a printer must be able to, and reads what it says of each of its tests. */
import { startProcess } from './process.ts'

export interface IppToolResult {
  passed: string[]
  skipped: string[]
  /** Each with what was expected. */
  failed: { name: string; why: string[] }[]
}

/** Where Debian has the tests. */
export const ippTests = '/usr/share/cups/ipptool'

/** @param test a file of `ippTests`, or a path */
export async function runIppTool(uri: string, test: string, file: string, folder: string): Promise<IppToolResult> {
  const words = ['-I', '-t', '-f', file, uri, test.includes('/') ? test : `${ippTests}/${test}`]
  await using tool = await startProcess('ipptool', words, { folder })
  await tool.exited
  return read(tool.output().stdout)
}

function read(output: string): IppToolResult {
  const result: IppToolResult = { passed: [], skipped: [], failed: [] }
  for (const line of output.split('\n')) {
    const [, name = '', verdict] = /^ {4}(\S.*?)\s+\[(PASS|FAIL|SKIP)\]$/.exec(line) ?? []
    if (verdict === 'PASS') result.passed.push(name)
    else if (verdict === 'SKIP') result.skipped.push(name)
    else if (verdict === 'FAIL') result.failed.push({ name, why: [] })
    else if (/^ {8}\S/.test(line)) result.failed.at(-1)?.why.push(line.trim())
  }
  return result
}
