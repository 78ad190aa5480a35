/** What a program is that `fairlead programs` hosts: what it offers, and what it decides of a run. */
import type { NewProgramInput, ProgramCall, ProgramStep } from '@fairlead/protocol/contract'

export interface HostedProgram {
  readonly offer: Omit<NewProgramInput, 'url' | 'account'>
  /** @param callId the same for each repeat of this call: what was done for it is not done again */
  run(call: RunCall, callId: string): Promise<ProgramStep>
}

export type RunCall = Extract<ProgramCall, { type: 'run' }>
