/** `npm run check`: types, style, unused code and the rules of the house. */
import { checks, houseRules } from './checks.ts'
import { runSteps } from './run-command.ts'

const failed = runSteps([...checks, houseRules])
if (failed.length > 0) {
  console.error(`Not in order: ${failed.join(', ')}. What can be put right by itself: npm run fix`)
  process.exitCode = 1
}
