/** Who is signed in here, and what they may do. */
import type { Right } from '@fairlead/protocol/contract'
import { forgetAsked } from './live/asked.ts'
import { forgetRun } from './live/bulk.ts'
import { forgetDevices } from './live/known-devices.ts'
import { forgetWords } from './live/words.ts'
import { hasCode, relay } from './relay.ts'
import { createStore, useStore } from './store.ts'

export type SignedIn = Awaited<ReturnType<typeof relay.session.show>>

/** `nobody` with `ended`: somebody was, until now. `failed`: the relay could not be asked. */
export type Session =
  | { is: 'unknown' }
  | { is: 'nobody'; ended: boolean }
  | { is: 'somebody'; signedIn: SignedIn }
  | { is: 'failed'; error: unknown }

export const session = createStore<Session>({ is: 'unknown' })

let lastUser: string | undefined

export async function readSession(): Promise<void> {
  try {
    tellSession(await relay.session.show())
  } catch (error) {
    if (hasCode(error, 'unauthorized')) return sessionEnded()
    // Whoever is in stays in while the relay cannot be asked.
    if (session.get().is !== 'somebody') session.set({ is: 'failed', error })
  }
}

/** As the relay has just told it. */
export function tellSession(signedIn: SignedIn): void {
  if (lastUser !== signedIn.user.userId) {
    // What one person saw is nobody else's.
    forgetDevices()
    forgetAsked()
    forgetRun()
    forgetWords()
  }
  lastUser = signedIn.user.userId
  const { userId, name } = signedIn.user
  // A browser that keeps nothing shows everything, while the relay answers.
  void import('./offline/kept.ts').then(({ keepPerson }) => keepPerson({ userId, name })).catch(() => {})
  session.set({ is: 'somebody', signedIn })
}

/** The relay does not know the cookie any more. */
export function sessionEnded(): void {
  session.set({ is: 'nobody', ended: session.get().is === 'somebody' })
}

export async function signOut(): Promise<void> {
  await relay.session.end()
  await import('./offline/kept.ts').then(({ forgetAll }) => forgetAll()).catch(() => {})
  session.set({ is: 'nobody', ended: false })
}

/** @returns undefined while nobody is signed in */
export function useSignedIn(): SignedIn | undefined {
  return useStore(session, (now) => (now.is === 'somebody' ? now.signedIn : undefined))
}

export function useMay(right: Right): boolean {
  return useSignedIn()?.scopes.includes(right) ?? false
}
