/** Has the browser keep the console (E1), where it can: over HTTPS, and on this machine itself. */

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(): string }): { createScriptURL(given: string): string }
}

/** The one exception that the page's policy makes, and it makes one address alone, whatever it is given. */
const workerUrl = './worker.js'

export async function keepConsole(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  const policy = trustedTypes?.createPolicy('worker', { createScriptURL: () => workerUrl })
  // A browser that does not keep it (a private window, a full disk) shows it all the same while the relay answers.
  await navigator.serviceWorker.register(policy?.createScriptURL(workerUrl) ?? workerUrl).catch(() => {})
}
