/** Runs one of the programs here: what is wrong in how it was called is said in one sentence, with status 2. */
import { UsageError } from '@fairlead/base'

export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    const sentence = sentenceOf(error)
    if (sentence === undefined) throw error
    process.stderr.write(`${sentence}\n`)
    process.exitCode = 2
  }
}

function sentenceOf(error: unknown): string | undefined {
  if (error instanceof UsageError) return error.message
  // What `parseArgs` does not know; behind the first sentence it gives advice on how to write such a thing otherwise.
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_'))
    return `${error.message.split(/\.\s/)[0]}: --help names the options.`
  return undefined
}

/** @throws {UsageError} when the text of `--name` is none of at least `least` */
export function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text)
  if (text === '' || !Number.isInteger(number) || number < least)
    throw new UsageError(`--${name} is a whole number of at least ${least}, not "${text}".`)
  return number
}
