/** The one place where calls that want a proof are held: the person is asked for it, and the call made again. */
import { createStore } from './store.ts'

/** Somebody is asked. @param isProved false: they left it */
export interface Asking {
  done(isProved: boolean): void
}

export const asking = createStore<Asking | undefined>(undefined)
/** Grows when the relay says that a second factor is demanded: who is signed in stands otherwise than before. */
export const factorDemanded = createStore(0)

let underWay: Promise<boolean> | undefined

/** Several calls at once ask once. */
function askForProof(): Promise<boolean> {
  underWay ??= new Promise((resolve) =>
    asking.set({
      done(isProved) {
        underWay = undefined
        asking.set(undefined)
        resolve(isProved)
      },
    }),
  )
  return underWay
}

/** Whoever calls waits, with all that was typed; whoever leaves it is told by the relay's refusal that nothing was done. */
export function withProof(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const answer = await send(input, init)
    if (answer.status !== 403) return answer
    const code = await codeOf(answer.clone())
    if (code === 'second-factor-required') factorDemanded.set(factorDemanded.get() + 1)
    return code === 'prove-again' && (await askForProof()) ? await send(input, init) : answer
  }
}

async function codeOf(answer: Response): Promise<unknown> {
  try {
    return Object(await answer.json()).code
  } catch {
    // No relay's: the SDK says what it is.
    return undefined
  }
}

const channelName = 'fairlead-proved'

/** In the window that the provider has led back to: the one that waits is told. */
export function tellProved(): void {
  const channel = new BroadcastChannel(channelName)
  channel.postMessage('proved')
  channel.close()
}

/** @returns stops listening */
export function whenProvedElsewhere(run: () => void): () => void {
  const channel = new BroadcastChannel(channelName)
  channel.onmessage = run
  return () => channel.close()
}
