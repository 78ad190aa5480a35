/** `npm run fix`: puts right what can be put right by itself. */
import { fix } from './checks.ts'
import { runSteps } from './run-command.ts'

if (runSteps([fix]).length > 0) process.exitCode = 1
