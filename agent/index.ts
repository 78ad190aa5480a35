/** What the command line needs of the agent. */
export { type AgentIo, processIo, runAgent } from './main.ts'
export { agentOptions } from './options.ts'
