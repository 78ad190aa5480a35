/** Whether a printer over TLS is the one that it was: by its public key, which is kept the first time, as ssh keeps that of a host. */
import { createHash, type X509Certificate } from 'node:crypto'
import { Failure, type Log } from '@fairlead/base'

/** `SHA256:` and 64 hexadecimal digits, of the key as its certificate has it (SubjectPublicKeyInfo). */
export type Fingerprint = string

export interface KeptKey {
  /** HOST:PORT: what another address shows is another printer's. */
  at: string
  fingerprint: Fingerprint
}

export interface KeyStore {
  kept(): KeptKey | undefined
  /** On disk when it returns. @throws when it cannot be kept */
  keep(key: KeptKey): void
}

/** Nothing is sent to the printer as long as it shows this one. */
export interface RefusedKey {
  at: string
  expected: Fingerprint
  shown: Fingerprint
  /** The driver names what is expected: another one is accepted there alone. */
  isNamed: boolean
}

export interface ShownKey {
  fingerprint: Fingerprint
  /** A certificate authority that this machine trusts says that it belongs to that host. */
  isVouchedFor: boolean
}

export interface PrinterKey {
  /** @throws {Failure} `device-offline`: nothing is to be sent, and why */
  check(shown: ShownKey): void
  /** As of the last connection. */
  refused(): RefusedKey | undefined
}

export interface PrinterKeyNeeds {
  at: string
  /** The only one, whoever vouches for another. */
  named: Fingerprint | undefined
  store: KeyStore
  log: Log
}

export function createPrinterKey({ at, named, store, log }: PrinterKeyNeeds): PrinterKey {
  let refused: RefusedKey | undefined

  function keptHere(): Fingerprint | undefined {
    const kept = store.kept()
    return kept?.at === at ? kept.fingerprint : undefined
  }

  /** Before anything is sent: after a power cut another one would else be taken for the first. */
  function keep(fingerprint: Fingerprint): void {
    try {
      store.keep({ at, fingerprint })
    } catch (error) {
      log.error('driver.key-not-kept', 'The key of a printer could not be kept on disk.', error)
      throw new Failure(
        'device-offline',
        `The key that the printer at ${at} shows could not be kept on the agent's disk, so nothing is sent to it: see the log of the agent.`,
      )
    }
  }

  function refuse(expected: Fingerprint, shown: Fingerprint): never {
    const now = { at, expected, shown, isNamed: named !== undefined }
    const words = refusedInWords(now)
    // Once: it is tried again and again.
    if (refused?.shown !== shown) log.warn('driver.key-refused', words, { at, expected, shown })
    refused = now
    throw new Failure('device-offline', words)
  }

  return {
    check({ fingerprint, isVouchedFor }) {
      const expected = named ?? keptHere()
      if (fingerprint !== expected) {
        if (expected !== undefined && (named !== undefined || !isVouchedFor)) refuse(expected, fingerprint)
        keep(fingerprint)
        log.info('driver.key-kept', keptInWords(at, fingerprint, isVouchedFor), { at, fingerprint })
      }
      refused = undefined
    },
    refused: () => refused,
  }
}

/** Where nothing outlasts the process. */
export function createKeyStore(): KeyStore {
  let key: KeptKey | undefined
  return {
    kept: () => key,
    keep(next) {
      key = next
    },
  }
}

export function fingerprintOf(certificate: X509Certificate): Fingerprint {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return `SHA256:${createHash('sha256').update(key).digest('hex')}`
}

/** As people have it: in capitals, with colons between the octets. @returns undefined: it is none */
export function readFingerprint(text: string): Fingerprint | undefined {
  const [, digits] = /^sha-?256:((?:[\da-f]{2}:?){31}[\da-f]{2})$/i.exec(text.trim()) ?? []
  return digits === undefined ? undefined : `SHA256:${digits.replaceAll(':', '').toLowerCase()}`
}

function refusedInWords({ at, expected, shown, isNamed }: RefusedKey): string {
  const accept = isNamed
    ? `name ${shown} in the driver's address`
    : `accept it on the agent's machine with \`fairlead agent trust ${shown} --data DIR\``
  return `The printer at ${at} shows another key than it should, so nothing is sent to it: something else may pretend to be it. Expected: ${expected}. If the printer was replaced or has made itself a new certificate, ${accept}.`
}

function keptInWords(at: string, fingerprint: Fingerprint, isVouchedFor: boolean): string {
  const why = isVouchedFor
    ? 'for which a certificate authority vouches that this machine trusts'
    : 'which nobody vouches for: compare it with what the printer shows of itself'
  return `The printer at ${at} is known from now on by the key ${fingerprint}, ${why}.`
}
