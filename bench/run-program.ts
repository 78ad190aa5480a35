/** Runs one of the programs here: what is wrong in how it was called is said in one sentence, with status 2. */
import { UsageError } from '@fairlead/base'

export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  }
}
